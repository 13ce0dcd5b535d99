// The life of a connection: head, limits, body, worker, answer, and again until one side has enough.
#include "connection.hpp"

#include "body_share.hpp"
#include "incoming.hpp"
#include "on_worker.hpp"
#include "refusal.hpp"
#include "route_tree.hpp"

#include <ss/crypto.hpp>
#include <ss/text.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <exception>

namespace ss::http {
namespace {

constexpr std::size_t kHeadRead = 16 * 1024;
constexpr std::size_t kKeptCapacity = 1024;

Errc code_for(int status)
{
    switch (status) {
        case 408:
            return Errc::timeout;
        case 413:
        case 414:
        case 431:
            return Errc::too_large;
        case 405:
        case 415:
        case 417:
        case 426:
        case 501:
        case 505:
            return Errc::unsupported;
        case 403:
            return Errc::forbidden;
        case 503:
            return Errc::busy;
        default:
            return Errc::invalid;
    }
}

bool is_known_method(std::string_view name)
{
    return name == "TRACE" || name == "CONNECT" || name == "OPTIONS";
}

}  // namespace

Connection::Connection(Core& core, Loop& loop, asio::ip::tcp::socket socket, std::string address)
    : core_{core}, loop_{loop}, socket_{std::move(socket)}, address_{std::move(address)}, timer_{socket_.get_executor()}
{
}

Connection::~Connection()
{
    loop_.connections.erase(this);
    --core_.connections;
    core_.per_address.with([&](auto& counts) {
        if (const auto count = counts.find(address_); count != counts.end() && --count->second == 0) {
            counts.erase(count);
        }
    });
}

void Connection::start()
{
    loop_.connections.insert(this);
    asio::co_spawn(socket_.get_executor(), [self = shared_from_this()] { return self->run(); }, asio::detached);
}

void Connection::drain()
{
    if (idle_) {
        boost::system::error_code ignored;
        socket_.cancel(ignored);
    }
}

asio::awaitable<void> Connection::run()
{
    const auto self = shared_from_this();
    auto next = Next::request;
    try {
        while (next == Next::request) {
            next = co_await one_request();
        }
        if (next == Next::linger) {
            co_await linger();
        }
    } catch (const std::exception&) {
        // Out of memory, or a defect: this connection ends, the others go on.
    }
    close();
}

asio::awaitable<Connection::Next> Connection::one_request()
{
    HeadReader reader{core_.head_limits()};
    asked_ = {};
    const bool arrived = co_await read_head(reader);
    first_ = false;
    if (!arrived && (in_.empty() || !timed_out_)) {
        co_return Next::close;
    }
    if (!arrived) {
        timed_out_ = false;
        Request request;
        begin_request({}, request);
        co_return co_await refuse(request, {408, "the header took too long"});
    }
    set_deadline(Time::max());
    if (!reader.refusal().message.empty()) {
        Request request;
        begin_request({}, request);
        co_return co_await refuse(request, reader.refusal());
    }
    in_.erase(0, reader.consumed());
    co_return co_await dispatch(reader.head());
}

asio::awaitable<bool> Connection::read_head(HeadReader& reader)
{
    const auto& options = core_.options;
    const bool waits = in_.empty() && !first_;
    set_deadline(core_.clock.steady() + (waits ? options.idle_timeout : options.header_timeout));
    for (bool begun = !waits;;) {
        if (!in_.empty()) {
            if (!begun) {
                begun = true;
                set_deadline(core_.clock.steady() + options.header_timeout);
            }
            if (reader.feed(in_) != HeadReader::State::more) {
                co_return true;
            }
        } else if (core_.stopping) {
            co_return false;
        }
        if (in_.empty() && in_.capacity() > kKeptCapacity) {
            in_.shrink_to_fit();
        }
        idle_ = in_.empty();
        const auto count = co_await receive(in_, kHeadRead);
        idle_ = false;
        if (count == 0) {
            co_return false;
        }
    }
}

void Connection::begin_request(const Head& head, Request& request)
{
    const auto peer = find_peer(core_.proxies, address_, head.headers);
    const auto given = head.header("x-request-id");
    request.id = peer.trusted && is_sound_request_id(given) ? std::string{given} : crypto::random_token(16);
    request.remote = peer.address;
    request.secure = peer.secure;
    asked_ = {.request_id = request.id,
              .origin = std::string{head.header("origin")},
              .minor = head.minor,
              .head = head.method == "HEAD",
              .gzip = accepts_gzip(head.headers),
              .secure = peer.secure,
              .close = head.close};
}

std::optional<Refusal> Connection::read_request(Head& head, Request& request)
{
    if (head.target != "*") {
        if (const auto refused = read_target(head.target, request)) {
            return refused;
        }
    }
    const auto method = method_of(head.method);
    if (!method && !is_known_method(head.method)) {
        return Refusal{501, "this method is not implemented"};
    }
    request.method = method.value_or(Method::get);
    request.headers = head.headers;
    return std::nullopt;
}

std::string Connection::allowed_methods(std::string_view path) const
{
    std::string allow;
    for (std::size_t i = 0; i < kMethods; ++i) {
        if (core_.router.find(static_cast<Method>(i), path) != nullptr) {
            allow += fmt::format("{}{}", kMethodNames[i], i == 0 ? ", HEAD, " : ", ");
        }
    }
    return allow + "OPTIONS";
}

asio::awaitable<Connection::Next> Connection::dispatch(Head& head)
{
    Request request;
    begin_request(head, request);
    if (const auto refused = read_request(head, request)) {
        co_return co_await refuse(request, *refused);
    }
    const auto* socket_route = this->socket_route(request.path);
    if (socket_route != nullptr && head.method == "GET" && head.upgrades) {
        co_return co_await upgrade(head, request, *socket_route);
    }
    const auto allow = allowed_methods(request.path);
    const bool known = head.target == "*" || allow != "OPTIONS";
    if (head.method == "OPTIONS" && known) {
        const bool is_cors = !head.header("access-control-request-method").empty();
        auto response = preflight(allow, is_cors, asked_, core_.options);
        auto answering = answer_here(request, std::move(response), head.has_body());
        co_return co_await std::move(answering);
    }
    if (!method_of(head.method) && (known || head.method != "OPTIONS")) {
        const Header extra{"Allow", allow};
        co_return co_await refuse(request, {405, "this path does not take the method"}, extra);
    }
    if (socket_route != nullptr && !known) {
        const Header extra{"Upgrade", "websocket"};
        co_return co_await refuse(request, {426, "this path speaks WebSocket"}, extra);
    }
    co_return co_await take_request(head, request);
}

asio::awaitable<Connection::Next> Connection::take_request(Head& head, Request& request)
{
    const auto* route = core_.router.find(request.method, request.path);
    const auto coding = to_lower_ascii(head.header("content-encoding"));
    if (!coding.empty() && coding != "identity") {
        const Header extra{"Accept-Encoding", "identity"};
        co_return co_await refuse(request, {415, "a request is not taken compressed"}, extra);
    }
    BodyShare share{core_.body_bytes};
    if (route == nullptr) {
        // Nobody wants this body; the answer is 404 or 405, and the connection ends so that it need not be read.
        asked_.close = asked_.close || head.has_body();
    } else if (head.has_body()) {
        if (core_.body_bytes > core_.options.body_memory) {
            ++core_.refused;
            co_return co_await refuse(request, {503, "too many uploads at once"});
        }
        const auto refused = co_await read_body(head, route->body_limit, request.body);
        if (refused) {
            co_return co_await refuse(request, *refused);
        }
        share.grow_to(request.body.size());
    }
    if (route != nullptr && route->instant && !head.has_body()) {
        auto response = core_.router.handle(std::move(request));
        asked_.close = asked_.close || core_.stopping;
        auto answering = send_last(make_answer(std::move(response), asked_, core_.options, core_.clock.now()), false);
        co_return co_await std::move(answering);
    }
    const bool unread = route == nullptr && head.has_body();
    auto work = [&core = core_, asked = asked_, request = std::move(request)]() mutable {
        auto response = core.router.handle(std::move(request));
        asked.close = asked.close || core.stopping;
        return make_answer(std::move(response), asked, core.options, core.clock.now());
    };
    auto working = on_worker<Answer>(core_.workers, socket_.get_executor(), Admission::bounded, std::move(work));
    auto answer = co_await std::move(working);
    if (!answer) {
        ++core_.refused;
        Request shed;
        shed.id = asked_.request_id;
        const Error error{Errc::busy, "there are too many requests at once", "try again in a moment", {}, {}};
        auto response = refusal(503, error, shed.id);
        auto answering = answer_here(shed, std::move(response), unread);
        co_return co_await std::move(answering);
    }
    const auto next = co_await send_answer(*answer);
    co_return next == Next::close&& unread ? Next::linger : next;
}

asio::awaitable<Connection::Next> Connection::send_answer(const Answer& answer)
{
    bool sent = co_await send(answer.head, answer.fixed.empty() ? std::string_view{answer.body} : answer.fixed);
    if (sent && answer.stream) {
        sent = co_await send_stream(answer);
    }
    co_return sent && !answer.close ? Next::request : Next::close;
}

asio::awaitable<bool> Connection::send_stream(const Answer& answer)
{
    for (;;) {
        auto pull = [&stream = answer.stream]() -> Result<std::string> {
            try {
                return stream();
            } catch (const std::exception&) {
                return fail(Errc::internal, "the answer's stream broke");
            }
        };
        auto pulling =
            on_worker<Result<std::string>>(core_.workers, socket_.get_executor(), Admission::always, std::move(pull));
        const auto piece = co_await std::move(pulling);
        if (!piece || !*piece) {
            co_return false;  // Without the last chunk the client knows that something is missing.
        }
        const auto& bytes = **piece;
        const bool last = bytes.empty();
        const auto size = answer.chunked ? fmt::format("{:x}\r\n", bytes.size()) : std::string{};
        bool sent = co_await send(size, bytes);
        if (sent && answer.chunked) {
            sent = co_await send("\r\n", {});
        }
        if (last || !sent) {
            co_return sent;
        }
    }
}

asio::awaitable<Connection::Next> Connection::send_last(Answer answer, bool unread)
{
    const auto next = co_await send_answer(answer);
    co_return next == Next::close&& unread ? Next::linger : next;
}

asio::awaitable<Connection::Next> Connection::answer_here(const Request& request, Response response, bool unread)
{
    core_.router.report(request, response.status, {});
    asked_.close = asked_.close || unread || core_.stopping;
    return send_last(make_answer(std::move(response), asked_, core_.options, core_.clock.now()), unread);
}

asio::awaitable<Connection::Next> Connection::refuse(const Request& request, Refusal refused)
{
    return refuse(request, refused, Header{});
}

asio::awaitable<Connection::Next> Connection::refuse(const Request& request, Refusal refused, const Header& header)
{
    const Error error{code_for(refused.status), std::string{refused.message}, {}, {}, {}};
    auto response = refusal(refused.status, error, request.id);
    response.headers.push_back(header);  // An empty one is left out when the answer is printed.
    return answer_here(request, std::move(response), true);
}

}  // namespace ss::http

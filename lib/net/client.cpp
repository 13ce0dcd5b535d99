// HttpClient: cpp-httplib's client with what it lacks — a pool, a deadline for the whole call, a cap, checked headers,
// one shared certificate store, and errors that say whether the request can have arrived.

#include "address.hpp"
#include "deadline.hpp"

#include <ss/net.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>
#include <httplib.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <list>

namespace ss::net {
namespace {

using Connection = std::unique_ptr<httplib::Client>;
using Steady = std::chrono::steady_clock;

struct StoreFree {
    void operator()(X509_STORE* store) const { ::X509_STORE_free(store); }
};
using Store = std::unique_ptr<X509_STORE, StoreFree>;

// Read once: a client that loads the system's bundle itself spends 45 ms on it at every connection.
Store load_store(const std::string& ca_file)
{
    Store store{::X509_STORE_new()};
    if (ca_file.empty()) {
        ::X509_STORE_set_default_paths(store.get());
    } else {
        ::X509_STORE_load_file(store.get(), ca_file.c_str());
    }
    return store;
}

std::unexpected<CallError> refuse(Errc code, Phase phase, std::string message)
{
    return std::unexpected(CallError{code, phase, std::move(message), {}});
}

bool is_token_character(char c)
{
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
}

// cpp-httplib writes header values as they are; a line end in one would be a header of its own.
bool is_safe_header(std::string_view name, std::string_view value)
{
    return !name.empty() && std::ranges::all_of(name, is_token_character) && std::ranges::none_of(value, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7f;
    });
}

bool is_method(std::string_view method)
{
    return !method.empty() && std::ranges::all_of(method, [](char c) { return c >= 'A' && c <= 'Z'; });
}

// What one call needs to know after cpp-httplib returned.
struct Transfer {
    Response response;
    bool is_too_large = false;
    bool has_begun = false;  // the status line arrived
};

CallError explain(httplib::Error error, const Transfer& transfer, bool expired, const std::string& host)
{
    using httplib::Error;
    const bool never_left = error == Error::Connection || error == Error::ConnectionTimeout ||
                            error == Error::BindIPAddress || error == Error::SSLConnection ||
                            error == Error::SSLLoadingCerts || error == Error::SSLServerVerification;
    const auto phase = never_left ? Phase::not_sent : Phase::unknown;
    if (transfer.is_too_large) {
        return {Errc::too_large, phase, fmt::format("the answer of {} is too large", host), {}};
    }
    if (expired || error == Error::ConnectionTimeout) {
        return {Errc::timeout, phase, fmt::format("{} did not answer in time", host), {}};
    }
    if (error == Error::SSLServerVerification) {
        return {Errc::unavailable, phase, fmt::format("the certificate of {} is not valid", host), {}};
    }
    if (error == Error::SSLConnection || error == Error::SSLLoadingCerts) {
        return {Errc::unavailable, phase, fmt::format("no secure connection to {}", host), {}};
    }
    return {
        Errc::unavailable,
        phase,
        never_left ? fmt::format("{} cannot be reached", host) : fmt::format("the connection to {} broke off", host),
        {}};
}

httplib::Request to_httplib(const Request& request, const Url& url, const std::string& user_agent, Transfer& transfer)
{
    httplib::Request out;
    out.method = request.method;
    out.path = url.target;
    for (const auto& [name, value] : request.headers) {
        out.headers.emplace(name, value);
    }
    if (!out.has_header("User-Agent")) {
        out.headers.emplace("User-Agent", user_agent);
    }
    if (!request.body.content_type.empty()) {
        out.headers.emplace("Content-Type", request.body.content_type);
    }
    out.body = request.body.bytes;
    out.response_handler = [&transfer](const httplib::Response& response) {
        transfer.has_begun = true;
        transfer.response.status = response.status;
        for (const auto& [name, value] : response.headers) {
            transfer.response.headers.emplace(to_lower_ascii(name), value);
        }
        return true;
    };
    out.content_receiver = [&transfer, cap = request.max_answer](const char* data, std::size_t size, std::uint64_t,
                                                                 std::uint64_t) {
        auto& body = transfer.response.body;
        transfer.is_too_large = size > cap - body.size();
        if (!transfer.is_too_large) {
            body.append(data, size);
        }
        return !transfer.is_too_large;
    };
    return out;
}

}  // namespace

class HttpClient::Engine {
public:
    Engine(const Clock& clock, Options options)
        : options_{std::move(options)}, breaker_{clock, options_.breaker}, store_{load_store(options_.ca_file)}
    {
    }

    Reply send(const Request& request)
    {
        if (!is_method(request.method)) {
            return refuse(Errc::invalid, Phase::not_sent, "the request's method is malformed");
        }
        for (const auto& [name, value] : request.headers) {
            if (!is_safe_header(name, value)) {
                return refuse(Errc::invalid, Phase::not_sent, "a request header holds a forbidden character");
            }
        }
        auto url = parse_url(request.url);
        if (!url || !is_safe_header("content-type", request.body.content_type)) {
            return refuse(Errc::invalid, Phase::not_sent, url ? "malformed content type" : url.error().message);
        }
        return request.trust == Trust::outsider ? send_to_outsider(request, *url) : send_guarded(request, *url);
    }

    Breaker& breaker() { return breaker_; }

private:
    struct Idle {
        Connection connection;
        Steady::time_point since;
    };
    using Pool = std::map<std::string, std::list<Idle>, std::less<>>;

    Reply send_guarded(const Request& request, const Url& url)
    {
        if (const auto pause = breaker_.refuses(url.host)) {
            auto message = fmt::format("{} has not been answering; waiting before the next try", url.host);
            return std::unexpected(CallError{Errc::unavailable, Phase::not_sent, std::move(message), *pause});
        }
        auto reply = exchange(request, url, "");
        const bool answered = reply ? reply->status < 500 : reply.error().code == Errc::too_large;
        breaker_.record(url.host, answered);
        return reply;
    }

    // No breaker and no pool: strangers' hosts are many, and each address was checked for this call alone.
    Reply send_to_outsider(const Request& request, const Url& url)
    {
        const auto address = TRY(checked_address(url, options_));
        return exchange(request, url, address);
    }

    Reply exchange(const Request& request, const Url& url, const std::string& address)
    {
        try {
            return exchange_on(request, url, take(url, address), address);
        } catch (const std::exception&) {  // regex or allocation inside cpp-httplib; its text may hold the URL
            return refuse(Errc::unavailable, Phase::unknown, fmt::format("the call to {} failed inside", url.host));
        }
    }

    Reply exchange_on(const Request& request, const Url& url, Connection connection, const std::string& address)
    {
        const auto connect_timeout = std::min(request.connect_timeout, request.deadline);
        connection->set_connection_timeout(connect_timeout);
        const auto backstop = request.deadline + std::chrono::seconds{1};  // the watch below comes first
        connection->set_read_timeout(backstop);
        connection->set_write_timeout(backstop);

        Transfer transfer;
        auto outgoing = to_httplib(request, url, options_.user_agent, transfer);
        httplib::Response ignored;
        auto error = httplib::Error::Success;
        bool sent = false;
        bool expired = false;
        {
            const Deadlines::Watch watch{deadlines_, Steady::now() + request.deadline, [&] { connection->stop(); }};
            sent = connection->send(outgoing, ignored, error);
            expired = watch.expired();
        }
        if (!sent || transfer.is_too_large) {
            return std::unexpected(explain(error, transfer, expired, url.host));
        }
        if (!transfer.has_begun) {  // no content: the receiver's handler was not asked
            transfer.response.status = ignored.status;
            for (const auto& [name, value] : ignored.headers) {
                transfer.response.headers.emplace(to_lower_ascii(name), value);
            }
        }
        if (address.empty()) {
            give_back(url, std::move(connection));
        }
        return std::move(transfer.response);
    }

    Connection take(const Url& url, const std::string& address)
    {
        if (address.empty()) {
            auto pool = pool_.lock();
            auto& idle = (*pool)[url.origin()];
            const auto oldest = Steady::now() - options_.max_idle_time;
            while (!idle.empty() && idle.front().since < oldest) {
                idle.pop_front();
            }
            if (!idle.empty()) {
                auto connection = std::move(idle.back().connection);
                idle.pop_back();
                return connection;
            }
        }
        return open(url, address);
    }

    void give_back(const Url& url, Connection connection)
    {
        Idle surplus;  // closed outside the lock
        auto pool = pool_.lock();
        auto& idle = (*pool)[url.origin()];
        if (idle.size() >= options_.max_idle_per_origin) {
            surplus = std::move(idle.front());
            idle.pop_front();
        }
        idle.push_back({std::move(connection), Steady::now()});
    }

    Connection open(const Url& url, const std::string& address)
    {
        auto connection = std::make_unique<httplib::Client>(url.origin());
        connection->set_tcp_nodelay(true);
        connection->set_keep_alive(address.empty());
        connection->set_follow_location(false);
        connection->set_url_encode(false);
        if (!address.empty()) {
            connection->set_hostname_addr_map({{url.host, address}});
        }
        if (url.scheme == "https") {
            ::X509_STORE_up_ref(store_.get());
            connection->set_ca_cert_store(store_.get());
            // Named so that cpp-httplib does not read the whole bundle again; the directory costs nothing.
            connection->set_ca_cert_path(options_.ca_file, options_.ca_file.empty() ? "/etc/ssl/certs" : "");
            connection->enable_server_certificate_verification(true);
            ::SSL_CTX_set_min_proto_version(connection->ssl_context(), TLS1_2_VERSION);
        }
        return connection;
    }

    Options options_;
    Breaker breaker_;
    Store store_;
    Deadlines deadlines_;
    Guarded<Pool> pool_;
};

HttpClient::HttpClient(const Clock& clock, Options options)
    : engine_{std::make_unique<Engine>(clock, std::move(options))}
{
}

HttpClient::~HttpClient() = default;

Reply HttpClient::send(const Request& request)
{
    return engine_->send(request);
}

Breaker& HttpClient::breaker()
{
    return engine_->breaker();
}

Reply HttpClient::fetch(Request request, int max_redirects)
{
    const auto end = Steady::now() + request.deadline;
    for (int hop = 0;; ++hop) {
        auto reply = send(request);
        const bool moved = reply && reply->status >= 301 && reply->status <= 308 && !reply->header("location").empty();
        if (!moved) {
            return reply;
        }
        if (hop == max_redirects) {
            return refuse(Errc::unavailable, Phase::unknown, "the link leads from one place to the next without end");
        }
        const auto from = parse_url(request.url);
        std::string to{reply->header("location")};
        if (to.starts_with('/') && !to.starts_with("//")) {
            to = from->origin() + to;
        }
        const auto target = parse_url(to);
        if (!target || (from->scheme == "https" && target->scheme != "https")) {
            return refuse(Errc::forbidden, Phase::unknown, "the link leads to a place that is not allowed");
        }
        if (target->origin() != from->origin()) {
            request.headers.clear();
        }
        request.url = to;
        request.deadline = std::chrono::duration_cast<std::chrono::milliseconds>(end - Steady::now());
        if (request.deadline.count() <= 0) {
            return refuse(Errc::timeout, Phase::unknown, fmt::format("{} did not answer in time", from->host));
        }
    }
}

Error to_error(const CallError& error)
{
    Error out{.code = error.code, .message = error.message, .hint = {}, .where = {}};
    out.retry_after = std::chrono::ceil<std::chrono::seconds>(error.retry_after);
    return out;
}

}  // namespace ss::net

// Listens, spreads connections over the network threads, and stops in order.
#include "connection.hpp"
#include "core.hpp"

#include <ss/http.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/core.h>

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <memory>

namespace ss::http {
namespace {

using asio::ip::tcp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kHeartbeat{200};
constexpr std::chrono::milliseconds kPause{50};
constexpr std::chrono::seconds kGoodbyes{1};
constexpr int kAcceptsATurn = 64;

constexpr std::string_view kFull =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// Without this a slow reader's answers pile up in the kernel, megabytes each, and copying them there costs the others
/// their turn. See tcp(7), TCP_NOTSENT_LOWAT.
void limit_unsent(tcp::socket& socket)
{
    constexpr int kBytes = 64 * 1024;
    setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kBytes, sizeof(kBytes));
}

void beat(Loop& loop)
{
    loop.turned = std::chrono::steady_clock::now().time_since_epoch().count();
    loop.heartbeat.expires_after(kHeartbeat);
    loop.heartbeat.async_wait([&loop](const boost::system::error_code& error) {
        if (!error) {
            beat(loop);
        }
    });
}

}  // namespace

struct Server::State {
    State(ServerOptions options, const Router& router) : core{std::move(options), router} {}

    Core core;
    std::vector<std::unique_ptr<Loop>> loops;
    std::unique_ptr<tcp::acceptor> acceptor;
    std::uint16_t port = 0;
    std::size_t next_loop = 0;
    bool running = false;

    Result<void> listen();
    Result<void> bind();
    asio::awaitable<void> accept();
    void take(Loop& loop, tcp::socket socket);
    bool admit(const std::string& address);
    void on_every_loop(const std::function<void(Loop&)>& action);
    bool wait_until(const std::function<bool()>& condition, std::chrono::milliseconds longest) const;
};

Result<void> Server::State::listen()
{
    boost::system::error_code error;
    acceptor = std::make_unique<tcp::acceptor>(loops.front()->io);
    if (core.options.inherited_socket < 0) {
        if (auto bound = bind(); !bound) {
            return bound;
        }
    } else {
        sockaddr_storage address{};
        socklen_t size = sizeof(address);
        if (getsockname(core.options.inherited_socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
            return fail(Errc::configuration, "the inherited descriptor is not a socket");
        }
        const auto protocol = address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4();
        if (acceptor->assign(protocol, core.options.inherited_socket, error)) {
            return fail(Errc::unavailable, fmt::format("the inherited socket cannot be used: {}", error.message()));
        }
    }
    acceptor->non_blocking(true, error);
    const auto local = acceptor->local_endpoint(error);
    if (error) {
        return fail(Errc::unavailable, fmt::format("cannot listen: {}", error.message()));
    }
    port = local.port();
    return {};
}

Result<void> Server::State::bind()
{
    boost::system::error_code error;
    const auto address = asio::ip::make_address(core.options.address, error);
    if (error) {
        return fail(Errc::configuration, fmt::format("{} is not an address", core.options.address));
    }
    const tcp::endpoint endpoint{address, core.options.port};
    acceptor->open(endpoint.protocol(), error);
    if (!error) {
        acceptor->set_option(tcp::acceptor::reuse_address(true), error);
    }
    if (!error) {
        acceptor->bind(endpoint, error);
    }
    if (!error) {
        acceptor->listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
        return fail(Errc::unavailable, fmt::format("cannot listen on {}:{}: {}", core.options.address,
                                                   core.options.port, error.message()));
    }
    return {};
}

asio::awaitable<void> Server::State::accept()
{
    while (!core.stopping) {
        auto [error] = co_await acceptor->async_wait(tcp::acceptor::wait_read, kAwait);
        // Several a turn: one a turn would let newcomers wait behind every busy connection.
        for (int taken = 0; !error && taken < kAcceptsATurn; ++taken) {
            auto& loop = *loops[next_loop++ % loops.size()];
            auto socket = acceptor->accept(loop.io, error);
            if (!error) {
                take(loop, std::move(socket));
            }
        }
        if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) {
            co_return;
        }
        if (error && error != asio::error::would_block && error != asio::error::try_again) {
            // Out of descriptors, or a client that has gone: wait a little instead of spinning.
            asio::steady_timer pause{loops.front()->io, kPause};
            co_await pause.async_wait(kAwait);
        }
    }
}

bool Server::State::admit(const std::string& address)
{
    const auto& options = core.options;
    if (core.connections >= options.connections) {
        return false;
    }
    const bool admitted = core.per_address.with([&](auto& counts) {
        auto& count = counts[address];
        if (options.connections_per_address != 0 && count >= options.connections_per_address) {
            return false;
        }
        ++count;
        return true;
    });
    core.connections += admitted ? 1U : 0U;
    return admitted;
}

void Server::State::take(Loop& loop, tcp::socket socket)
{
    boost::system::error_code error;
    const auto remote = socket.remote_endpoint(error);
    if (error) {
        return;
    }
    socket.set_option(tcp::no_delay(true), error);
    socket.non_blocking(true, error);
    limit_unsent(socket);
    auto address = plain_address(remote.address().to_string());
    if (!admit(address)) {
        ++core.refused;
        socket.write_some(asio::buffer(kFull), error);
        return;
    }
    auto connection = std::make_shared<Connection>(core, loop, std::move(socket), std::move(address));
    asio::post(loop.io, [connection = std::move(connection)] { connection->start(); });
}

void Server::State::on_every_loop(const std::function<void(Loop&)>& action)
{
    for (auto& loop : loops) {
        asio::post(loop->io, [&loop = *loop, action] { action(loop); });
    }
}

bool Server::State::wait_until(const std::function<bool()>& condition, std::chrono::milliseconds longest) const
{
    const auto until = core.clock.steady() + longest;
    constexpr std::chrono::milliseconds kLook{2};
    while (!condition()) {
        if (core.clock.steady() >= until) {
            return false;
        }
        std::this_thread::sleep_for(kLook);
    }
    return true;
}

Server::Server(ServerOptions options, const Router& router)
    : state_{std::make_unique<State>(std::move(options), router)}
{
}

Server::~Server()
{
    stop(std::chrono::milliseconds{0});
}

void Server::add(SocketRoute route)
{
    state_->core.socket_routes.push_back(std::move(route));
}

Result<void> Server::start()
{
    auto& state = *state_;
    if (!state.core.proxies.is_sound()) {
        return fail(Errc::configuration, "a trusted proxy is neither an address nor a network");
    }
    for (int i = 0; i < std::max(1, state.core.options.network_threads); ++i) {
        state.loops.push_back(std::make_unique<Loop>());
    }
    if (auto listening = state.listen(); !listening) {
        state.acceptor.reset();
        state.loops.clear();
        return listening;
    }
    state.running = true;
    state.core.workers.start(std::max(1, state.core.options.workers));
    asio::co_spawn(state.loops.front()->io, [&state] { return state.accept(); }, asio::detached);
    for (auto& loop : state.loops) {
        beat(*loop);
        loop->thread = std::jthread{[&io = loop->io] { io.run(); }};
    }
    return {};
}

std::uint16_t Server::port() const
{
    return state_->port;
}

void Server::stop(std::chrono::milliseconds patience)
{
    auto& state = *state_;
    if (!state.running) {
        return;
    }
    state.running = false;
    state.core.stopping = true;
    asio::post(state.loops.front()->io, [&state] {
        boost::system::error_code ignored;
        state.acceptor->close(ignored);
    });
    const auto each = [&](auto action) {
        state.on_every_loop([action](Loop& loop) {
            // A copy: what is called may end a connection.
            const std::vector<Connection*> connections{loop.connections.begin(), loop.connections.end()};
            for (auto* connection : connections) {
                action(*connection);
            }
        });
    };
    each([](Connection& connection) { connection.drain(); });
    state.wait_until([&] { return state.core.connections <= state.core.sockets; }, patience);
    each([](Connection& connection) { connection.go_away(); });
    state.wait_until([&] { return state.core.connections == 0; }, state.core.sockets > 0 ? kGoodbyes : patience / 10);
    each([](Connection& connection) { connection.cut(); });
    state.wait_until([&] { return state.core.connections == 0; }, kGoodbyes);
    state.core.workers.stop();
    for (auto& loop : state.loops) {
        loop->io.stop();
        loop->thread = {};
    }
    state.acceptor.reset();
    // Coroutines that still wait go with their io_context; they touch the loop while they do.
}

ServerNumbers Server::numbers() const
{
    const auto& core = state_->core;
    return {.connections = core.connections,
            .sockets = core.sockets,
            .queued = core.workers.queued(),
            .running = core.workers.running(),
            .refused = core.refused};
}

bool Server::alive() const
{
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    for (const auto& loop : state_->loops) {
        const auto quiet = now - std::chrono::nanoseconds{loop->turned.load()};
        if (quiet > std::chrono::seconds{1}) {
            return false;
        }
    }
    return state_->running;
}

}  // namespace ss::http

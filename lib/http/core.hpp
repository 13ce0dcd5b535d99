#pragma once
/// What all connections of one server share, and the threads they live on.

#include "head.hpp"
#include "peer.hpp"
#include "workers.hpp"

#include <ss/guarded.hpp>
#include <ss/http.hpp>
#include <ss/time.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

namespace ss::http {

namespace asio = boost::asio;

class Connection;

/// One network thread: its connections are touched by no other, so they need no locks.
struct Loop {
    std::unordered_set<Connection*> connections;  ///< Outlives `io`, whose end ends the last connections.
    asio::io_context io{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
    asio::steady_timer heartbeat{io};
    std::atomic<std::int64_t> turned{0};    ///< Steady time of the last heartbeat, nanoseconds.
    std::array<char, 64 * 1024> scratch{};  ///< Reads land here, so that an idle connection holds no buffer.
    std::jthread thread;
};

struct Core {
    Core(ServerOptions server_options, const Router& its_router)
        : options{std::move(server_options)},
          router{its_router},
          proxies{options.trusted_proxies},
          workers{options.queue}
    {
    }

    ServerOptions options;
    const Router& router;
    TrustedProxies proxies;
    std::vector<SocketRoute> socket_routes;
    SystemClock clock;
    Workers workers;
    std::atomic<bool> stopping{false};
    std::atomic<std::size_t> connections{0};
    std::atomic<std::size_t> sockets{0};
    std::atomic<std::uint64_t> refused{0};
    std::atomic<std::size_t> body_bytes{0};  ///< Of all bodies being received.
    Guarded<std::map<std::string, std::size_t, std::less<>>> per_address;

    [[nodiscard]] HeadLimits head_limits() const
    {
        return {options.header_bytes, options.header_fields, options.target_bytes};
    }
};

}  // namespace ss::http

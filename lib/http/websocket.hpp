#pragma once
/// One WebSocket (RFC 6455) on Boost.Beast: no compression, bounded queues in both directions.

#include "core.hpp"
#include "head.hpp"

#include <ss/guarded.hpp>
#include <ss/http.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ss::http {

/// A TCP stream that waits only a little for the other side's end: Beast's own teardown waits for ever.
class LingeringStream : public boost::beast::tcp_stream {
public:
    using boost::beast::tcp_stream::basic_stream;
    /// Discards what comes until the other side closes or time is over.
    asio::awaitable<void> linger();
};

/// Found by Beast when a WebSocket ends.
template <class Handler>
void async_teardown(boost::beast::role_type, LingeringStream& stream, Handler&& handler)
{
    asio::co_spawn(stream.get_executor(), stream.linger(),
                   [done = std::forward<Handler>(handler)](const std::exception_ptr&) mutable {
                       done(boost::system::error_code{});
                   });
}

/// Shared: the handler keeps it to send, the connection to serve it. send() and close() may be called from any
/// thread and outlive the connection; the rest belongs to the network thread.
class WebSocket final : public Socket, public std::enable_shared_from_this<WebSocket> {
public:
    WebSocket(Core& core, asio::any_io_executor executor, const SocketRoute& route);

    void send(std::string text) override;
    void close(std::uint16_t code, std::string_view reason) override;

    /// Handshake, then messages until one side closes. Calls `events.closed` once, whatever happens.
    asio::awaitable<void> serve(asio::ip::tcp::socket socket, const Head& head, const Request& request,
                                SocketEvents events);
    /// There was no upgrade: later sends do nothing.
    void abandon();
    void cut();

private:
    using Stream = boost::beast::websocket::stream<LingeringStream, false>;

    struct Outbox {
        std::deque<std::string> texts;
        std::size_t bytes = 0;
        bool gone = false;       ///< Nothing more can be sent; the executor may not exist any more.
        bool scheduled = false;  ///< A wake-up is on its way or the writer runs.
        std::uint16_t close_code = 0;
        std::string close_reason;
    };

    asio::awaitable<bool> accept(const Head& head, const Request& request);
    asio::awaitable<void> read(const SocketEvents& events);
    asio::awaitable<bool> deliver(const SocketEvents& events, const std::string& text);
    asio::awaitable<void> write();
    asio::awaitable<void> say_goodbye();
    void set_close(Outbox& outbox, std::uint16_t code, std::string_view reason);
    void wake(Outbox& outbox);
    void start_writing();
    void limit_goodbye();
    [[nodiscard]] bool is_too_fast();

    Core& core_;
    const SocketRoute& route_;
    asio::any_io_executor executor_;
    Guarded<Outbox> outbox_;
    std::optional<Stream> stream_;
    std::optional<asio::steady_timer> goodbye_;  ///< Like `stream_` gone before the network thread is.
    std::optional<asio::steady_timer> written_;
    bool open_ = false;
    bool writing_ = false;
    std::chrono::steady_clock::time_point second_;
    int messages_ = 0;
};

}  // namespace ss::http

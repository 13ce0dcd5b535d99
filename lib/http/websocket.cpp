// The only file that speaks Beast's WebSocket.
#include "websocket.hpp"

#include "answer.hpp"
#include "on_worker.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <algorithm>
#include <array>
#include <exception>

namespace ss::http {
namespace {

namespace beast = boost::beast;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds kLongestGoodbye{2};

beast::http::request<beast::http::empty_body> beast_request(const Head& head)
{
    beast::http::request<beast::http::empty_body> request{beast::http::verb::get, head.target, 11};
    for (const auto& [name, value] : head.headers) {
        request.insert(name, value);
    }
    return request;
}

}  // namespace

asio::awaitable<void> LingeringStream::linger()
{
    boost::system::error_code error;
    socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
    expires_after(kLongestGoodbye);
    std::array<char, 4'096> discarded{};
    while (!error) {
        const auto [failed, count] = co_await async_read_some(asio::buffer(discarded), kAwait);
        error = failed;
    }
}

WebSocket::WebSocket(Core& core, asio::any_io_executor executor, const SocketRoute& route)
    : core_{core}, route_{route}, executor_{std::move(executor)}
{
}

void WebSocket::send(std::string text)
{
    outbox_.with([&](Outbox& outbox) {
        if (outbox.gone || outbox.close_code != 0) {
            return;
        }
        outbox.bytes += text.size();
        if (outbox.bytes > route_.outgoing_limit) {
            return set_close(outbox, 1013, "the reader is too slow");
        }
        outbox.texts.push_back(std::move(text));
        wake(outbox);
    });
}

void WebSocket::close(std::uint16_t code, std::string_view reason)
{
    outbox_.with([&](Outbox& outbox) {
        if (!outbox.gone && outbox.close_code == 0) {
            set_close(outbox, code, reason);
        }
    });
}

void WebSocket::set_close(Outbox& outbox, std::uint16_t code, std::string_view reason)
{
    outbox.close_code = code;
    outbox.close_reason = reason;
    outbox.texts.clear();
    outbox.bytes = 0;
    wake(outbox);
    // A write to a reader who has stopped never ends by itself.
    asio::post(executor_, [self = shared_from_this()] { self->limit_goodbye(); });
}

void WebSocket::wake(Outbox& outbox)
{
    if (!outbox.scheduled) {
        outbox.scheduled = true;
        asio::post(executor_, [self = shared_from_this()] { self->start_writing(); });
    }
}

void WebSocket::abandon()
{
    outbox_.with([](Outbox& outbox) {
        outbox.gone = true;
        outbox.texts.clear();
    });
}

void WebSocket::cut()
{
    if (stream_) {
        beast::get_lowest_layer(*stream_).close();
    }
}

void WebSocket::limit_goodbye()
{
    if (!open_) {
        return;
    }
    goodbye_.emplace(executor_);
    goodbye_->expires_after(std::min<std::chrono::milliseconds>(kLongestGoodbye, core_.options.write_timeout));
    goodbye_->async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (self && !error && self->stream_) {
            beast::get_lowest_layer(*self->stream_).close();
        }
    });
}

void WebSocket::start_writing()
{
    if (!open_ || writing_) {
        return;
    }
    writing_ = true;
    asio::co_spawn(
        executor_, [self = shared_from_this()] { return self->write(); },
        [self = shared_from_this()](const std::exception_ptr&) {
            self->writing_ = false;
            self->written_->cancel();
        });
}

asio::awaitable<void> WebSocket::write()
{
    for (;;) {
        std::optional<std::string> text;
        const bool closing = outbox_.with([&](Outbox& outbox) {
            if (outbox.close_code == 0 && !outbox.texts.empty()) {
                text = std::move(outbox.texts.front());
                outbox.texts.pop_front();
            } else {
                outbox.scheduled = outbox.close_code != 0;
            }
            return outbox.close_code != 0;
        });
        if (closing) {
            co_return co_await say_goodbye();
        }
        if (!text) {
            co_return;
        }
        const auto [error, count] = co_await stream_->async_write(asio::buffer(*text), kAwait);
        outbox_.with([&](Outbox& outbox) { outbox.bytes -= std::min(outbox.bytes, text->size()); });
        if (error) {
            beast::get_lowest_layer(*stream_).close();
            co_return;
        }
    }
}

asio::awaitable<void> WebSocket::say_goodbye()
{
    const auto reason = outbox_.with([](const Outbox& outbox) {
        return beast::websocket::close_reason{static_cast<beast::websocket::close_code>(outbox.close_code),
                                              outbox.close_reason};
    });
    co_await stream_->async_close(reason, kAwait);
    beast::get_lowest_layer(*stream_).close();
}

asio::awaitable<void> WebSocket::serve(asio::ip::tcp::socket socket, const Head& head, const Request& request,
                                       SocketEvents events)
{
    ++core_.sockets;
    stream_.emplace(std::move(socket));
    written_.emplace(executor_, std::chrono::steady_clock::time_point::max());
    const bool accepted = co_await accept(head, request);
    if (accepted) {
        open_ = true;
        start_writing();
        co_await read(events);
    }
    abandon();
    beast::get_lowest_layer(*stream_).close();
    while (writing_) {
        co_await written_->async_wait(kAwait);
    }
    open_ = false;
    goodbye_.reset();
    written_.reset();
    stream_.reset();
    --core_.sockets;
    if (events.closed) {
        core_.workers.post([closed = std::move(events.closed)] { closed(); });
    }
}

asio::awaitable<bool> WebSocket::accept(const Head& head, const Request& request)
{
    beast::websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = std::min<std::chrono::milliseconds>(kLongestGoodbye, core_.options.header_timeout);
    timeout.idle_timeout = core_.options.idle_timeout;
    timeout.keep_alive_pings = true;
    stream_->set_option(timeout);
    stream_->read_message_max(route_.message_limit);
    stream_->auto_fragment(false);
    stream_->set_option(beast::websocket::stream_base::decorator([&](beast::websocket::response_type& response) {
        response.set(beast::http::field::server, "");  // Left out, Beast would tell its version.
        for (const auto& [name, value] : guarding_headers(request.secure)) {
            response.set(name, value);
        }
        response.set("X-Request-Id", request.id);
        response.set("Date", http_date(core_.clock.now()));
    }));
    const auto upgrade = beast_request(head);
    const auto [error] = co_await stream_->async_accept(upgrade, kAwait);
    if (!error) {
        stream_->text(true);
    }
    co_return !error;
}

asio::awaitable<void> WebSocket::read(const SocketEvents& events)
{
    beast::flat_buffer buffer;
    for (;;) {
        const auto [error, count] = co_await stream_->async_read(buffer, kAwait);
        if (error) {
            co_return;
        }
        auto text = beast::buffers_to_string(buffer.data());
        buffer.consume(buffer.size());
        buffer.shrink_to_fit();
        if (!stream_->got_text()) {
            close(1003, "only text is understood");
        } else if (is_too_fast()) {
            close(1008, "too many messages");
        } else {
            const bool delivered = co_await deliver(events, text);
            if (!delivered) {
                close(1013, "there is too much to do");
            }
        }
    }
}

bool WebSocket::is_too_fast()
{
    const auto now = core_.clock.steady();
    if (now - second_ >= std::chrono::seconds{1}) {
        second_ = now;
        messages_ = 0;
    }
    return ++messages_ > route_.messages_per_second;
}

asio::awaitable<bool> WebSocket::deliver(const SocketEvents& events, const std::string& text)
{
    if (!events.message) {
        co_return true;
    }
    auto work = [&message = events.message, &text] {
        try {
            message(text);
        } catch (const std::exception&) {
            return false;
        }
        return true;
    };
    auto delivering = on_worker<bool>(core_.workers, executor_, Admission::bounded, std::move(work));
    const auto done = co_await std::move(delivering);
    co_return done.value_or(false);
}

}  // namespace ss::http

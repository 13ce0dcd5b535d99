// Reading, writing and deadlines of a connection.
#include "connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>

namespace ss::http {
namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr unsigned kReadsBetweenTurns = 16;
constexpr std::size_t kWriteBytesPerSecond = 16 * 1024;

bool must_wait(const boost::system::error_code& error)
{
    return error == asio::error::would_block || error == asio::error::try_again;
}

std::chrono::milliseconds time_for(std::size_t bytes, std::size_t per_second)
{
    return std::chrono::milliseconds{bytes * 1'000 / per_second};
}

}  // namespace

asio::awaitable<std::size_t> Connection::receive(std::string& into, std::size_t most)
{
    // A fast sender always has more; the others on this thread want their turn too.
    if (++reads_ % kReadsBetweenTurns == 0) {
        co_await asio::post(socket_.get_executor(), kAwait);
    }
    for (;;) {
        if (timed_out_) {
            co_return 0;
        }
        boost::system::error_code error;
        const auto buffer = asio::buffer(loop_.scratch.data(), std::min(most, loop_.scratch.size()));
        const auto count = socket_.read_some(buffer, error);
        if (!error) {
            into.append(loop_.scratch.data(), count);
            co_return count;
        }
        if (!must_wait(error)) {
            co_return 0;
        }
        const auto [waited] = co_await socket_.async_wait(asio::ip::tcp::socket::wait_read, kAwait);
        if (waited) {
            co_return 0;
        }
    }
}

asio::awaitable<bool> Connection::send(std::string_view first, std::string_view second)
{
    const auto started = core_.clock.steady();
    std::size_t sent = 0;
    std::optional<std::size_t> buffered;  // What the kernel took at once says nothing about the reader.
    while (sent < first.size() + second.size()) {
        const auto head = first.substr(std::min(sent, first.size()));
        const auto body = second.substr(sent - std::min(sent, first.size()));
        const std::array<asio::const_buffer, 2> buffers{asio::buffer(head), asio::buffer(body)};
        boost::system::error_code error;
        sent += socket_.write_some(buffers, error);
        if (!error) {
            continue;
        }
        if (!must_wait(error)) {
            co_return false;
        }
        buffered = buffered.value_or(sent);
        set_deadline(started + core_.options.write_timeout + time_for(sent - *buffered, kWriteBytesPerSecond));
        const auto [waited] = co_await socket_.async_wait(asio::ip::tcp::socket::wait_write, kAwait);
        if (waited || timed_out_) {
            co_return false;
        }
    }
    if (buffered) {
        set_deadline(Time::max());
    }
    co_return true;
}

asio::awaitable<void> Connection::linger()
{
    // Closing with unread bytes would send a reset that can overtake the answer (RFC 9112 §9.6).
    constexpr std::size_t kMost = std::size_t{16} * 1024 * 1024;
    constexpr std::chrono::seconds kLonger{2};
    boost::system::error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    set_deadline(core_.clock.steady() + kLonger);
    in_ = {};
    std::size_t discarded = 0;
    while (discarded < kMost && !core_.stopping) {
        const auto count = co_await receive(in_, loop_.scratch.size());
        if (count == 0) {
            break;
        }
        discarded += count;
        in_.clear();
    }
}

void Connection::update_body_deadline(Time started, std::size_t received)
{
    constexpr std::size_t kUploadBytesPerSecond = 64 * 1024;
    const auto& options = core_.options;
    const auto whole = started + options.body_timeout + time_for(received, kUploadBytesPerSecond);
    const auto slowest = started + options.body_timeout / 6 +
                         time_for(received, std::max<std::size_t>(options.body_bytes_per_second, 1));
    set_deadline(options.body_bytes_per_second == 0 ? whole : std::min(whole, slowest));
}

void Connection::set_deadline(Time deadline)
{
    deadline_ = deadline;
    // A timer that fires early looks again; only an earlier deadline needs a new one. That spares two timer
    // operations a request.
    if (deadline_ == Time::max() || (is_armed_ && armed_ <= deadline_)) {
        return;
    }
    arm();
}

void Connection::arm()
{
    armed_ = deadline_;
    is_armed_ = true;
    timer_.expires_at(armed_);
    // Weak: the timer must not keep a finished connection, and its buffers, until the deadline.
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (!self || error) {
            return;
        }
        self->is_armed_ = false;
        if (self->deadline_ == Time::max()) {
            return;
        }
        if (self->core_.clock.steady() < self->deadline_) {
            self->arm();
            return;
        }
        self->timed_out_ = true;
        boost::system::error_code ignored;
        self->socket_.cancel(ignored);
    });
}

void Connection::close()
{
    boost::system::error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
}

}  // namespace ss::http

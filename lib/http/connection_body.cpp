// Receives a body within its limits of size, time and memory.
#include "body_share.hpp"
#include "chunked.hpp"
#include "connection.hpp"

#include <algorithm>

namespace ss::http {

asio::awaitable<std::optional<Refusal>> Connection::read_body(const Head& head, std::size_t limit, std::string& body)
{
    if (head.content_length.value_or(0) > limit) {
        co_return Refusal{413, "the body is too large"};
    }
    if (head.expects_continue && in_.empty()) {
        const bool sent = co_await send("HTTP/1.1 100 Continue\r\n\r\n", {});
        if (!sent) {
            co_return Refusal{408, "the body did not arrive"};
        }
    }
    auto refused = co_await fill_body(head, limit, body);
    set_deadline(Time::max());
    timed_out_ = false;
    co_return refused;
}

asio::awaitable<std::optional<Refusal>> Connection::fill_body(const Head& head, std::size_t limit, std::string& body)
{
    ChunkedReader chunks{limit};
    BodyShare share{core_.body_bytes};
    const auto started = core_.clock.steady();
    for (bool first = true;; first = false) {
        if (head.chunked) {
            const auto state = chunks.feed(in_, body);
            if (state != ChunkedReader::State::more) {
                co_return state == ChunkedReader::State::done ? std::nullopt : std::optional{chunks.refusal()};
            }
        } else {
            const auto missing = static_cast<std::size_t>(*head.content_length) - body.size();
            const auto taken = std::min(missing, in_.size());
            body.append(in_, 0, taken);
            in_.erase(0, taken);
            if (taken == missing) {
                co_return std::nullopt;
            }
        }
        if (share.grow_to(body.size()) > core_.options.body_memory && !first) {
            ++core_.refused;
            co_return Refusal{503, "too many uploads at once"};
        }
        update_body_deadline(started, body.size());
        const auto count = co_await receive(in_, loop_.scratch.size());
        if (count == 0) {
            co_return Refusal{408, "the body took too long"};
        }
    }
}

}  // namespace ss::http

// The watchdog looks four times a second: a silent server costs its time-out and at most that much more.

#include "watchdog.hpp"

#include <sys/socket.h>

namespace ss::storage {
namespace {
constexpr std::chrono::milliseconds kLook{250};
// The server's own time-out answers with a better error; it gets the chance to.
constexpr std::chrono::milliseconds kGrace{500};
}  // namespace

Watchdog::Guard Watchdog::watch(int socket, std::chrono::milliseconds limit)
{
    if (socket < 0 || limit.count() <= 0) {
        return {};
    }
    auto state = state_.lock();
    const auto id = ++state->last;
    state->calls.emplace(id, Watched{socket, std::chrono::steady_clock::now() + limit + kGrace});
    return {*this, id};
}

void Watchdog::run(const std::stop_token& stop)
{
    auto state = state_.lock();
    while (!stop.stop_requested()) {
        wake_.wait_for(state.guard(), stop, kLook, [] { return false; });
        const auto now = std::chrono::steady_clock::now();
        for (const auto& [id, call] : state->calls) {
            if (call.deadline < now) {
                ::shutdown(call.socket, SHUT_RDWR);
            }
        }
    }
}

}  // namespace ss::storage

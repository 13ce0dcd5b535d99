#pragma once
// Cuts connections whose server has fallen silent: libpq itself waits for ever.

#include <ss/guarded.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <stop_token>
#include <thread>
#include <utility>

namespace ss::storage {

/// Safe to share between threads. Must outlive its guards.
class Watchdog {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// Ends the watch over one call.
    class Guard {
    public:
        Guard() = default;
        Guard(Watchdog& owner, std::uint64_t id) : owner_{&owner}, id_{id} {}
        Guard(Guard&& other) noexcept : owner_{std::exchange(other.owner_, nullptr)}, id_{other.id_} {}
        Guard& operator=(Guard&&) = delete;
        ~Guard()
        {
            if (owner_ != nullptr) {
                owner_->forget(id_);
            }
        }

    private:
        Watchdog* owner_ = nullptr;
        std::uint64_t id_ = 0;
    };

    Watchdog() : thread_{[this](const std::stop_token& stop) { run(stop); }} {}

    /// Shuts the socket down (never closes it) when the guard still lives a little after `limit`.
    [[nodiscard]] Guard watch(int socket, std::chrono::milliseconds limit);

private:
    struct Watched {
        int socket;
        Time deadline;
    };
    struct State {
        std::map<std::uint64_t, Watched> calls;
        std::uint64_t last = 0;
    };

    void forget(std::uint64_t id)
    {
        state_.with([id](State& state) { state.calls.erase(id); });
    }
    void run(const std::stop_token& stop);

    Guarded<State> state_;
    std::condition_variable_any wake_;
    std::jthread thread_;
};

}  // namespace ss::storage

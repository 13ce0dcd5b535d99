// The pool of Redis connections and the thread that mends it.

#include "kv_pool.hpp"

#include <algorithm>
#include <utility>

namespace ss::storage {
namespace {
constexpr std::size_t kConnections = 4;
constexpr std::chrono::milliseconds kFirstBackOff{50};
constexpr std::chrono::milliseconds kLongestBackOff{1'000};
}  // namespace

RedisPool::RedisPool(RedisTarget target)
    : target_{std::move(target)}, thread_{[this](const std::stop_token& stop) { keep_open(stop); }}
{
    auto state = state_.lock();
    changed_.wait_for(state.guard(), target_.timeout, [&] { return state->live > 0 || state->down; });
}

Result<Reply> RedisPool::command(const RedisConnection::Words& words, bool again)
{
    const auto deadline = std::chrono::steady_clock::now() + target_.timeout;
    for (int attempt = 1;; ++attempt) {
        auto connection = TRY(lend(deadline));
        auto reply = connection->command(words, deadline);
        const bool hangs = !reply && reply.error().code == Errc::timeout;
        const bool broken = connection->is_broken();
        give_back(std::move(connection), hangs);
        if (reply || !broken || hangs || !again || attempt == 2) {
            return reply;
        }
    }
}

std::string RedisPool::trouble()
{
    return state_.with([](State& state) { return state.down ? state.trouble : std::string{}; });
}

Result<std::unique_ptr<RedisConnection>> RedisPool::lend(Deadline deadline)
{
    auto state = state_.lock();
    const bool settled =
        changed_.wait_until(state.guard(), deadline, [&] { return state->down || !state->idle.empty(); });
    if (!state->idle.empty()) {
        auto connection = std::move(state->idle.back());
        state->idle.pop_back();
        return connection;
    }
    if (settled) {
        return fail(Errc::unavailable, state->trouble);
    }
    return fail(Errc::busy, "every connection to Redis is in use");
}

void RedisPool::give_back(std::unique_ptr<RedisConnection> connection, bool hangs)
{
    auto state = state_.lock();
    if (!connection->is_broken()) {
        state->idle.push_back(std::move(connection));
    } else {
        // The idle ones went the same way; a command that finds none waits for the thread that mends.
        state->live -= 1 + state->idle.size();
        state->idle.clear();
        if (hangs) {
            // Whoever comes next would wait as long in vain, until a new connection proves the contrary.
            state->down = true;
            state->trouble = "Redis did not answer in time";
        }
    }
    changed_.notify_all();
}

void RedisPool::keep_open(const std::stop_token& stop)
{
    auto back_off = kFirstBackOff;
    auto state = state_.lock();
    while (changed_.wait(state.guard(), stop, [&] { return state->live < kConnections; }) && !stop.stop_requested()) {
        state.guard().unlock();
        auto connection = RedisConnection::open(target_);
        state.guard().lock();
        if (connection) {
            state->idle.push_back(std::move(*connection));
            ++state->live;
            state->down = false;
            back_off = kFirstBackOff;
            changed_.notify_all();
            continue;
        }
        state->down = state->down || state->live == 0;
        state->trouble = connection.error().message;
        changed_.notify_all();
        changed_.wait_for(state.guard(), stop, back_off, [] { return false; });
        back_off = std::min(back_off * 2, kLongestBackOff);
    }
}

}  // namespace ss::storage

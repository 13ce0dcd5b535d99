// Lending, replacing and refusing connections.

#include "link_pool.hpp"

#include <algorithm>
#include <utility>

namespace ss::storage {
namespace {
constexpr std::chrono::milliseconds kFirstBackOff{50};
constexpr std::chrono::milliseconds kLongestBackOff{2'000};
}  // namespace

Result<LinkPool::Lease> LinkPool::lease()
{
    const auto me = std::this_thread::get_id();
    {
        auto state = state_.lock();
        if (state->lent.contains(me)) {
            return fail(Errc::internal, "a database transaction was opened inside another one");
        }
        const auto free = [&] { return state->lent.size() < size_; };
        if (!freed_.wait_for(state.guard(), wait_, free)) {
            return fail(Errc::busy, "every database connection is in use");
        }
        if (state->idle.empty() && std::chrono::steady_clock::now() < state->refused_until) {
            return fail(state->refusal);
        }
        state->lent.insert(me);
        if (!state->idle.empty()) {
            auto link = std::move(state->idle.back());
            state->idle.pop_back();
            return Lease{*this, std::move(link)};
        }
    }
    return open_another();
}

/// Connecting may take seconds: the place is taken, the lock is not held.
Result<LinkPool::Lease> LinkPool::open_another()
{
    auto link = opener_();
    auto state = state_.lock();
    if (link) {
        state->back_off = std::chrono::milliseconds{0};
        return Lease{*this, std::move(*link)};
    }
    state->lent.erase(std::this_thread::get_id());
    state->back_off = std::clamp(state->back_off * 2, kFirstBackOff, kLongestBackOff);
    state->refused_until = std::chrono::steady_clock::now() + state->back_off;
    state->refusal = link.error();
    freed_.notify_one();
    return std::unexpected(std::move(link).error());
}

void LinkPool::give_back(std::unique_ptr<Link> link)
{
    if (link->trouble() == Trouble::lost) {
        link.reset();  // outside the lock: saying good-bye may take a while
    }
    auto state = state_.lock();
    state->lent.erase(std::this_thread::get_id());
    if (link != nullptr) {
        state->idle.push_back(std::move(link));
    }
    freed_.notify_one();
}

void LinkPool::drop_idle()
{
    auto dropped = state_.with([](State& state) { return std::exchange(state.idle, {}); });
}

bool LinkPool::lent_to_this_thread()
{
    return state_.with([](State& state) { return state.lent.contains(std::this_thread::get_id()); });
}

}  // namespace ss::storage

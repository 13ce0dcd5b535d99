// One thread that sleeps until the nearest deadline.

#include "deadline.hpp"

namespace ss::net {

Deadlines::Watch::Watch(Deadlines& owner, Time at, std::function<void()> cancel)
    : owner_{owner}, entry_{std::make_shared<Entry>()}
{
    entry_->cancel = std::move(cancel);
    auto waiting = owner_.waiting_.lock();
    place_ = waiting->entries.emplace(at, entry_);
    if (place_ == waiting->entries.begin()) {
        owner_.changed_.notify_one();
    }
}

Deadlines::Watch::~Watch()
{
    {
        // Waits for a cancel that runs just now, so that its target may go after us.
        const std::lock_guard hold{entry_->mutex};
        entry_->cancel = nullptr;
    }
    auto waiting = owner_.waiting_.lock();
    if (entry_->is_listed) {
        waiting->entries.erase(place_);
    }
}

bool Deadlines::Watch::expired() const
{
    const std::lock_guard hold{entry_->mutex};
    return entry_->expired;
}

void Deadlines::Watch::Entry::end()
{
    const std::lock_guard hold{mutex};
    if (cancel) {
        expired = true;
        cancel();
        cancel = nullptr;
    }
}

Deadlines::Deadlines() : thread_{[this](const std::stop_token& stop) { run(stop); }} {}

void Deadlines::run(const std::stop_token& stop)
{
    auto waiting = waiting_.lock();
    auto& lock = waiting.guard();
    while (!stop.stop_requested()) {
        auto& entries = waiting->entries;
        if (entries.empty()) {
            changed_.wait(lock, stop, [&] { return !entries.empty(); });
            continue;
        }
        const auto at = entries.begin()->first;
        if (std::chrono::steady_clock::now() < at) {
            changed_.wait_until(lock, stop, at, [&] { return !entries.empty() && entries.begin()->first < at; });
            continue;
        }
        const auto entry = entries.begin()->second;
        entries.erase(entries.begin());
        entry->is_listed = false;
        lock.unlock();
        entry->end();
        lock.lock();
    }
}

}  // namespace ss::net

// Delivery without holding the lock; the end of a subscription waits for its running call.

#include "subscribers.hpp"

#include <algorithm>
#include <utility>

namespace ss::storage {

class Subscribers::Handle final : public KeyValue::Subscription {
public:
    Handle(std::shared_ptr<Subscribers> owner, std::shared_ptr<Entry> entry)
        : owner_{std::move(owner)}, entry_{std::move(entry)}
    {
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() override { owner_->end(entry_); }

private:
    std::shared_ptr<Subscribers> owner_;
    std::shared_ptr<Entry> entry_;
};

std::unique_ptr<KeyValue::Subscription> Subscribers::add(std::string_view channel, Receive receive)
{
    auto entry = std::make_shared<Entry>();
    entry->channel = channel;
    entry->receive = std::move(receive);
    const std::lock_guard hold{mutex_};
    entries_.push_back(entry);
    return std::make_unique<Handle>(shared_from_this(), std::move(entry));
}

void Subscribers::deliver(std::string_view channel, std::string_view message)
{
    std::unique_lock hold{mutex_};
    const auto entries = entries_;
    for (const auto& entry : entries) {
        if (entry->ended || entry->channel != channel) {
            continue;
        }
        ++entry->running;
        entry->runner = std::this_thread::get_id();
        hold.unlock();
        try {
            entry->receive(message);
        } catch (...) {
            static_cast<void>(0);  // one subscriber's failure is not the next one's
        }
        hold.lock();
        --entry->running;
        idle_.notify_all();
    }
}

void Subscribers::end(const std::shared_ptr<Entry>& entry)
{
    std::unique_lock hold{mutex_};
    entry->ended = true;
    std::erase(entries_, entry);
    // A call that ends its own subscription would wait for itself.
    if (entry->running > 0 && entry->runner == std::this_thread::get_id()) {
        return;
    }
    idle_.wait(hold, [&] { return entry->running == 0; });
}

std::vector<std::string> Subscribers::channels()
{
    const std::lock_guard hold{mutex_};
    std::vector<std::string> names;
    for (const auto& entry : entries_) {
        names.push_back(entry->channel);
    }
    std::ranges::sort(names);
    const auto [first, last] = std::ranges::unique(names);
    names.erase(first, last);
    return names;
}

}  // namespace ss::storage

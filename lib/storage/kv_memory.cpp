// The key-value store inside the process: values, sliding-window limits, messages between threads.

#include "key_value.hpp"
#include "subscribers.hpp"

#include <ss/guarded.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

namespace ss::storage {
namespace {

using Time = std::chrono::steady_clock::time_point;

/// Sweeps the whole of a map after as many changes as it has entries: amortised constant work, bounded garbage.
constexpr std::size_t kSmallestSweep = 1'024;

struct Entry {
    std::string value;
    Time expires;
};

struct Window {
    std::deque<Time> taken;
    Time expires;
};

template <class Map>
void sweep(Map& map, std::size_t& next_sweep, Time now)
{
    if (map.size() < next_sweep) {
        return;
    }
    std::erase_if(map, [now](const auto& item) { return item.second.expires <= now; });
    next_sweep = std::max(kSmallestSweep, map.size() * 2);
}

struct State {
    std::map<std::string, Entry, std::less<>> values;
    std::map<std::string, Window, std::less<>> windows;
    std::size_t sweep_values = kSmallestSweep;
    std::size_t sweep_windows = kSmallestSweep;

    Entry* find(std::string_view key, Time now)
    {
        const auto found = values.find(key);
        if (found == values.end()) {
            return nullptr;
        }
        if (found->second.expires <= now) {
            values.erase(found);
            return nullptr;
        }
        return &found->second;
    }
};

class MemoryStore final : public KeyValue {
public:
    explicit MemoryStore(const Clock& clock)
        : clock_{clock}, thread_{[this](const std::stop_token& stop) { deliver(stop); }}
    {
    }

    [[nodiscard]] std::optional<std::string> get(std::string_view key) override
    {
        return state_.with([&](State& state) -> std::optional<std::string> {
            const auto* entry = state.find(key, clock_.steady());
            return entry == nullptr ? std::nullopt : std::optional{entry->value};
        });
    }

    void set(std::string_view key, std::string_view value, std::chrono::seconds lifetime) override
    {
        state_.with([&](State& state) { put(state, key, value, lifetime); });
    }

    [[nodiscard]] bool set_if_absent(std::string_view key, std::string_view value,
                                     std::chrono::seconds lifetime) override
    {
        return state_.with([&](State& state) {
            if (state.find(key, clock_.steady()) != nullptr) {
                return false;
            }
            put(state, key, value, lifetime);
            return true;
        });
    }

    void erase(std::string_view key) override
    {
        state_.with([&](State& state) {
            if (const auto found = state.values.find(key); found != state.values.end()) {
                state.values.erase(found);
            }
        });
    }

    [[nodiscard]] std::optional<std::string> take_value(std::string_view key) override
    {
        return state_.with([&](State& state) -> std::optional<std::string> {
            auto* entry = state.find(key, clock_.steady());
            if (entry == nullptr) {
                return std::nullopt;
            }
            auto value = std::move(entry->value);
            state.values.erase(state.values.find(key));
            return value;
        });
    }

    [[nodiscard]] Allowance take(std::string_view key, std::int64_t limit, std::chrono::seconds window) override
    {
        return state_.with([&](State& state) {
            const auto now = clock_.steady();
            sweep(state.windows, state.sweep_windows, now);
            auto& place = state.windows.try_emplace(std::string{key}).first->second;
            while (!place.taken.empty() && place.taken.front() + window <= now) {
                place.taken.pop_front();
            }
            const auto used = static_cast<std::int64_t>(place.taken.size());
            Allowance answer{.allowed = used < limit, .limit = limit, .remaining = 0, .reset = {}};
            if (answer.allowed) {
                place.taken.push_back(now);
                place.expires = now + window;
                answer.remaining = limit - used - 1;
            }
            const auto oldest = place.taken.empty() ? now : place.taken.front();
            answer.reset = std::chrono::ceil<std::chrono::seconds>(oldest + window - now);
            return answer;
        });
    }

    void publish(std::string_view channel, std::string_view message) override
    {
        messages_.with([&](Messages& messages) { messages.emplace_back(channel, message); });
        wake_.notify_one();
    }

    [[nodiscard]] std::unique_ptr<Subscription> subscribe(std::string_view channel,
                                                          std::function<void(std::string_view)> receive) override
    {
        return subscribers_->add(channel, std::move(receive));
    }

    [[nodiscard]] KeyValueHealth health() override { return {}; }

private:
    using Messages = std::deque<std::pair<std::string, std::string>>;

    void put(State& state, std::string_view key, std::string_view value, std::chrono::seconds lifetime)
    {
        const auto now = clock_.steady();
        sweep(state.values, state.sweep_values, now);
        state.values.insert_or_assign(std::string{key}, Entry{std::string{value}, now + lifetime});
    }

    void deliver(const std::stop_token& stop)
    {
        auto messages = messages_.lock();
        while (wake_.wait(messages.guard(), stop, [&] { return !messages->empty(); })) {
            const auto message = std::move(messages->front());
            messages->pop_front();
            messages.guard().unlock();
            subscribers_->deliver(message.first, message.second);
            messages.guard().lock();
        }
    }

    const Clock& clock_;
    Guarded<State> state_;
    std::shared_ptr<Subscribers> subscribers_ = std::make_shared<Subscribers>();
    Guarded<Messages> messages_;
    std::condition_variable_any wake_;
    std::jthread thread_;
};

}  // namespace

std::unique_ptr<KeyValue> make_memory_store(const Clock& clock)
{
    return std::make_unique<MemoryStore>(clock);
}

}  // namespace ss::storage

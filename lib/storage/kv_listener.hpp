#pragma once
// The one connection that listens to Redis' channels, on a thread of its own.

#include "kv_connection.hpp"

#include <ss/guarded.hpp>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

namespace ss::storage {

/// Safe to share between threads. Subscribes again after every reconnection.
class RedisListener {
public:
    using Receive = std::function<void(std::string_view channel, std::string_view message)>;

    RedisListener(RedisTarget target, Receive receive);
    ~RedisListener();
    RedisListener(const RedisListener&) = delete;
    RedisListener& operator=(const RedisListener&) = delete;

    /// Counted by channel. Returns when Redis has confirmed, or after the time-out.
    void add(const std::string& channel);
    void remove(const std::string& channel);

private:
    struct State {
        std::map<std::string, int, std::less<>> wanted;
        std::set<std::string, std::less<>> confirmed;
        RedisConnection* connection = nullptr;  // only to wake it
        bool away = false;
    };

    void run(const std::stop_token& stop);
    [[nodiscard]] Result<void> listen(RedisConnection& connection, const std::stop_token& stop);
    [[nodiscard]] Result<void> follow_wishes(RedisConnection& connection, std::set<std::string>& asked);
    void handle(const Reply& reply);

    RedisTarget target_;
    Receive receive_;
    Guarded<State> state_;
    std::condition_variable_any changed_;
    std::jthread thread_;
};

}  // namespace ss::storage

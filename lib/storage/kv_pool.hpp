#pragma once
// Connections to Redis that a thread of their own keeps open, so that no request ever waits for connecting.

#include "kv_connection.hpp"

#include <ss/guarded.hpp>

#include <condition_variable>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace ss::storage {

/// Safe to share between threads.
class RedisPool {
public:
    /// Waits for the first attempt, at most as long as the time-out.
    explicit RedisPool(RedisTarget target);

    /// One answer within the target's time-out. While Redis is known to be away it fails at once. `again`: the command
    /// does no harm when it is run twice, so a connection that broke is tried once more on another.
    [[nodiscard]] Result<Reply> command(const RedisConnection::Words& words, bool again);
    /// Why Redis is away; empty when it is not.
    [[nodiscard]] std::string trouble();
    [[nodiscard]] const RedisTarget& target() const { return target_; }

private:
    struct State {
        std::vector<std::unique_ptr<RedisConnection>> idle;
        std::size_t live = 0;  // idle and lent
        bool down = false;     // the last attempt failed
        std::string trouble;
    };

    [[nodiscard]] Result<std::unique_ptr<RedisConnection>> lend(Deadline deadline);
    void give_back(std::unique_ptr<RedisConnection> connection, bool hangs);
    void keep_open(const std::stop_token& stop);

    RedisTarget target_;
    Guarded<State> state_;
    std::condition_variable_any changed_;
    std::jthread thread_;
};

}  // namespace ss::storage

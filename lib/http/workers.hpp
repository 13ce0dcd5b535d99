#pragma once
/// The bounded pool that runs handlers: network threads never block, and what does not fit is refused at once.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ss::http {

class Workers {
public:
    using Task = std::move_only_function<void()>;

    explicit Workers(std::size_t queue) : queue_{queue} {}
    ~Workers() { stop(); }
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    void start(int threads);
    /// False when the queue is full; then `task` is untouched.
    [[nodiscard]] bool try_post(Task& task);
    /// The rest of something that was admitted already. False after stop().
    bool post(Task task);
    /// Runs what waits, then joins.
    void stop();

    [[nodiscard]] std::size_t queued() const;
    [[nodiscard]] std::size_t running() const;

private:
    void run();

    const std::size_t queue_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Task> tasks_;
    std::size_t running_ = 0;
    bool stopping_ = false;
    std::vector<std::jthread> threads_;
};

}  // namespace ss::http

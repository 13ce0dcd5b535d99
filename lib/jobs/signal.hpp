#pragma once
/// Wakes workers of this process when a job has been committed.

#include <ss/jobs.hpp>

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace ss::jobs {

/// Read `generation()` before looking for work and pass it to wait(): a wake-up in between is not lost.
struct Queue::Signal {
public:
    [[nodiscard]] std::uint64_t generation()
    {
        const std::lock_guard hold{mutex_};
        return generation_;
    }

    void wake_one()
    {
        advance();
        changed_.notify_one();
    }

    void wake_all()
    {
        advance();
        changed_.notify_all();
    }

    void wait(std::uint64_t seen, std::chrono::milliseconds patience)
    {
        std::unique_lock hold{mutex_};
        changed_.wait_for(hold, patience, [&] { return generation_ != seen; });
    }

private:
    void advance()
    {
        const std::lock_guard hold{mutex_};
        ++generation_;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t generation_ = 0;
};

}  // namespace ss::jobs

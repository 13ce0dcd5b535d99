// A queue with a limit, and the threads behind it.
#include "workers.hpp"

#include <utility>

namespace ss::http {

void Workers::start(int threads)
{
    for (int i = 0; i < threads; ++i) {
        threads_.emplace_back([this] { run(); });
    }
}

bool Workers::try_post(Task& task)
{
    {
        const std::lock_guard hold{mutex_};
        if (stopping_ || tasks_.size() >= queue_) {
            return false;
        }
        tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
    return true;
}

bool Workers::post(Task task)
{
    {
        const std::lock_guard hold{mutex_};
        if (stopping_) {
            return false;
        }
        tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
    return true;
}

void Workers::stop()
{
    {
        const std::lock_guard hold{mutex_};
        stopping_ = true;
    }
    changed_.notify_all();
    threads_.clear();
}

std::size_t Workers::queued() const
{
    const std::lock_guard hold{mutex_};
    return tasks_.size();
}

std::size_t Workers::running() const
{
    const std::lock_guard hold{mutex_};
    return running_;
}

void Workers::run()
{
    std::unique_lock lock{mutex_};
    for (;;) {
        changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
        if (tasks_.empty()) {
            return;
        }
        auto task = std::move(tasks_.front());
        tasks_.pop_front();
        ++running_;
        lock.unlock();
        task();
        task = nullptr;
        lock.lock();
        --running_;
    }
}

}  // namespace ss::http

// The threads that hash passwords, and the short queue before them.
#include <ss/guarded.hpp>
#include <ss/password.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <thread>
#include <vector>

namespace ss::crypto {
namespace {

constexpr unsigned kMostThreads = 8;
constexpr std::size_t kWaitingPerThread = 4;

enum class Step : std::uint8_t { waiting, done, dropped };

/// Lives on the caller's stack while it waits.
struct Task {
    const std::function<void()>* work = nullptr;
    Step step = Step::waiting;
    std::condition_variable changed;
};

struct Queue {
    std::deque<Task*> waiting;
    std::size_t running = 0;
    std::uint64_t done = 0;
    std::uint64_t shed = 0;
    bool stopped = false;
};

}  // namespace

struct PasswordPool::State {
    std::size_t limit = 0;
    std::size_t thread_count = 0;
    Guarded<Queue> queue;
    std::condition_variable work_came;
    std::vector<std::jthread> threads;

    void serve()
    {
        auto locked = queue.lock();
        for (;;) {
            work_came.wait(locked.guard(), [&] { return locked->stopped || !locked->waiting.empty(); });
            if (locked->stopped) {
                return;
            }
            Task* task = locked->waiting.front();
            locked->waiting.pop_front();
            ++locked->running;
            locked.guard().unlock();
            (*task->work)();
            locked.guard().lock();
            --locked->running;
            ++locked->done;
            task->step = Step::done;
            task->changed.notify_one();  // under the lock: the task is gone once its caller sees the step
        }
    }
};

PasswordPool::PasswordPool(const PasswordPoolOptions& options) : state_{std::make_unique<State>()}
{
    const unsigned cores = std::clamp(std::thread::hardware_concurrency(), 1U, kMostThreads);
    state_->thread_count = options.threads == 0 ? cores : options.threads;
    state_->limit = options.queue == 0 ? state_->thread_count * kWaitingPerThread : options.queue;
    for (std::size_t i = 0; i < state_->thread_count; ++i) {
        state_->threads.emplace_back([state = state_.get()] { state->serve(); });
    }
}

PasswordPool::~PasswordPool()
{
    stop();
}

Result<void> PasswordPool::run(const std::function<void()>& work)
{
    Task task;
    task.work = &work;
    auto locked = state_->queue.lock();
    if (locked->stopped) {
        return fail(Errc::cancelled, "the server is shutting down");
    }
    if (locked->waiting.size() >= state_->limit) {
        ++locked->shed;
        return fail(
            Error{Errc::busy, "too many log-ins at this moment", "try again in a second", {}, std::chrono::seconds{1}});
    }
    locked->waiting.push_back(&task);
    state_->work_came.notify_one();
    task.changed.wait(locked.guard(), [&] { return task.step != Step::waiting; });
    if (task.step == Step::dropped) {
        return fail(Errc::cancelled, "the server is shutting down");
    }
    return {};
}

Result<std::string> PasswordPool::hash(std::string_view password, const PasswordPolicy& policy)
{
    Result<std::string> made;
    TRY(run([&] { made = hash_password(password, policy); }));
    return made;
}

Result<bool> PasswordPool::verify(std::string_view password, std::string_view hash)
{
    Result<bool> fits;
    TRY(run([&] { fits = verify_password(password, hash); }));
    return fits;
}

void PasswordPool::stop()
{
    state_->queue.with([&](Queue& queue) {
        queue.stopped = true;
        for (Task* task : queue.waiting) {
            task->step = Step::dropped;
            task->changed.notify_one();
        }
        queue.waiting.clear();
    });
    state_->work_came.notify_all();
    state_->threads.clear();  // joins
}

PasswordPool::Load PasswordPool::load() const
{
    return state_->queue.with([&](const Queue& queue) {
        return Load{state_->thread_count, queue.running, queue.waiting.size(), queue.done, queue.shed};
    });
}

}  // namespace ss::crypto

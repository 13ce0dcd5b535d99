#pragma once
/// Ends calls whose time is over, whatever they are waiting for: cpp-httplib's time-outs are per read, so that a peer
/// that sends a byte now and then would hold a thread for ever.

#include <ss/guarded.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace ss::net {

/// Safe to share between threads; has one thread of its own.
class Deadlines {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// While it lives `cancel` may be called (once, from another thread); never after it is gone.
    class Watch {
    public:
        Watch(Deadlines& owner, Time at, std::function<void()> cancel);
        ~Watch();
        Watch(const Watch&) = delete;
        Watch& operator=(const Watch&) = delete;
        [[nodiscard]] bool expired() const;

    private:
        friend class Deadlines;
        struct Entry {
            std::mutex mutex;
            std::function<void()> cancel;  // empty: done or gone
            bool expired = false;
            bool is_listed = true;  // belongs to the list's lock, not to `mutex`
            void end();
        };
        Deadlines& owner_;
        std::shared_ptr<Entry> entry_;  // shared with the thread that may be cancelling it just now
        std::multimap<Time, std::shared_ptr<Entry>>::iterator place_;
    };

    Deadlines();

private:
    struct Waiting {
        std::multimap<Time, std::shared_ptr<Watch::Entry>> entries;
    };
    void run(const std::stop_token& stop);

    Guarded<Waiting> waiting_;
    std::condition_variable_any changed_;
    std::jthread thread_;  // last: joined before the rest goes
};

}  // namespace ss::net

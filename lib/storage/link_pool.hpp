#pragma once
// A bounded set of connections lent to one thread at a time; a broken one is thrown away and made anew.

#include "engine.hpp"

#include <ss/guarded.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace ss::storage {

/// Safe to share between threads.
class LinkPool {
public:
    using Opener = std::function<Result<std::unique_ptr<Link>>()>;

    /// Gives the connection back.
    class Lease {
    public:
        Lease(LinkPool& pool, std::unique_ptr<Link> link) : pool_{&pool}, link_{std::move(link)} {}
        Lease(Lease&& other) noexcept : pool_{std::exchange(other.pool_, nullptr)}, link_{std::move(other.link_)} {}
        Lease& operator=(Lease&&) = delete;
        ~Lease()
        {
            if (pool_ != nullptr) {
                pool_->give_back(std::move(link_));
            }
        }
        Link& operator*() const { return *link_; }
        Link* operator->() const { return link_.get(); }

    private:
        LinkPool* pool_;
        std::unique_ptr<Link> link_;
    };

    LinkPool(std::size_t size, std::chrono::milliseconds wait, Opener opener)
        : size_{size}, wait_{wait}, opener_{std::move(opener)}
    {
    }

    /// Errors: busy (all lent for longer than the wait), unavailable (and then at once for a moment, so that a
    /// server which is away does not hold every thread), internal (this thread has one already).
    [[nodiscard]] Result<Lease> lease();
    /// After the server went away: the connections which are not lent are broken too.
    void drop_idle();
    /// Whether this thread is inside a transaction.
    [[nodiscard]] bool lent_to_this_thread();

private:
    struct State {
        std::vector<std::unique_ptr<Link>> idle;  // last given back is first lent: its caches are warm
        std::set<std::thread::id> lent;
        std::chrono::steady_clock::time_point refused_until;
        std::chrono::milliseconds back_off{0};
        Error refusal;
    };

    void give_back(std::unique_ptr<Link> link);
    [[nodiscard]] Result<Lease> open_another();

    const std::size_t size_;
    const std::chrono::milliseconds wait_;
    const Opener opener_;
    Guarded<State> state_;
    std::condition_variable freed_;
};

}  // namespace ss::storage

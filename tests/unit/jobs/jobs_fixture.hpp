#pragma once
/// A queue on either engine, and clocks that can be moved.

#include <ss/jobs.hpp>
#include <ss/storage.hpp>
#include <ss/testing/migrated.hpp>

#include "job_store.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>

namespace ss::jobs::test {

/// The wall clock may jump while the steady one goes on.
class TwoClocks final : public Clock {
public:
    [[nodiscard]] Timestamp now() const override { return from_micros(wall_); }
    [[nodiscard]] std::chrono::steady_clock::time_point steady() const override
    {
        return std::chrono::steady_clock::time_point{std::chrono::microseconds{steady_.load()}};
    }
    void advance(std::chrono::microseconds by)
    {
        wall_ += by.count();
        steady_ += by.count();
    }
    void jump(std::chrono::microseconds by) { wall_ += by.count(); }

private:
    std::atomic<std::int64_t> wall_{1'767'225'600'000'000};
    std::atomic<std::int64_t> steady_{1'000'000'000};
};

/// Counts things and lets a test wait for them.
class Tally {
public:
    void add(const std::string& what)
    {
        const std::lock_guard hold{mutex_};
        ++counts_[what];
        ++total_;
        changed_.notify_all();
    }
    [[nodiscard]] bool wait_for(int total)
    {
        std::unique_lock hold{mutex_};
        return changed_.wait_for(hold, std::chrono::seconds{60}, [&] { return total_ >= total; });
    }
    [[nodiscard]] std::map<std::string, int> counts()
    {
        const std::lock_guard hold{mutex_};
        return counts_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, int> counts_;
    int total_ = 0;
};

class JobsTest : public ::testing::TestWithParam<storage::Engine> {
protected:
    [[nodiscard]] Workers::Options options(int threads = 1, std::string owner = {}) const
    {
        return {.threads = threads,
                .lease = std::chrono::seconds{45},
                .poll = std::chrono::milliseconds{5},
                .owner = std::move(owner),
                .random = [] { return 0.5; }};
    }
    JobId add(NewJob job)
    {
        auto id = queue_.enqueue(job);
        EXPECT_TRUE(id) << (id ? "" : to_string(id.error()));
        return id.value_or(JobId{});
    }
    [[nodiscard]] Claim claim_as(std::string owner)
    {
        return {.owner = std::move(owner),
                .lease_until = clock_.now() + std::chrono::seconds{45},
                .last_served = [](WorkspaceId) { return std::uint64_t{0}; }};
    }
    /// Claims as a worker that dies right after.
    Job abandoned(std::string owner = "elsewhere:1:1")
    {
        auto job = store_.claim(claim_as(std::move(owner)));
        EXPECT_TRUE(job && *job) << "nothing to claim";
        return job && *job ? **job : Job{};
    }
    [[nodiscard]] State state_of(JobId id) { return queue_.get(id).value().state; }

    ss::testing::MigratedDatabase database_{GetParam()};
    TwoClocks clock_;
    Queue queue_{*database_, clock_};
    JobStore store_{*database_};
};

}  // namespace ss::jobs::test

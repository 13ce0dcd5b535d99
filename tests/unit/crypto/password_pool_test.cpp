// The pool: bounded threads, a bounded queue, an end to it.
#include <ss/password.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace ss::crypto {
namespace {

constexpr PasswordPolicy kQuick{.memory_kib = 64, .passes = 1};
constexpr PasswordPolicy kSlow{.memory_kib = 19'456, .passes = 2};

TEST(PasswordPool, hashes_and_verifies)
{
    PasswordPool pool{{.threads = 2, .queue = 4}};
    const auto hash = pool.hash("secret", kQuick).value();
    EXPECT_TRUE(pool.verify("secret", hash).value());
    EXPECT_FALSE(pool.verify("other", hash).value());
    EXPECT_EQ(pool.verify("x", "junk").error().code, Errc::corrupt);
    EXPECT_EQ(pool.load().done, 4U);
}

TEST(PasswordPool, sheds_at_once_when_its_queue_is_full)
{
    PasswordPool pool{{.threads = 1, .queue = 2}};
    std::atomic<int> done{0};
    std::atomic<int> busy{0};
    std::vector<std::jthread> callers;
    for (int i = 0; i < 30; ++i) {
        callers.emplace_back([&] {
            const auto hash = pool.hash("secret", kSlow);
            if (hash) {
                ++done;
            } else if (hash.error().code == Errc::busy && hash.error().retry_after.count() > 0) {
                ++busy;
            }
            EXPECT_LE(pool.load().waiting, 2U);
            EXPECT_LE(pool.load().running, 1U);
        });
    }
    callers.clear();
    EXPECT_EQ(done + busy, 30);
    EXPECT_GE(done, 3);
    EXPECT_GT(busy, 0);
    EXPECT_EQ(pool.load().shed, static_cast<std::uint64_t>(busy));
}

TEST(PasswordPool, cancels_what_waits_when_it_stops)
{
    PasswordPool pool{{.threads = 1, .queue = 50}};
    std::atomic<int> done{0};
    std::atomic<int> cancelled{0};
    std::vector<std::jthread> callers;
    for (int i = 0; i < 20; ++i) {
        callers.emplace_back([&] {
            const auto hash = pool.hash("secret", kSlow);
            hash ? ++done : ++cancelled;
            if (!hash) {
                EXPECT_EQ(hash.error().code, Errc::cancelled);
            }
        });
    }
    while (pool.load().waiting < 10 && done + cancelled < 20) {
        std::this_thread::yield();
    }
    pool.stop();
    callers.clear();
    EXPECT_EQ(done + cancelled, 20);
    EXPECT_GT(cancelled, 0);
    EXPECT_EQ(pool.hash("late", kQuick).error().code, Errc::cancelled);
}

}  // namespace
}  // namespace ss::crypto

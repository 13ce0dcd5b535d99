// The key-value store, in process and on Redis.

#include <ss/storage.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

namespace ss::storage {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<KeyValue> memory(const Clock& clock)
{
    return KeyValue::open({.url = Secret{"memory:"}, .ca_file = {}}, clock).value();
}

TEST(MemoryStore, gives_back_what_was_set_until_it_expires)
{
    ManualClock clock;
    const auto store = memory(clock);
    const std::string bytes{"a\0b\xff", 4};
    store->set("session", bytes, 10s);
    EXPECT_EQ(store->get("session"), bytes);
    clock.advance(9'999'999us);
    EXPECT_EQ(store->get("session"), bytes);
    clock.advance(1us);
    EXPECT_EQ(store->get("session"), std::nullopt);
}

TEST(MemoryStore, sets_an_absent_key_once_until_it_expires)
{
    ManualClock clock;
    const auto store = memory(clock);
    EXPECT_TRUE(store->set_if_absent("lock", "a", 5s));
    EXPECT_FALSE(store->set_if_absent("lock", "b", 5s));
    EXPECT_EQ(store->get("lock"), "a");
    clock.advance(5s);
    EXPECT_TRUE(store->set_if_absent("lock", "b", 5s));
}

TEST(MemoryStore, gives_a_ticket_to_one_taker_only)
{
    ManualClock clock;
    const auto store = memory(clock);
    store->set("ticket", "user 7", 30s);
    EXPECT_EQ(store->take_value("ticket"), "user 7");
    EXPECT_EQ(store->take_value("ticket"), std::nullopt);
    store->set("other", "x", 30s);
    store->erase("other");
    EXPECT_EQ(store->get("other"), std::nullopt);
}

TEST(MemoryStore, forgets_what_expired_when_many_keys_come)
{
    ManualClock clock;
    const auto store = memory(clock);
    for (int round = 0; round < 20; ++round) {
        for (int at = 0; at < 1'000; ++at) {
            store->set("k" + std::to_string(round * 1'000 + at), "v", 1s);
        }
        clock.advance(2s);
    }
    EXPECT_EQ(store->get("k1"), std::nullopt);
}

TEST(MemoryStore, slides_the_window_of_a_limit)
{
    ManualClock clock;
    const auto store = memory(clock);
    for (int at = 0; at < 3; ++at) {
        const auto answer = store->take("login:1.2.3.4", 3, 60s);
        EXPECT_TRUE(answer.allowed);
        EXPECT_EQ(answer.limit, 3);
        EXPECT_EQ(answer.remaining, 2 - at);
        clock.advance(10s);
    }
    const auto refused = store->take("login:1.2.3.4", 3, 60s);
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.remaining, 0);
    EXPECT_EQ(refused.reset, 30s);
    EXPECT_TRUE(store->take("login:5.6.7.8", 3, 60s).allowed);
    clock.advance(30s);
    EXPECT_TRUE(store->take("login:1.2.3.4", 3, 60s).allowed);   // the first has left the window
    EXPECT_FALSE(store->take("login:1.2.3.4", 3, 60s).allowed);  // the second has not: no burst at a boundary
}

TEST(MemoryStore, lets_exactly_five_of_a_hundred_parallel_takes_pass)
{
    ManualClock clock;
    const auto store = memory(clock);
    std::atomic<int> passed = 0;
    std::latch start{1};
    std::vector<std::jthread> threads;
    for (int at = 0; at < 100; ++at) {
        threads.emplace_back([&] {
            start.wait();
            passed += store->take("login", 5, 60s).allowed ? 1 : 0;
        });
    }
    start.count_down();
    threads.clear();
    EXPECT_EQ(passed, 5);
}

TEST(MemoryStore, delivers_messages_in_order_until_the_subscription_ends)
{
    ManualClock clock;
    const auto store = memory(clock);
    std::vector<std::string> seen;
    std::promise<void> third;
    auto subscription = store->subscribe("events", [&](std::string_view message) {
        seen.emplace_back(message);
        if (seen.size() == 3) {
            third.set_value();
        }
    });
    std::promise<void> last;
    auto other = store->subscribe("last", [&](std::string_view) { last.set_value(); });
    store->publish("events", "1");
    store->publish("elsewhere", "x");
    store->publish("events", "2");
    store->publish("events", "3");
    third.get_future().wait();
    subscription.reset();
    store->publish("events", "4");
    store->publish("last", "");
    last.get_future().wait();
    EXPECT_EQ(seen, (std::vector<std::string>{"1", "2", "3"}));
}

TEST(MemoryStore, waits_for_a_running_call_when_a_subscription_ends)
{
    ManualClock clock;
    const auto store = memory(clock);
    std::promise<void> entered;
    std::promise<void> leave;
    std::atomic<bool> left = false;
    auto subscription = store->subscribe("events", [&](std::string_view) {
        entered.set_value();
        leave.get_future().wait();
        left = true;
    });
    store->publish("events", "1");
    entered.get_future().wait();
    std::jthread opener{[&] { leave.set_value(); }};
    subscription.reset();
    EXPECT_TRUE(left);
}

TEST(KeyValue, refuses_an_unknown_url)
{
    ManualClock clock;
    const auto store = KeyValue::open({.url = Secret{"memcached://x"}, .ca_file = {}}, clock);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, Errc::configuration);
}

}  // namespace
}  // namespace ss::storage

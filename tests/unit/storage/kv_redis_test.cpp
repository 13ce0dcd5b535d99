// The key-value store on a real Redis: with TLS and users, killed, frozen, and back again.

#include <ss/storage.hpp>
#include <ss/testing/redis.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace ss::storage {
namespace {

using namespace std::chrono_literals;
using ss::testing::RedisServer;

constexpr std::chrono::seconds kPatience{10};

/// Asks again until it is so; the server decides when.
template <class Condition>
bool becomes(Condition condition)
{
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

class RedisStoreTest : public ::testing::Test {
protected:
    std::unique_ptr<KeyValue> open(const RedisServer& server, std::chrono::milliseconds timeout = 1'000ms)
    {
        return KeyValue::open({.url = server.url(), .ca_file = server.ca_file(), .timeout = timeout}, clock_).value();
    }
    SystemClock clock_;
};

void expect_the_basics(KeyValue& store)
{
    ASSERT_FALSE(store.health().degraded) << store.health().detail;
    const std::string bytes{"a\0b\r\n\xff", 6};
    store.set("session", bytes, 10s);
    EXPECT_EQ(store.get("session"), bytes);
    EXPECT_EQ(store.get("missing"), std::nullopt);
    EXPECT_TRUE(store.set_if_absent("lock", "a", 10s));
    EXPECT_FALSE(store.set_if_absent("lock", "b", 10s));
    store.erase("lock");
    EXPECT_TRUE(store.set_if_absent("lock", "b", 10s));
    EXPECT_EQ(store.take_value("session"), bytes);
    EXPECT_EQ(store.take_value("session"), std::nullopt);
    EXPECT_TRUE(store.take("limit", 1, 60s).allowed);
    EXPECT_FALSE(store.take("limit", 1, 60s).allowed);
    const std::string large(3'000'000, 'x');
    store.set("large", large, 10s);
    EXPECT_EQ(store.get("large"), large);
}

TEST_F(RedisStoreTest, does_what_the_store_in_process_does)
{
    const RedisServer server;
    const auto store = open(server);
    expect_the_basics(*store);
    EXPECT_EQ(server.command({"EXISTS", "ss:large"}), "1\n");
    EXPECT_NE(server.command({"TTL", "ss:large"}), "-1\n");
}

TEST_F(RedisStoreTest, speaks_tls_as_an_acl_user)
{
    const RedisServer server{{.tls = true, .password = "p@ss/word", .user = "shop"}};
    const auto store = open(server);
    expect_the_basics(*store);
}

TEST_F(RedisStoreTest, works_degraded_when_the_password_or_the_certificate_is_refused)
{
    const RedisServer server{{.tls = true, .password = "right"}};
    const auto with = [&](const std::string& url, const std::filesystem::path& ca) {
        return KeyValue::open({.url = Secret{url}, .ca_file = ca}, clock_).value()->health();
    };
    const auto port = std::to_string(server.port());
    const auto password = with("rediss://:wrong@127.0.0.1:" + port, server.ca_file());
    EXPECT_TRUE(password.degraded);
    EXPECT_NE(password.detail.find("password"), std::string::npos) << password.detail;
    EXPECT_EQ(password.detail.find("wrong"), std::string::npos);
    const auto unknown_ca = with("rediss://:right@127.0.0.1:" + port, {});
    EXPECT_NE(unknown_ca.detail.find("certificate"), std::string::npos) << unknown_ca.detail;
    const auto other_name = with("rediss://:right@127.0.0.2:" + port, server.ca_file());
    EXPECT_TRUE(other_name.degraded);
    const auto plain = with("redis://:right@127.0.0.1:" + port, {});
    EXPECT_TRUE(plain.degraded);
}

TEST_F(RedisStoreTest, refuses_a_certificate_for_another_name)
{
    const RedisServer server{{.tls = true}};
    const auto other = KeyValue::open({.url = server.url("127.1"), .ca_file = server.ca_file()}, clock_).value();
    EXPECT_NE(other->health().detail.find("mismatch"), std::string::npos) << other->health().detail;
    const auto named = KeyValue::open({.url = server.url("localhost"), .ca_file = server.ca_file()}, clock_).value();
    EXPECT_FALSE(named->health().degraded) << named->health().detail;
}

TEST_F(RedisStoreTest, lets_exactly_five_of_a_hundred_takes_of_two_daemons_pass)
{
    const RedisServer server;
    const auto one = open(server, 20'000ms);
    const auto two = open(server, 20'000ms);
    std::atomic<int> passed = 0;
    std::latch start{1};
    std::vector<std::jthread> threads;
    for (int at = 0; at < 100; ++at) {
        threads.emplace_back([&, at] {
            start.wait();
            passed += (at % 2 == 0 ? one : two)->take("login", 5, 60s).allowed ? 1 : 0;
        });
    }
    start.count_down();
    threads.clear();
    EXPECT_EQ(passed, 5);
    const auto refused = one->take("login", 5, 60s);
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.remaining, 0);
    EXPECT_GT(refused.reset, 50s);
    EXPECT_LE(refused.reset, 60s);
}

TEST_F(RedisStoreTest, frees_a_place_of_the_window_one_at_a_time)
{
    const RedisServer server;
    const auto store = open(server);
    EXPECT_EQ(store->take("k", 2, 1s).remaining, 1);
    EXPECT_EQ(store->take("k", 2, 1s).remaining, 0);
    EXPECT_FALSE(store->take("k", 2, 1s).allowed);
    EXPECT_TRUE(becomes([&] { return store->take("k", 2, 1s).allowed; }));
}

class Heard {
public:
    void operator()(std::string_view message)
    {
        const std::lock_guard hold{mutex_};
        messages_.emplace_back(message);
        changed_.notify_all();
    }
    bool wait_for(const std::string& message)
    {
        std::unique_lock hold{mutex_};
        return changed_.wait_for(
            hold, kPatience, [&] { return std::find(messages_.begin(), messages_.end(), message) != messages_.end(); });
    }
    std::size_t count()
    {
        const std::lock_guard hold{mutex_};
        return messages_.size();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> messages_;
};

TEST_F(RedisStoreTest, carries_messages_between_daemons_once_each)
{
    const RedisServer server;
    const auto one = open(server);
    const auto two = open(server);
    Heard here;
    Heard there;
    auto first = one->subscribe("events", [&](std::string_view message) { here(message); });
    const auto second = two->subscribe("events", [&](std::string_view message) { there(message); });
    one->publish("events", "1");
    one->publish("events", "2");
    EXPECT_TRUE(here.wait_for("2"));
    EXPECT_TRUE(there.wait_for("2"));
    EXPECT_EQ(here.count(), 2U);
    EXPECT_EQ(there.count(), 2U);
    first.reset();
    one->publish("events", "3");
    EXPECT_TRUE(there.wait_for("3"));
    EXPECT_EQ(here.count(), 2U);
}

TEST_F(RedisStoreTest, falls_back_when_redis_is_killed_and_heals_by_itself)
{
    RedisServer server;
    const auto store = open(server);
    Heard heard;
    const auto subscription = store->subscribe("events", [&](std::string_view message) { heard(message); });
    store->set("session", "user 7", 60s);
    server.kill();

    EXPECT_EQ(store->get("session"), std::nullopt);
    EXPECT_TRUE(store->health().degraded);
    EXPECT_FALSE(store->health().detail.empty());
    EXPECT_TRUE(store->take("login", 2, 60s).allowed);
    EXPECT_TRUE(store->take("login", 2, 60s).allowed);
    EXPECT_FALSE(store->take("login", 2, 60s).allowed);
    EXPECT_TRUE(store->set_if_absent("lock", "a", 60s));
    EXPECT_FALSE(store->set_if_absent("lock", "a", 60s));
    store->set("ticket", "user 7", 60s);
    EXPECT_EQ(store->get("ticket"), std::nullopt);  // nobody could take it back here
    EXPECT_EQ(store->take_value("ticket"), "user 7");
    EXPECT_EQ(store->take_value("ticket"), std::nullopt);
    store->publish("events", "local");
    EXPECT_TRUE(heard.wait_for("local"));

    server.restart();
    EXPECT_TRUE(becomes([&] { return !store->health().degraded; }));
    store->set("session", "user 8", 60s);
    EXPECT_EQ(store->get("session"), "user 8");
    EXPECT_TRUE(becomes([&] { return server.command({"PUBSUB", "CHANNELS"}) == "ss:events\n"; }));
    store->publish("events", "remote");
    EXPECT_TRUE(heard.wait_for("remote"));
}

TEST_F(RedisStoreTest, does_not_lose_a_value_when_its_connections_are_cut)
{
    const RedisServer server;
    const auto store = open(server);
    store->set("session", "user 7", 60s);
    for (int round = 0; round < 5; ++round) {
        server.command({"CLIENT", "KILL", "TYPE", "normal"});
        EXPECT_EQ(store->get("session"), "user 7");
    }
}

TEST_F(RedisStoreTest, costs_one_time_out_when_redis_hangs_and_nothing_afterwards)
{
    RedisServer server;
    const auto store = open(server, 300ms);
    store->set("session", "user 7", 60s);
    server.freeze();
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(store->get("session"), std::nullopt);
    const auto first = std::chrono::steady_clock::now() - start;
    EXPECT_GE(first, 250ms);
    EXPECT_LT(first, 3s);
    for (int at = 0; at < 100; ++at) {
        EXPECT_EQ(store->get("session"), std::nullopt);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start - first, 1s);  // 100 time-outs would be 30 s
    EXPECT_TRUE(store->health().degraded);
    server.thaw();
    EXPECT_TRUE(becomes([&] { return !store->health().degraded; }));
    EXPECT_EQ(store->get("session"), "user 7");
}

TEST_F(RedisStoreTest, opens_without_redis)
{
    RedisServer server;
    server.kill();
    const auto store = open(server);
    EXPECT_TRUE(store->health().degraded);
    server.restart();
    EXPECT_TRUE(becomes([&] { return !store->health().degraded; }));
}

TEST_F(RedisStoreTest, refuses_a_malformed_url)
{
    for (const auto* url : {"redis://", "redis://h:99999", "redis://h/zero", "redis://u:%zz@h"}) {
        const auto store = KeyValue::open({.url = Secret{url}, .ca_file = {}}, clock_);
        ASSERT_FALSE(store) << url;
        EXPECT_EQ(store.error().code, Errc::configuration);
    }
}

}  // namespace
}  // namespace ss::storage

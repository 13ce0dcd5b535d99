// The stream of events: numbers without gaps, and browsers that come and go and miss nothing.
#include <ss/realtime.hpp>

#include <ss/guarded.hpp>
#include <ss/storage.hpp>
#include <ss/testing/migrated.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <condition_variable>
#include <random>
#include <thread>

namespace ss::realtime {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

/// A browser's end: collects frames; may be told to act as closed.
class FakeSocket final : public http::Socket {
public:
    void send(std::string text) override
    {
        frames_.with([&](auto& frames) { frames.push_back(json::parse(text)); });
        changed_.notify_all();
    }
    void close(std::uint16_t code, std::string_view) override
    {
        frames_.with([&](auto&) { code_ = code; });
        changed_.notify_all();
    }

    template <class Condition>
    bool wait(Condition&& condition)
    {
        auto frames = frames_.lock();
        return changed_.wait_for(frames.guard(), 30s, [&] { return condition(*frames, code_); });
    }
    bool wait_for_number(std::int64_t number)
    {
        return wait([&](const auto& frames, int) {
            return !frames.empty() && frames.back().value("number", std::int64_t{0}) >= number;
        });
    }
    std::vector<json> frames()
    {
        return frames_.with([](const auto& frames) { return frames; });
    }

private:
    Guarded<std::vector<json>> frames_;
    std::condition_variable changed_;
    int code_ = 0;
};

class HubTest : public ::testing::TestWithParam<storage::Engine> {
protected:
    HubTest() { hub.start(); }

    std::int64_t append(WorkspaceId workspace, std::string_view payload = "{}")
    {
        const auto number = database->write([&](storage::Session& session) {
            return stream.append(session, workspace, "message.received", payload, clock.now());
        });
        EXPECT_TRUE(number) << (number ? "" : number.error().message);
        return number.value_or(0);
    }

    struct Browser {
        std::shared_ptr<FakeSocket> socket = std::make_shared<FakeSocket>();
        http::SocketEvents events;
    };

    Browser open(WorkspaceId workspace, std::optional<std::int64_t> after = {}, std::string session = "s1")
    {
        Browser browser;
        http::Request request;
        request.query_values = {
            {"ticket", hub.issue_ticket({.workspace = workspace, .user = UserId{7}, .session = std::move(session)})}};
        if (after) {
            request.query_values.emplace_back("after", std::to_string(*after));
        }
        auto events = hub.open(request, browser.socket);
        EXPECT_TRUE(events);
        browser.events = *events;
        return browser;
    }

    ManualClock clock;
    testing::MigratedDatabase database{GetParam()};
    std::unique_ptr<storage::KeyValue> key_value = *storage::KeyValue::open({.url = Secret{"memory:"}}, clock);
    Stream stream{*key_value};
    Hub hub{*database, *key_value, clock, {.poll = 50ms, .batch = 20}};
    WorkspaceId shop{1};
};

TEST_P(HubTest, numbers_events_without_gaps_whoever_writes)
{
    std::vector<std::jthread> writers;
    for (int i = 0; i < 4; ++i) {
        writers.emplace_back([&] {
            for (int k = 0; k < 25; ++k) {
                append(shop);
            }
        });
    }
    writers.clear();
    EXPECT_EQ(append(shop), 101);
    const auto rolled_back = database->write([&](storage::Session& session) -> Result<int> {
        EXPECT_TRUE(stream.append(session, shop, "x", "{}", clock.now()));
        return fail(Errc::conflict, "no");
    });
    EXPECT_FALSE(rolled_back);
    EXPECT_EQ(append(shop), 102);
}

TEST_P(HubTest, greets_a_new_browser_and_tells_it_what_happens_from_now_on)
{
    append(shop);
    auto browser = open(shop);
    ASSERT_TRUE(browser.socket->wait_for_number(1));
    append(shop, R"({"message":12})");
    ASSERT_TRUE(browser.socket->wait_for_number(2));
    const auto frames = browser.socket->frames();
    EXPECT_EQ(frames[0], (json{{"kind", "hello"}, {"number", 1}}));
    EXPECT_EQ(frames[1].at("kind"), "message.received");
    EXPECT_EQ(frames[1].at("data").at("message"), 12);
}

TEST_P(HubTest, keeps_workspaces_apart)
{
    const auto other = database.add_workspace("Other");
    auto browser = open(shop);
    ASSERT_TRUE(browser.socket->wait_for_number(0));
    append(other);
    append(shop);
    ASSERT_TRUE(browser.socket->wait_for_number(1));
    EXPECT_EQ(browser.socket->frames().size(), 2U);
}

TEST_P(HubTest, a_browser_that_comes_and_goes_misses_nothing_and_sees_nothing_twice)
{
    constexpr std::int64_t kEvents = 1'500;
    std::jthread writer{[&] {
        for (std::int64_t i = 0; i < kEvents; ++i) {
            append(shop);
        }
    }};
    std::mt19937 random{7};
    std::int64_t last = 0;
    while (last < kEvents) {
        auto browser = open(shop, last);
        const auto target = std::min(kEvents, last + std::uniform_int_distribution{1, 120}(random));
        ASSERT_TRUE(browser.socket->wait_for_number(target)) << "stuck at " << last;
        browser.events.closed();
        for (const auto& frame : browser.socket->frames()) {
            ASSERT_EQ(frame.at("number"), last + 1);
            last = frame.at("number");
        }
    }
    EXPECT_EQ(hub.connected(), 0U);
}

TEST_P(HubTest, says_reload_when_the_past_is_no_longer_kept)
{
    append(shop);
    clock.advance(24h * 8);
    append(shop);
    EXPECT_EQ(hub.prune(), 1);
    auto late = open(shop, 0);
    ASSERT_TRUE(late.socket->wait_for_number(2));
    EXPECT_EQ(late.socket->frames()[0], (json{{"kind", "reload"}, {"number", 2}}));
    auto from_the_future = open(shop, 99);
    ASSERT_TRUE(from_the_future.socket->wait_for_number(2));
    EXPECT_EQ(from_the_future.socket->frames()[0].at("kind"), "reload");
}

TEST_P(HubTest, a_ticket_is_good_once_and_for_a_short_time)
{
    http::Request request;
    request.query_values = {{"ticket", hub.issue_ticket({.workspace = shop, .user = UserId{7}})}};
    EXPECT_TRUE(hub.open(request, std::make_shared<FakeSocket>()));
    EXPECT_EQ(hub.open(request, std::make_shared<FakeSocket>()).error().code, Errc::unauthenticated);
    request.query_values = {{"ticket", hub.issue_ticket({.workspace = shop, .user = UserId{7}})}};
    clock.advance(31s);
    EXPECT_EQ(hub.open(request, std::make_shared<FakeSocket>()).error().code, Errc::unauthenticated);
    request.query_values = {{"ticket", "invented"}, {"after", "1"}};
    EXPECT_EQ(hub.open(request, std::make_shared<FakeSocket>()).error().code, Errc::unauthenticated);
}

TEST_P(HubTest, a_session_that_ends_takes_its_sockets_with_it)
{
    auto one = open(shop, {}, "s1");
    auto two = open(shop, {}, "s2");
    hub.disconnect(UserId{7}, "s1");
    EXPECT_TRUE(one.socket->wait([](const auto&, int code) { return code == 4401; }));
    EXPECT_TRUE(two.socket->wait([](const auto&, int code) { return code == 0; }));
    hub.disconnect(UserId{7}, "");
    EXPECT_TRUE(two.socket->wait([](const auto&, int code) { return code == 4401; }));
}

INSTANTIATE_TEST_SUITE_P(Engines, HubTest, testing::engines(), testing::engine_name);

}  // namespace
}  // namespace ss::realtime

// Browsers that come back, reload, log out, are too many, or wander between daemons.
#include "realtime_fixture.hpp"

#include <random>
#include <thread>

namespace ss::realtime::test {
namespace {

using nlohmann::json;

INSTANTIATE_TEST_SUITE_P(Engines, RealtimeTest, ss::testing::engines(), ss::testing::engine_name);

TEST_P(RealtimeTest, A_rolled_back_event_takes_no_number)
{
    EXPECT_EQ(happen(shop), 1);
    const auto failed = database->write([&](storage::Session& session) -> Result<void> {
        if (const auto number = stream->append(session, shop, "x", "{}", clock.now()); !number) {
            return fail(number.error());
        }
        return fail(Errc::conflict, "no");
    });
    EXPECT_FALSE(failed);
    EXPECT_EQ(happen(shop), 2);
}

TEST_P(RealtimeTest, A_browser_that_comes_back_gets_what_it_missed)
{
    for (int i = 0; i < 5; ++i) {
        happen(shop);
    }
    const auto hub = make_hub({.batch = 2});
    const auto socket = std::make_shared<FakeSocket>();
    ASSERT_TRUE(open(*hub, caller(shop), socket, "2"));
    ASSERT_TRUE(socket->wait_for_frames(3));
    EXPECT_EQ(socket->frames()[0]["number"], 3);
    EXPECT_EQ(socket->frames()[2]["number"], 5);
}

TEST_P(RealtimeTest, A_browser_reloads_when_it_is_too_far_behind_or_a_number_is_missing)
{
    for (int i = 0; i < 4; ++i) {
        happen(shop);
    }
    const auto hub = make_hub({.replay = 3});
    const auto follow = [&](const std::string& after, std::size_t count) {
        const auto socket = std::make_shared<FakeSocket>();
        EXPECT_TRUE(open(*hub, caller(shop), socket, after));
        EXPECT_TRUE(socket->wait_for_frames(count));
        return socket->frames();
    };
    const json reload{{"kind", "reload"}, {"number", 4}};
    EXPECT_EQ(follow("0", 1).front(), reload);
    EXPECT_EQ(follow("1", 3).front()["number"], 2);
    database.script("delete from event where number = 3");
    const auto frames = follow("1", 2);
    EXPECT_EQ(frames.at(0)["number"], 2);
    EXPECT_EQ(frames.at(1), reload);
}

TEST_P(RealtimeTest, The_end_of_a_session_closes_its_sockets_on_every_daemon)
{
    const auto here = make_hub();
    const auto there = make_hub();
    const auto ended = std::make_shared<FakeSocket>();
    const auto other_session = std::make_shared<FakeSocket>();
    const auto other_user = std::make_shared<FakeSocket>();
    ASSERT_TRUE(open(*there, caller(shop, 1, "a"), ended));
    ASSERT_TRUE(open(*there, caller(shop, 1, "b"), other_session));
    ASSERT_TRUE(open(*there, caller(shop, 2, "c"), other_user));
    ASSERT_TRUE(other_user->wait_for_frames(1)) << "greeted: what comes from here on is new to it";
    const auto unused = here->issue_ticket(caller(shop, 1, "a"));
    here->disconnect(UserId{1}, "a");
    const auto closed = [](const auto&, int code) { return code == 4401; };
    EXPECT_TRUE(ended->wait(closed));
    EXPECT_FALSE(open_with(*there, unused, std::make_shared<FakeSocket>())) << "a ticket from before";
    here->disconnect(UserId{1}, "");
    EXPECT_TRUE(other_session->wait(closed));
    happen(shop);
    EXPECT_TRUE(other_user->wait_for_frames(2));
    clock.advance(1s);
    EXPECT_TRUE(open(*there, caller(shop, 1, "d"), std::make_shared<FakeSocket>())) << "logged in again";
}

TEST_P(RealtimeTest, A_closed_socket_is_forgotten_and_a_user_has_only_so_many)
{
    const auto hub = make_hub({.per_user = 2});
    const auto first = open(*hub, caller(shop), std::make_shared<FakeSocket>());
    ASSERT_TRUE(first);
    ASSERT_TRUE(open(*hub, caller(shop), std::make_shared<FakeSocket>()));
    const auto third = open(*hub, caller(shop), std::make_shared<FakeSocket>());
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code, Errc::limited);
    EXPECT_EQ(hub->connected(), 2U);
    first->closed();
    EXPECT_EQ(hub->connected(), 1U);
    EXPECT_TRUE(open(*hub, caller(shop), std::make_shared<FakeSocket>()));
}

TEST_P(RealtimeTest, A_lost_wake_up_is_made_good_by_polling)
{
    const auto hub = make_hub({.poll = 20ms});
    const auto socket = std::make_shared<FakeSocket>();
    ASSERT_TRUE(open(*hub, caller(shop), socket));
    ASSERT_TRUE(socket->wait_for_frames(1)) << "greeted: what comes from here on is new to it";
    const auto elsewhere = storage::KeyValue::open({.url = Secret{"memory:"}, .ca_file = {}}, clock);
    const Stream deaf{**elsewhere};
    ASSERT_TRUE(database->write(
        [&](storage::Session& session) { return deaf.append(session, shop, "message.received", "{}", clock.now()); }));
    EXPECT_TRUE(socket->wait_for_frames(2));
}

/// A browser that drops its connection at random and comes back with its last number to one of two daemons.
class Wanderer {
public:
    explicit Wanderer(unsigned seed) : random_{seed} {}

    template <class Open>
    void follow(std::int64_t until, Open&& open)
    {
        while (seen_ < until) {
            const auto socket = std::make_shared<FakeSocket>();
            auto events = open(random_() % 2, socket, seen_);
            ASSERT_TRUE(events) << events.error().message;
            const auto enough = 1 + random_() % 200;
            ASSERT_TRUE(socket->wait([&](const auto& frames, int) {
                return frames.size() >= enough || seen_ + static_cast<std::int64_t>(frames.size()) >= until;
            })) << seen_;
            // The connection ends here: what is sent from now on is lost.
            const auto frames = socket->frames();
            events->closed();
            for (const auto& frame : frames) {
                ASSERT_EQ(frame["kind"], "message.received") << frame;
                ASSERT_EQ(frame["number"], seen_ + 1) << "a gap or a double";
                ++seen_;
            }
        }
    }

private:
    std::mt19937 random_;
    std::int64_t seen_ = 0;
};

TEST_P(RealtimeTest, Random_reconnects_over_thousands_of_events_leave_no_gap_and_no_double)
{
    constexpr std::int64_t kEvents = 4'000;
    const std::array<std::unique_ptr<Hub>, 2> hubs{make_hub({.batch = 50, .replay = 100'000}),
                                                   make_hub({.batch = 70, .replay = 100'000})};
    std::vector<std::jthread> threads;
    for (int writer = 0; writer < 4; ++writer) {
        threads.emplace_back([&] {
            for (std::int64_t i = 0; i < kEvents / 4; ++i) {
                happen(shop);
            }
        });
    }
    for (unsigned browser = 0; browser < 4; ++browser) {
        threads.emplace_back([&, browser] {
            Wanderer{browser}.follow(kEvents, [&](std::size_t daemon, const auto& socket, std::int64_t after) {
                return open(*hubs.at(daemon), caller(shop, browser), socket, std::to_string(after));
            });
        });
    }
    threads.clear();
    EXPECT_EQ(hubs[0]->connected() + hubs[1]->connected(), 0U);
}

}  // namespace
}  // namespace ss::realtime::test

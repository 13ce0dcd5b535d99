// Numbers from real rows, absent when not measured, on both engines.
#include <ss/analytics.hpp>
#include <ss/channel.hpp>
#include <ss/crypto.hpp>
#include <ss/jobs.hpp>
#include <ss/messaging.hpp>
#include <ss/realtime.hpp>
#include <ss/storage.hpp>
#include <ss/testing/fake_channel.hpp>
#include <ss/testing/migrated.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace ss::analytics {
namespace {

using namespace std::chrono_literals;
using channel::Event, channel::EventKind, channel::FailureClass;

class Numbers : public ::testing::TestWithParam<storage::Engine> {
protected:
    AccountId connect(WorkspaceId workspace, std::string external_id)
    {
        channel::Profile profile;
        profile.external_id = std::move(external_id);
        const channel::Token token{Secret{"token"}, clock_.now() + std::chrono::hours{24 * 60}, {}};
        return accounts_.connect(workspace, "instagram", profile, token).value();
    }

    void say(std::string customer, bool from_business, std::chrono::seconds at)
    {
        const Event event{.kind = EventKind::message,
                          .customer = std::move(customer),
                          .from_business = from_business,
                          .at = start_ + at,
                          .message_id = "m" + std::to_string(++messages_),
                          .text = "x"};
        ASSERT_TRUE(inbox_.apply(shop_, account_, std::vector{event}));
    }

    Dashboard dashboard(std::optional<AccountId> account = {})
    {
        const auto result = analytics_.dashboard(shop_, {start_, start_ + 24h * 10}, account);
        EXPECT_TRUE(result) << to_string(result.error());
        return result.value_or(Dashboard{});
    }

    ManualClock clock_;
    Timestamp start_ = clock_.now();
    testing::MigratedDatabase database_{GetParam()};
    std::unique_ptr<storage::KeyValue> key_value_ = storage::KeyValue::open({.url = Secret{"memory:"}}, clock_).value();
    crypto::Keyring keys_ = crypto::Keyring::parse(crypto::Keyring::generate("k1").reveal()).value();
    jobs::Queue queue_{*database_, clock_};
    realtime::Stream stream_{*key_value_};
    channel::Accounts accounts_{*database_, keys_, clock_};
    testing::FakeChannel channel_;
    WorkspaceId shop_{1};
    AccountId account_ = connect(shop_, "ig1");
    messaging::Inbox inbox_{*database_, queue_, stream_, clock_};
    Analytics analytics_{*database_, queue_, accounts_, [this](std::string_view) { return &channel_; }, clock_};
    int messages_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Engines, Numbers, ss::testing::engines(), ss::testing::engine_name);

TEST_P(Numbers, nothing_measured_is_null_and_nothing_happened_is_zero)
{
    const auto empty = dashboard();
    EXPECT_EQ(empty.messages_received, 0);
    EXPECT_FALSE(empty.response_time);
    EXPECT_FALSE(empty.followers);
    EXPECT_FALSE(empty.reach);
    EXPECT_FALSE(empty.views);
    EXPECT_FALSE(empty.interactions);
    EXPECT_TRUE(empty.days.empty());
}

TEST_P(Numbers, counts_messages_conversations_and_the_median_of_first_answers)
{
    say("ana", false, 0s);
    say("ana", false, 10s);  // still the same turn
    say("ana", true, 60s);   // 60 s after the first
    say("ana", true, 70s);
    say("bia", false, 100s);
    say("bia", true, 400s);    // 300 s
    say("caio", false, 500s);  // 24 h
    say("caio", true, 24h + 500s);
    say("dora", false, 600s);  // unanswered
    const auto now = dashboard();
    EXPECT_EQ(now.messages_received, 5);
    EXPECT_EQ(now.messages_sent, 4);
    EXPECT_EQ(now.new_conversations, 4);
    EXPECT_EQ(now.answers, 3);
    EXPECT_EQ(now.response_time, 300s);
    ASSERT_EQ(now.days.size(), 2U);
    EXPECT_EQ(now.days[0].received, 5);
    EXPECT_EQ(now.days[1].sent, 1);
}

TEST_P(Numbers, an_even_number_of_answers_has_the_mean_of_the_middle_two)
{
    say("ana", false, 0s);
    say("ana", true, 10s);
    say("bia", false, 0s);
    say("bia", true, 30s);
    EXPECT_EQ(dashboard().response_time, 20s);
}

TEST_P(Numbers, are_remembered_for_30_seconds_and_no_longer)
{
    EXPECT_EQ(dashboard().messages_received, 0);
    say("ana", false, 0s);
    clock_.advance(29s);
    EXPECT_EQ(dashboard().messages_received, 0);
    clock_.advance(1s);
    EXPECT_EQ(dashboard().messages_received, 1);
}

TEST_P(Numbers, are_of_one_account_or_of_all_and_never_of_another_workspace)
{
    say("ana", false, 0s);
    const auto second = connect(shop_, "ig2");
    const auto rival = database_.add_workspace("Rival");
    EXPECT_EQ(dashboard(account_).messages_received, 1);
    EXPECT_EQ(dashboard(second).messages_received, 0);
    EXPECT_EQ(analytics_.dashboard(rival, {start_, start_ + 1h}).value().messages_received, 0);
    EXPECT_EQ(analytics_.dashboard(rival, {start_, start_ + 1h}, account_).error().code, Errc::not_found);
    EXPECT_EQ(analytics_.dashboard(shop_, {start_, start_}).error().code, Errc::invalid);
    EXPECT_EQ(analytics_.dashboard(shop_, {start_, start_ + 24h * 367}).error().code, Errc::invalid);
}

TEST_P(Numbers, fetches_one_row_a_day_and_metric_and_leaves_out_what_was_not_measured)
{
    clock_.advance(24h * 5);
    channel_.on_insights = [&](Timestamp since) -> channel::Outcome<channel::Insights> {
        if (since == start_ + 24h * 3) {
            return channel::Insights{{"reach", 100}};
        }
        return channel::Insights{{"reach", 10}, {"views", 7}};
    };
    channel_.on_profile = []() -> channel::Outcome<channel::Profile> {
        channel::Profile profile;
        profile.followers = 1'234;
        return profile;
    };
    ASSERT_TRUE(analytics_.fetch(account_));
    ASSERT_TRUE(analytics_.fetch(account_)) << "again is the same";
    const auto now = dashboard();
    EXPECT_EQ(now.reach, 120);
    EXPECT_EQ(now.views, 14);
    EXPECT_EQ(now.followers, 1'234);
    EXPECT_FALSE(now.interactions) << "not measured";
    ASSERT_EQ(now.days.size(), 4U);
    EXPECT_EQ(now.days[1].reach, 100);
    EXPECT_FALSE(now.days[0].followers);
}

TEST_P(Numbers, queues_each_connected_account_once_a_day)
{
    const auto second = connect(shop_, "ig2");
    ASSERT_TRUE(accounts_.disconnect(shop_, second));
    channel_.on_profile = []() -> channel::Outcome<channel::Profile> {
        channel::Profile profile;
        profile.followers = 5;
        return profile;
    };
    EXPECT_EQ(analytics_.queue_fetches().value(), 1);
    EXPECT_EQ(queue_.counts().value().queued, 1);
    EXPECT_EQ(analytics_.queue_fetches().value(), 1);
    EXPECT_EQ(queue_.counts().value().queued, 1) << "it waits already";
    ASSERT_TRUE(analytics_.fetch_job(R"({"account":)" + std::to_string(account_.value) + "}"));
    EXPECT_EQ(analytics_.queue_fetches().value(), 0) << "today's are there";
    clock_.advance(24h);
    EXPECT_EQ(analytics_.queue_fetches().value(), 1);
}

TEST_P(Numbers, a_throttled_fetch_comes_back_and_a_dead_token_marks_the_account)
{
    channel_.on_insights = [](Timestamp) -> channel::Outcome<channel::Insights> {
        return std::unexpected(channel::Failure{.kind = FailureClass::throttled, .retry_after = 300s});
    };
    EXPECT_EQ(analytics_.fetch(account_).value(), clock_.now() + 300s);
    channel_.on_insights = [](Timestamp) -> channel::Outcome<channel::Insights> {
        return std::unexpected(channel::Failure{.kind = FailureClass::transient});
    };
    EXPECT_EQ(analytics_.fetch(account_).error().code, Errc::unavailable);
    channel_.on_insights = [](Timestamp) -> channel::Outcome<channel::Insights> {
        return std::unexpected(channel::Failure{.kind = FailureClass::reconnect, .code = "190/463"});
    };
    EXPECT_EQ(analytics_.fetch(account_).value(), std::nullopt);
    EXPECT_EQ(accounts_.get(shop_, account_).value().state, channel::AccountState::expired);
}

}  // namespace
}  // namespace ss::analytics

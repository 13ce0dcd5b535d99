// Every reason of the policy engine, and its windows to the microsecond.
#include <ss/messaging.hpp>

#include <gtest/gtest.h>

#include <array>

namespace ss::messaging {
namespace {

using namespace std::chrono_literals;
using channel::AccountState;

const channel::Rules kRules{};
const Timestamp kWritten = from_micros(1'767'225'600'000'000);

Standing standing(bool human = true)
{
    return {.account = AccountState::connected,
            .last_customer_message_at = kWritten,
            .human = human,
            .human_agent_on = true,
            .text = "Olá"};
}

TEST(Policy, is_open_for_24_hours_and_says_until_when)
{
    for (const bool human : {true, false}) {
        const auto verdict = may_send(standing(human), kRules, kWritten + 24h - 1us);
        EXPECT_TRUE(verdict.allowed);
        EXPECT_FALSE(verdict.human_agent);
        EXPECT_EQ(verdict.until, kWritten + 24h);
        EXPECT_EQ(verdict.sentence, "");
    }
}

TEST(Policy, after_24_hours_lets_only_a_person_answer_and_marks_it)
{
    const auto person = may_send(standing(true), kRules, kWritten + 24h);
    EXPECT_TRUE(person.allowed);
    EXPECT_TRUE(person.human_agent);
    EXPECT_EQ(person.until, kWritten + 24h * 7);
    const auto program = may_send(standing(false), kRules, kWritten + 24h);
    EXPECT_FALSE(program.allowed);
    EXPECT_EQ(program.reason, Reason::humans_only);
}

TEST(Policy, after_seven_days_lets_nobody_answer)
{
    EXPECT_TRUE(may_send(standing(), kRules, kWritten + 24h * 7 - 1us).allowed);
    const auto verdict = may_send(standing(), kRules, kWritten + 24h * 7);
    EXPECT_FALSE(verdict.allowed);
    EXPECT_EQ(verdict.reason, Reason::window_closed);
    EXPECT_EQ(verdict.until, kWritten + 24h * 7);
}

TEST(Policy, without_the_human_agent_permission_closes_after_24_hours)
{
    auto without = standing();
    without.human_agent_on = false;
    EXPECT_EQ(may_send(without, kRules, kWritten + 24h).reason, Reason::window_closed);
}

TEST(Policy, never_begins_a_conversation)
{
    auto silent = standing();
    silent.last_customer_message_at.reset();
    EXPECT_EQ(may_send(silent, kRules, kWritten).reason, Reason::no_message_yet);
}

TEST(Policy, counts_bytes_and_not_characters)
{
    std::string accented;
    for (int i = 0; i < 600; ++i) {
        accented += "é";
    }
    auto long_text = standing();
    long_text.text = accented;
    const auto verdict = may_send(long_text, kRules, kWritten);
    EXPECT_EQ(verdict.reason, Reason::too_long);
    EXPECT_NE(verdict.sentence.find("1200"), std::string::npos);
    EXPECT_NE(verdict.sentence_pt.find("1000"), std::string::npos);
    const std::string fits(1'000, 'a');
    long_text.text = fits;
    EXPECT_TRUE(may_send(long_text, kRules, kWritten).allowed);
    long_text.text = " \n ";
    EXPECT_EQ(may_send(long_text, kRules, kWritten).reason, Reason::empty);
}

TEST(Policy, says_in_both_languages_what_is_wrong_with_the_account)
{
    for (const auto state : {AccountState::expired, AccountState::revoked, AccountState::checkpoint,
                             AccountState::restricted, AccountState::disconnected}) {
        auto broken = standing();
        broken.account = state;
        const auto verdict = may_send(broken, kRules, kWritten);
        EXPECT_FALSE(verdict.allowed);
        EXPECT_FALSE(verdict.sentence.empty());
        EXPECT_FALSE(verdict.sentence_pt.empty());
        EXPECT_NE(verdict.sentence, verdict.sentence_pt);
    }
    for (const auto state : {AccountState::connected, AccountState::not_receiving, AccountState::expiring}) {
        auto working = standing();
        working.account = state;
        EXPECT_TRUE(may_send(working, kRules, kWritten).allowed);
    }
}

}  // namespace
}  // namespace ss::messaging

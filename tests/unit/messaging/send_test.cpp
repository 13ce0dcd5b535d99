// Sending: queued, sent, refused, in doubt, and never twice blindly.
#include "messaging_fixture.hpp"

#include <thread>

namespace ss::messaging::test {
namespace {

using channel::Failure, channel::FailureClass, channel::RemoteMessage, channel::Sent;

class Send : public MessagingTest {
protected:
    Send()
    {
        apply({says("m1", "Oi")});
        conversation_ = only_conversation().id;
        run();  // the profile
    }

    Message send(std::string text = "Olá!", std::string client_key = {})
    {
        const auto sent = outbox_.send(
            shop_, {.conversation = conversation_, .text = std::move(text), .client_key = std::move(client_key)});
        EXPECT_TRUE(sent) << to_string(sent.error());
        return sent.value_or(Message{});
    }

    std::function<channel::Outcome<Sent>(const channel::OutgoingMessage&)> fails(FailureClass kind)
    {
        return [kind](const channel::OutgoingMessage&) -> channel::Outcome<Sent> {
            return std::unexpected(Failure{.kind = kind, .code = "10/1", .sentence = "No.", .sentence_pt = "Não."});
        };
    }

    /// The process dies inside the call; with `reached` after the channel has taken the message.
    void die_while_sending(MessageId id)
    {
        const auto before = channel_.on_send;
        channel_.on_send = [](const channel::OutgoingMessage&) -> channel::Outcome<Sent> { throw testing::Died{}; };
        EXPECT_THROW(static_cast<void>(outbox_.deliver(id)), testing::Died);
        channel_.on_send = before;
    }

    void run_for(std::chrono::seconds time)
    {
        for (auto passed = 0s; passed < time; passed += 5s) {
            clock_.advance(5s);
            run();
        }
    }

    ConversationId conversation_;
};
INSTANTIATE_TEST_SUITE_P(Engines, Send, ss::testing::engines(), ss::testing::engine_name);

TEST_P(Send, sends_a_dm_queued_first_and_updates_status)
{
    const auto message = send();
    EXPECT_EQ(message.delivery, Delivery::queued);
    EXPECT_TRUE(channel_.sent.empty()) << "the caller does not wait for the channel";
    run();
    ASSERT_EQ(channel_.sent.size(), 1U);
    EXPECT_EQ(channel_.sent[0].customer, "ana");
    EXPECT_EQ(channel_.sent[0].text, "Olá!");
    EXPECT_FALSE(channel_.sent[0].human_agent);
    EXPECT_EQ(reload(message.id).delivery, Delivery::sent);
    EXPECT_EQ(reload(message.id).external_id, "mid-1");
    clock_.advance(1s);
    apply({echo("mid-1", "Olá!"), about(EventKind::read, "mid-1")});
    EXPECT_EQ(reload(message.id).delivery, Delivery::read);
    EXPECT_EQ(reload(message.id).at, clock_.now()) << "the channel's time";
    EXPECT_EQ(timeline().size(), 2U) << "the echo is not a second message";
    EXPECT_EQ(only_conversation().preview, "Olá!");
}

TEST_P(Send, handles_a_failed_send_with_a_sentence)
{
    channel_.on_send = fails(FailureClass::permanent);
    const auto message = send();
    run();
    const auto after = reload(message.id);
    EXPECT_EQ(after.delivery, Delivery::failed);
    ASSERT_TRUE(after.failure);
    EXPECT_EQ(after.failure->code, "10/1");
    EXPECT_EQ(after.failure->sentence, "No.");
    EXPECT_EQ(after.failure->sentence_pt, "Não.");
    run_for(60s);
    EXPECT_EQ(channel_.sent.size(), 1U);
}

TEST_P(Send, tries_again_what_did_not_reach_the_channel)
{
    channel_.on_send = fails(FailureClass::transient);
    const auto message = send();
    run();
    EXPECT_EQ(reload(message.id).delivery, Delivery::queued);
    channel_.on_send = nullptr;
    run_for(10s);
    EXPECT_EQ(reload(message.id).delivery, Delivery::sent);
    EXPECT_EQ(channel_.sent.size(), 2U);
}

TEST_P(Send, waits_when_it_is_throttled_and_says_nothing_failed)
{
    channel_.on_send = [](const channel::OutgoingMessage&) -> channel::Outcome<Sent> {
        return std::unexpected(Failure{.kind = FailureClass::throttled, .retry_after = 60s});
    };
    const auto message = send();
    run();
    channel_.on_send = nullptr;
    run_for(55s);
    EXPECT_EQ(channel_.sent.size(), 1U);
    run_for(10s);
    EXPECT_EQ(reload(message.id).delivery, Delivery::sent);
}

TEST_P(Send, a_dead_token_fails_the_message_and_marks_the_account)
{
    channel_.on_send = fails(FailureClass::reconnect);
    const auto message = send();
    run();
    EXPECT_EQ(reload(message.id).delivery, Delivery::failed);
    EXPECT_EQ(accounts_.get(shop_, account_).value().state, channel::AccountState::revoked);
    EXPECT_EQ(outbox_.may_send(shop_, conversation_, true).value().reason, Reason::account_revoked);
    EXPECT_EQ(outbox_.send(shop_, {.conversation = conversation_, .text = "oi"}).error().code,
              Errc::account_disconnected);
}

TEST_P(Send, checks_the_window_when_asked_and_again_when_sending)
{
    clock_.advance(24h - 1s);
    const auto message = send();
    const auto by_program =
        outbox_.send(shop_, {.conversation = conversation_, .text = "robot", .human = false}).value();
    clock_.advance(2s);
    run();
    EXPECT_EQ(reload(by_program.id).delivery, Delivery::failed) << "the window closed while it was queued";
    EXPECT_EQ(reload(by_program.id).failure->code, "humans_only");
    ASSERT_EQ(channel_.sent.size(), 1U);
    EXPECT_TRUE(channel_.sent[0].human_agent);
    EXPECT_TRUE(reload(message.id).human_agent);
    EXPECT_EQ(outbox_.send(shop_, {.conversation = conversation_, .text = "robot", .human = false}).error().code,
              Errc::window_closed);
    clock_.advance(24h * 7);
    EXPECT_EQ(outbox_.send(shop_, {.conversation = conversation_, .text = "oi"}).error().code, Errc::window_closed);
    apply({says("m2", "ainda está aí?")});
    EXPECT_TRUE(outbox_.may_send(shop_, conversation_, false).value().allowed) << "the customer opened it again";
}

TEST_P(Send, refuses_what_cannot_be_sent)
{
    EXPECT_EQ(outbox_.send(shop_, {.conversation = conversation_, .text = " "}).error().code, Errc::invalid);
    EXPECT_EQ(outbox_.send(shop_, {.conversation = conversation_, .text = std::string(1'001, 'a')}).error().code,
              Errc::invalid);
    EXPECT_EQ(outbox_.send(shop_, {.conversation = conversation_, .text = "a\xFF"}).error().code, Errc::invalid);
    EXPECT_EQ(
        outbox_.send(shop_, {.conversation = conversation_, .text = "a", .reply_to = MessageId{999}}).error().code,
        Errc::not_found);
    EXPECT_EQ(number("select count(*) from job where kind = 'message.send'"), 0);
    EXPECT_EQ(timeline().size(), 1U);
}

TEST_P(Send, the_same_client_key_is_the_same_message)
{
    const auto first = send("Olá!", "k1");
    EXPECT_EQ(send("Olá!", "k1").id, first.id);
    EXPECT_EQ(outbox_.send(shop_, {.conversation = conversation_, .text = "outra", .client_key = "k1"}).error().code,
              Errc::idempotency_mismatch);
    std::atomic<int> different{0};
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 8; ++thread) {
            threads.emplace_back([&] {
                const auto sent =
                    outbox_.send(shop_, {.conversation = conversation_, .text = "corrida", .client_key = "k2"});
                ASSERT_TRUE(sent) << to_string(sent.error());
                different += static_cast<int>(sent->id.value);
            });
        }
    }
    const auto id = timeline().front().id.value;
    EXPECT_EQ(different, 8 * id) << "all eight got the same";
    run();
    EXPECT_EQ(channel_.sent.size(), 2U);
}

TEST_P(Send, answers_to_a_message)
{
    const auto first = timeline().front();
    const auto sent = outbox_.send(shop_, {.conversation = conversation_, .text = "sim", .reply_to = first.id}).value();
    run();
    EXPECT_EQ(channel_.sent.at(0).reply_to, "m1");
    EXPECT_EQ(reload(sent.id).reply_to, "m1");
}

// ---- D4: never sent twice blindly

TEST_P(Send, killed_before_the_channel_took_it_is_sent_once_the_history_proves_it)
{
    const auto message = send();
    die_while_sending(message.id);
    EXPECT_EQ(reload(message.id).delivery, Delivery::sending);
    run();
    EXPECT_EQ(reload(message.id).delivery, Delivery::unknown);
    EXPECT_EQ(channel_.sent.size(), 1U) << "not again before it is proven";
    run_for(60s);
    EXPECT_EQ(channel_.sent.size(), 1U) << "the call may still be under way";
    run_for(300s);
    EXPECT_EQ(reload(message.id).delivery, Delivery::sent);
    EXPECT_EQ(channel_.sent.size(), 2U);
    EXPECT_EQ(timeline().size(), 2U);
}

TEST_P(Send, killed_after_the_channel_took_it_is_settled_by_the_echo)
{
    const auto message = send();
    die_while_sending(message.id);
    clock_.advance(1s);
    EXPECT_EQ(apply({echo("real", "Olá!")}).changed, 1);
    EXPECT_EQ(reload(message.id).delivery, Delivery::sent);
    EXPECT_EQ(reload(message.id).external_id, "real");
    run_for(600s);
    EXPECT_EQ(channel_.sent.size(), 1U);
    EXPECT_EQ(timeline().size(), 2U);
}

TEST_P(Send, killed_after_the_channel_took_it_is_settled_by_its_history)
{
    const auto message = send();
    die_while_sending(message.id);
    const auto taken = clock_.now();
    channel_.on_recent = [&]() -> channel::Outcome<std::vector<RemoteMessage>> {
        return std::vector<RemoteMessage>{{"real", true, "Olá!", taken}, {"m1", false, "Oi", taken - 1s}};
    };
    run_for(600s);
    EXPECT_EQ(reload(message.id).delivery, Delivery::sent);
    EXPECT_EQ(reload(message.id).external_id, "real");
    EXPECT_EQ(channel_.sent.size(), 1U);
    EXPECT_EQ(apply({echo("real", "Olá!")}).stored, 0) << "the echo that comes at last is known";
}

TEST_P(Send, an_unknown_outcome_nobody_can_settle_stays_visible_and_is_not_repeated)
{
    channel_.on_send = fails(FailureClass::unknown_outcome);
    channel_.on_recent = []() -> channel::Outcome<std::vector<RemoteMessage>> {
        return std::unexpected(Failure{.kind = FailureClass::transient});
    };
    const auto message = send();
    for (int i = 0; i < 200; ++i) {
        clock_.advance(60s);
        run();
    }
    EXPECT_EQ(reload(message.id).delivery, Delivery::unknown);
    EXPECT_EQ(reload(message.id).failure->code, "unknown_outcome");
    EXPECT_EQ(channel_.sent.size(), 1U);
    EXPECT_LT(channel_.looked_back, 10) << "bounded";
    apply({echo("real", "Olá!")});
    EXPECT_EQ(reload(message.id).delivery, Delivery::sent) << "even then the echo settles it";
    EXPECT_FALSE(reload(message.id).failure);
}

TEST_P(Send, two_equal_texts_in_doubt_take_two_different_echoes)
{
    const auto first = send("Sim");
    die_while_sending(first.id);
    const auto second = send("Sim");
    die_while_sending(second.id);
    apply({echo("x1", "Sim"), echo("x2", "Sim"), echo("x3", "Sim")});
    EXPECT_EQ(reload(first.id).external_id, "x1");
    EXPECT_EQ(reload(second.id).external_id, "x2");
    EXPECT_EQ(timeline().size(), 4U) << "the third was written on the phone";
    run_for(600s);
    EXPECT_EQ(channel_.sent.size(), 2U);
}

TEST_P(Send, the_echo_may_be_quicker_than_the_answer_of_the_call)
{
    channel_.on_send = [&](const channel::OutgoingMessage&) -> channel::Outcome<Sent> {
        apply({echo("real", "Olá!")});
        return Sent{"real"};
    };
    const auto message = send();
    run();
    EXPECT_EQ(reload(message.id).external_id, "real");
    EXPECT_EQ(timeline().size(), 2U);
}

TEST_P(Send, the_same_words_from_the_phone_at_the_same_moment_stay_their_own_message)
{
    channel_.on_send = [&](const channel::OutgoingMessage&) -> channel::Outcome<Sent> {
        apply({echo("phone", "Olá!")});
        return Sent{"real"};
    };
    const auto message = send();
    run();
    EXPECT_EQ(reload(message.id).external_id, "real");
    EXPECT_EQ(timeline().size(), 3U);
    EXPECT_EQ(apply({echo("phone", "Olá!"), echo("real", "Olá!")}).stored, 0);
}

TEST_P(Send, an_echo_that_did_not_look_like_ours_becomes_ours_with_the_answer)
{
    channel_.on_send = [&](const channel::OutgoingMessage&) -> channel::Outcome<Sent> {
        auto love = about(EventKind::reaction, "real");
        love.reaction = "love";
        apply({echo("real", "Olá (formatado)"), love});
        return Sent{"real"};
    };
    const auto message = send();
    run();
    EXPECT_EQ(timeline().size(), 2U);
    EXPECT_EQ(reload(message.id).external_id, "real");
    EXPECT_EQ(reload(message.id).reactions.size(), 1U);
}

TEST_P(Send, a_receipt_that_came_before_the_answer_counts)
{
    channel_.on_send = [&](const channel::OutgoingMessage&) -> channel::Outcome<Sent> {
        apply({about(EventKind::read, "real")});
        return Sent{"real"};
    };
    const auto message = send();
    run();
    EXPECT_EQ(reload(message.id).delivery, Delivery::read);
}

TEST_P(Send, what_waits_in_the_queue_is_never_taken_for_a_message_from_the_phone)
{
    const auto message = send();
    EXPECT_EQ(apply({echo("phone", "Olá!")}).stored, 1) << "ours was not even tried";
    run();
    EXPECT_EQ(reload(message.id).delivery, Delivery::sent);
    EXPECT_EQ(timeline().size(), 3U);
}

TEST_P(Send, keeps_the_order_of_a_conversation)
{
    for (int i = 0; i < 5; ++i) {
        send(std::to_string(i));
    }
    run();
    std::string order;
    for (const auto& sent : channel_.sent) {
        order += sent.text;
    }
    EXPECT_EQ(order, "01234");
}

}  // namespace
}  // namespace ss::messaging::test

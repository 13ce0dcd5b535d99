// Events into the timeline: the seed's cases, and every order and repetition.
#include "messaging_fixture.hpp"

#include <algorithm>
#include <random>
#include <thread>

namespace ss::messaging::test {
namespace {

class Receive : public MessagingTest {};
INSTANTIATE_TEST_SUITE_P(Engines, Receive, ss::testing::engines(), ss::testing::engine_name);

TEST_P(Receive, receives_a_webhook_message_and_stores_it)
{
    const auto applied = apply({says("m1", "Oi, quanto custa?")});
    EXPECT_EQ(applied.stored, 1);
    const auto all = timeline();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].text, "Oi, quanto custa?");
    EXPECT_EQ(all[0].external_id, "m1");
    EXPECT_EQ(all[0].direction, Direction::inbound);
    EXPECT_EQ(all[0].delivery, Delivery::received);
    const auto conversation = only_conversation();
    EXPECT_EQ(conversation.preview, "Oi, quanto custa?");
    EXPECT_EQ(conversation.unread, 1);
    EXPECT_EQ(conversation.last_customer_message_at, clock_.now());
    EXPECT_EQ(conversation.contact.external_id, "ana");
}

TEST_P(Receive, processes_it_idempotently)
{
    const std::vector<Event> events{says("m1", "Oi"), says("m1", "Oi"), says("m2", "Tudo bem?")};
    EXPECT_EQ(apply(events).duplicates, 1);
    const auto again = apply(events);
    EXPECT_EQ(again.stored, 0);
    EXPECT_EQ(again.duplicates, 3);
    EXPECT_EQ(timeline().size(), 2U);
    EXPECT_EQ(only_conversation().unread, 2);
}

TEST_P(Receive, triggers_a_realtime_notification)
{
    const auto before = number("select event_sequence from workspace where id = 1");
    apply({says("m1", "Oi")});
    EXPECT_EQ(number("select event_sequence from workspace where id = 1"), before + 2) << "message, conversation";
    EXPECT_EQ(number("select count(*) from event where kind = 'message.received'"), 1);
    apply({says("m1", "Oi")});
    EXPECT_EQ(number("select event_sequence from workspace where id = 1"), before + 2) << "a duplicate tells nothing";
}

TEST_P(Receive, keeps_media_messages_with_their_attachments)
{
    auto photo = says("m1", "");
    photo.attachments = {{channel::AttachmentKind::image, "https://cdn/1", "", ""},
                         {channel::AttachmentKind::reel, "https://cdn/2", "Reel", "77"}};
    photo.reply_to = "m0";
    photo.story_id = "s1";
    apply({photo, photo});
    const auto all = timeline();
    ASSERT_EQ(all.size(), 1U);
    ASSERT_EQ(all[0].attachments.size(), 2U);
    EXPECT_EQ(all[0].attachments[0].kind, channel::AttachmentKind::image);
    EXPECT_EQ(all[0].attachments[1].media_id, "77");
    EXPECT_EQ(all[0].reply_to, "m0");
    EXPECT_EQ(all[0].story_id, "s1");
}

TEST_P(Receive, orders_by_the_channels_time_and_then_by_arrival)
{
    auto late = says("late", "3");
    late.at += 2s;
    auto middle = says("middle", "2");
    middle.at += 1s;
    const auto early = says("early", "1");
    const auto tie = says("tie", "1b");
    apply({late});
    apply({early});
    apply({middle, tie});
    std::string order;
    for (const auto& message : timeline()) {
        order += message.external_id + " ";
    }
    EXPECT_EQ(order, "late middle tie early ");
    EXPECT_EQ(only_conversation().preview, "3");
}

TEST_P(Receive, groups_by_conversation_and_counts_each_ones_unread)
{
    apply({says("m1", "a", "ana"), says("m2", "b", "bia"), says("m3", "c", "ana")});
    const auto all = conversations();
    ASSERT_EQ(all.size(), 2U);
    for (const auto& conversation : all) {
        EXPECT_EQ(conversation.unread, conversation.contact.external_id == "ana" ? 2 : 1);
    }
    EXPECT_EQ(inbox_.unread(shop_).value(), 3);
}

TEST_P(Receive, applies_edits_reactions_unsends_and_receipts_that_come_before_their_message)
{
    auto edit = about(EventKind::edit, "m1");
    edit.text = "corrigido";
    edit.edit_number = 2;
    auto older = edit;
    older.text = "velho";
    older.edit_number = 1;
    auto love = about(EventKind::reaction, "m1");
    love.reaction = "❤️";
    love.from_business = true;
    const auto gone = about(EventKind::unsend, "m2");
    const auto applied = apply({edit, older, love, gone, about(EventKind::read, "m3")});
    EXPECT_EQ(applied.pending, 4);
    EXPECT_TRUE(timeline().empty());
    EXPECT_TRUE(conversations().empty()) << "nothing to show yet";
    auto photo = says("m2", "segredo");
    photo.attachments = {{channel::AttachmentKind::image, "https://cdn/secret", "", ""}};
    apply({says("m1", "erado"), photo, echo("m3", "Olá")});
    const auto all = timeline();
    ASSERT_EQ(all.size(), 3U);
    for (const auto& message : all) {
        if (message.external_id == "m1") {
            EXPECT_EQ(message.text, "corrigido");
            EXPECT_EQ(message.edit_number, 2);
            ASSERT_EQ(message.reactions.size(), 1U);
            EXPECT_EQ(message.reactions[0].reaction, "❤️");
            EXPECT_TRUE(message.reactions[0].from_business);
        } else if (message.external_id == "m2") {
            EXPECT_EQ(message.text, "");
            EXPECT_TRUE(message.attachments.empty());
            EXPECT_TRUE(message.unsent_at);
        } else {
            EXPECT_EQ(message.delivery, Delivery::read);
        }
    }
    EXPECT_EQ(number("select count(*) from pending_change"), 0);
}

TEST_P(Receive, an_unsent_message_is_a_tombstone_nobody_can_search)
{
    apply({says("m1", "meu telefone secreto")});
    EXPECT_EQ(apply({about(EventKind::unsend, "m1")}).changed, 1);
    auto edit = about(EventKind::edit, "m1");
    edit.text = "telefone";
    EXPECT_EQ(apply({edit, about(EventKind::unsend, "m1"), says("m1", "meu telefone secreto")}).duplicates, 3);
    EXPECT_EQ(timeline()[0].text, "");
    EXPECT_EQ(only_conversation().preview, "");
    EXPECT_TRUE(timeline(shop_, {.words = "telefone"}).empty());
}

TEST_P(Receive, a_reaction_that_was_taken_back_does_not_return)
{
    apply({says("m1", "Oi")});
    auto love = about(EventKind::reaction, "m1");
    love.reaction = "love";
    auto back = about(EventKind::reaction, "m1");
    back.at += 1s;
    apply({back});
    EXPECT_EQ(apply({love}).duplicates, 1) << "older than what is known";
    EXPECT_TRUE(timeline()[0].reactions.empty());
    love.at += 5s;
    apply({love});
    EXPECT_EQ(timeline()[0].reactions.size(), 1U);
}

TEST_P(Receive, read_receipts_reach_everything_up_to_them)
{
    auto first = echo("e1", "1");
    auto second = echo("e2", "2");
    second.at += 10s;
    auto third = echo("e3", "3");
    third.at += 20s;
    apply({says("m1", "Oi"), first, second, third});
    apply({about(EventKind::read, "e2")});
    std::string states;
    for (const auto& message : timeline()) {
        states += message.external_id + ":" + std::string{to_string(message.delivery)} + " ";
    }
    EXPECT_EQ(states, "e3:sent e2:read e1:read m1:received ") << "ties: the later arrival first";
    auto watermark = about(EventKind::read, "");
    watermark.at += 30s;
    apply({watermark});
    EXPECT_EQ(timeline()[0].delivery, Delivery::read);
    auto late = echo("e0", "0");
    late.at += 5s;
    apply({late});
    EXPECT_EQ(reload(timeline()[2].id).delivery, Delivery::read) << "came after its receipt";
}

TEST_P(Receive, shows_what_it_does_not_know_and_keeps_it_raw)
{
    Event strange = about(EventKind::unsupported, "");
    strange.raw = R"({"hologram":1})";
    EXPECT_EQ(apply({strange}).stored, 1);
    EXPECT_EQ(apply({strange}).duplicates, 1);
    const auto all = timeline();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].kind, MessageKind::unsupported);
    EXPECT_EQ(all[0].raw, R"({"hologram":1})");
    EXPECT_FALSE(only_conversation().last_customer_message_at);
}

TEST_P(Receive, stores_postbacks_comments_and_the_ad_a_customer_came_by)
{
    Event tapped = about(EventKind::postback, "p1");
    tapped.text = "Ver catálogo";
    tapped.payload = "CATALOG";
    tapped.referral = channel::Referral{"summer", "ADS", "ad7", "Verão"};
    Event comment = about(EventKind::comment, "");
    comment.comment_id = "c1";
    comment.post_id = "p9";
    comment.text = "Lindo!";
    apply({tapped, comment});
    const auto all = timeline();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[1].payload, "CATALOG");
    EXPECT_EQ(all[0].comment_id, "c1");
    const auto conversation = only_conversation();
    ASSERT_TRUE(conversation.referral);
    EXPECT_EQ(conversation.referral->ad_title, "Verão");
    EXPECT_TRUE(conversation.last_customer_message_at) << "a tap is a message";
}

TEST_P(Receive, one_bad_text_does_not_take_the_others_with_it)
{
    auto broken = says("m2", std::string{"a\0\xFF", 3});
    broken.raw = "\xC3";
    EXPECT_EQ(apply({says("m1", "Oi"), broken, says("m3", "Tchau")}).stored, 3);
    EXPECT_EQ(apply({Event{.kind = EventKind::message, .message_id = "m4", .text = "de quem?"}}).ignored, 1);
}

TEST_P(Receive, fetches_a_new_customers_profile_after_storing)
{
    apply({says("m1", "Oi"), says("m2", "Oi?")});
    EXPECT_EQ(only_conversation().contact.name, "");
    run();
    EXPECT_EQ(only_conversation().contact.name, "Ana Silva");
    apply({says("m3", "Oi!")});
    EXPECT_EQ(number("select count(*) from job where kind = 'contact.profile'"), 1);
}

/// D2: 10,000 events five times, shuffled, over 8 threads in batches of any size.
TEST_P(Receive, ten_thousand_events_five_times_in_any_order_are_stored_exactly_once)
{
    const int count = GetParam() == storage::Engine::sqlite ? 10'000 : 2'000;
    std::vector<Event> events;
    for (int i = 0; i < count; ++i) {
        auto event = says("m" + std::to_string(i), "texto " + std::to_string(i), "c" + std::to_string(i % 50));
        event.at += std::chrono::milliseconds{i};
        for (int copy = 0; copy < 5; ++copy) {
            events.push_back(event);
        }
    }
    std::mt19937 random{7};  // NOLINT: the same order each time
    std::ranges::shuffle(events, random);
    std::atomic<int> stored{0};
    {
        std::vector<std::jthread> threads;
        const std::size_t share = events.size() / 8;
        for (std::size_t part = 0; part < 8; ++part) {
            threads.emplace_back([&, part] {
                const std::span mine{events.data() + part * share, part == 7 ? events.size() - part * share : share};
                for (std::size_t at = 0, size = 1; at < mine.size(); at += size, size = size * 3 % 1'000 + 1) {
                    size = std::min(size, mine.size() - at);
                    const auto applied = inbox_.apply(shop_, account_, mine.subspan(at, size));
                    ASSERT_TRUE(applied) << to_string(applied.error());
                    stored += applied->stored;
                }
            });
        }
    }
    EXPECT_EQ(stored, count);
    EXPECT_EQ(number("select count(*) from message"), count);
    EXPECT_EQ(number("select count(distinct external_id) from message"), count);
    EXPECT_EQ(number("select count(*) from conversation"), 50);
    EXPECT_EQ(number("select cast(sum(unread_count) as bigint) from conversation"), count);
    EXPECT_EQ(number("select count(*) from event where kind = 'message.received'"), count);
}

}  // namespace
}  // namespace ss::messaging::test

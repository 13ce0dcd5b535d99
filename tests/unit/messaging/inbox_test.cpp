// Lists, search, marking as read, and what belongs to whom.
#include "messaging_fixture.hpp"

#include <random>
#include <set>

namespace ss::messaging::test {
namespace {

class Look : public MessagingTest {};
INSTANTIATE_TEST_SUITE_P(Engines, Look, ss::testing::engines(), ss::testing::engine_name);

TEST_P(Look, lists_with_pagination_each_message_once)
{
    std::vector<Event> events;
    for (int i = 0; i < 25; ++i) {
        auto event = says("m" + std::to_string(i), std::to_string(i), "c" + std::to_string(i % 7));
        event.at += std::chrono::seconds{i / 4};  // ties
        events.push_back(event);
    }
    apply(events);
    std::set<std::int64_t> seen;
    MessageFilter filter{.limit = 4};
    Timestamp last = from_micros(std::numeric_limits<std::int64_t>::max());
    int pages = 0;
    do {
        const auto page = inbox_.messages(shop_, filter).value();
        for (const auto& message : page.items) {
            EXPECT_TRUE(seen.insert(message.id.value).second);
            EXPECT_LE(message.at, last);
            last = message.at;
        }
        filter.cursor = page.next;
        ++pages;
    } while (!filter.cursor.empty() && pages < 100);
    EXPECT_EQ(seen.size(), 25U);
    EXPECT_EQ(pages, 7);
    ConversationFilter by_conversation{.limit = 3};
    const auto first = inbox_.conversations(shop_, by_conversation).value();
    by_conversation.cursor = first.next;
    const auto second = inbox_.conversations(shop_, by_conversation).value();
    by_conversation.cursor = second.next;
    const auto third = inbox_.conversations(shop_, by_conversation).value();
    EXPECT_EQ(first.items.size() + second.items.size() + third.items.size(), 7U);
    EXPECT_EQ(third.next, "");
}

TEST_P(Look, refuses_a_cursor_it_did_not_issue)
{
    apply({says("m1", "a"), says("m2", "b")});
    auto cursor = inbox_.messages(shop_, {.limit = 1}).value().next;
    EXPECT_EQ(inbox_.conversations(shop_, {.cursor = cursor}).error().code, Errc::invalid) << "of another list";
    cursor[3] = cursor[3] == 'f' ? 'e' : 'f';
    EXPECT_EQ(inbox_.messages(shop_, {.cursor = cursor}).error().code, Errc::invalid);
    EXPECT_EQ(inbox_.messages(shop_, {.cursor = "1; drop table message"}).error().code, Errc::invalid);
}

TEST_P(Look, filters_by_account_conversation_and_direction)
{
    const auto other = connect(shop_, "ig2");
    apply({says("m1", "a"), echo("e1", "b")});
    ASSERT_TRUE(inbox_.apply(shop_, other, std::vector<Event>{says("m1", "c", "bia")}));
    EXPECT_EQ(timeline().size(), 3U) << "an id is unique within its account only";
    EXPECT_EQ(timeline(shop_, {.account = other}).size(), 1U);
    EXPECT_EQ(timeline(shop_, {.account = account_, .direction = Direction::outbound}).size(), 1U);
    EXPECT_EQ(conversations({.account = other}).size(), 1U);
    const auto ana = conversations({.account = account_}).at(0).id;
    EXPECT_EQ(timeline(shop_, {.conversation = ana}).size(), 2U);
}

TEST_P(Look, finds_portuguese_without_accents_all_words_the_last_as_a_prefix)
{
    apply({says("m1", "PROMOÇÃO de verão: até 50%"), says("m2", "promo sem verao", "bia"), says("m3", "outra coisa")});
    EXPECT_EQ(timeline(shop_, {.words = "promocao"}).size(), 1U);
    EXPECT_EQ(timeline(shop_, {.words = "Verão PROMO"}).size(), 2U);
    EXPECT_EQ(timeline(shop_, {.words = "promo ver"}).size(), 1U) << "only the last word is a prefix";
    EXPECT_EQ(timeline(shop_, {.words = "verao nada"}).size(), 0U);
    const auto bia = timeline(shop_, {.words = "promo sem"}).at(0).conversation;
    EXPECT_EQ(timeline(shop_, {.conversation = bia, .words = "verao"}).size(), 1U);
    auto edit = about(EventKind::edit, "m3");
    edit.text = "agora é promoção";
    edit.edit_number = 1;
    apply({edit});
    EXPECT_EQ(timeline(shop_, {.words = "promocao"}).size(), 2U) << "the index follows edits";
    EXPECT_EQ(timeline(shop_, {.words = "outra"}).size(), 0U);
}

TEST_P(Look, no_question_can_be_a_syntax_error_or_reach_another_shop)
{
    const auto rival = database_.add_workspace("Rival");
    const auto theirs = connect(rival, "ig9");
    ASSERT_TRUE(inbox_.apply(rival, theirs, std::vector<Event>{says("m1", "segredo dos outros")}));
    apply({says("m1", "segredo nosso")});
    for (const auto* words :
         {"\"", "' or '1'='1", "a AND", "NEAR(",   "*",   "-segredo", "words:segredo", "(a",    "a:*",
          "|",  "&",           "!",     "\\",      "#w2", "🔥",       "segredo🔥",     "a\xFF", "%",
          "_",  "^a",          "{a b}", "col : x", "÷×"}) {
        EXPECT_TRUE(inbox_.messages(shop_, {.words = words})) << words;
    }
    const auto found = timeline(shop_, {.words = "segredo"});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].text, "segredo nosso");
    EXPECT_TRUE(timeline(shop_, {.words = "w2 segredo"}).empty());
}

TEST_P(Look, pages_through_search_results)
{
    std::vector<Event> events;
    for (int i = 0; i < 10; ++i) {
        events.push_back(says("m" + std::to_string(i), "casa " + std::to_string(i)));
    }
    apply(events);
    MessageFilter filter{.words = "casa", .limit = 4};
    std::set<std::int64_t> seen;
    for (int pages = 0; pages < 3; ++pages) {
        const auto page = inbox_.messages(shop_, filter).value();
        for (const auto& message : page.items) {
            seen.insert(message.id.value);
        }
        filter.cursor = page.next;
    }
    EXPECT_EQ(seen.size(), 10U);
    EXPECT_EQ(filter.cursor, "");
}

TEST_P(Look, marks_read_all_or_up_to_what_was_seen)
{
    apply({says("m1", "1"), says("m2", "2")});
    const auto seen = timeline().front().id;
    apply({says("m3", "3")});
    const auto id = only_conversation().id;
    EXPECT_EQ(inbox_.mark_read(shop_, id, seen).value().unread, 1) << "what came meanwhile stays unread";
    EXPECT_EQ(inbox_.mark_read(shop_, id).value().unread, 0);
    EXPECT_TRUE(conversations({.unread_only = true}).empty());
    apply({says("m4", "4")});
    EXPECT_EQ(conversations({.unread_only = true}).size(), 1U);
    EXPECT_EQ(inbox_.mark_read(shop_, id, seen).value().unread, 1) << "reading cannot be undone";
}

TEST_P(Look, a_new_message_opens_an_archived_conversation)
{
    apply({says("m1", "1")});
    const auto id = only_conversation().id;
    EXPECT_EQ(inbox_.set_state(shop_, id, ConversationState::archived).value().state, ConversationState::archived);
    EXPECT_TRUE(conversations({.state = ConversationState::open}).empty());
    apply({says("m2", "2")});
    EXPECT_EQ(conversations({.state = ConversationState::open}).size(), 1U);
}

TEST_P(Look, another_workspaces_ids_are_not_found)
{
    apply({says("m1", "1")});
    const auto rival = database_.add_workspace("Rival");
    const auto conversation = only_conversation().id;
    const auto message = timeline()[0].id;
    EXPECT_EQ(inbox_.conversation(rival, conversation).error().code, Errc::not_found);
    EXPECT_EQ(inbox_.message(rival, message).error().code, Errc::not_found);
    EXPECT_EQ(inbox_.messages(rival, {.conversation = conversation}).error().code, Errc::not_found);
    EXPECT_EQ(inbox_.messages(rival, {.account = account_}).error().code, Errc::not_found);
    EXPECT_EQ(inbox_.conversations(rival, {.account = account_}).error().code, Errc::not_found);
    EXPECT_EQ(inbox_.mark_read(rival, conversation).error().code, Errc::not_found);
    EXPECT_EQ(inbox_.set_state(rival, conversation, ConversationState::archived).error().code, Errc::not_found);
    EXPECT_EQ(outbox_.may_send(rival, conversation, true).error().code, Errc::not_found);
    EXPECT_EQ(outbox_.send(rival, {.conversation = conversation, .text = "oi"}).error().code, Errc::not_found);
    EXPECT_TRUE(timeline(rival).empty());
    EXPECT_EQ(inbox_.unread(rival).value(), 0);
}

/// D8: whatever happens in whatever order, unread is the number of inbound messages after the last mark-read.
TEST_P(Look, unread_is_always_the_count_of_what_came_after_the_last_mark_read)
{
    std::mt19937 random{11};  // NOLINT: the same story each time
    const int steps = GetParam() == storage::Engine::sqlite ? 600 : 200;
    for (int step = 0; step < steps; ++step) {
        const auto pick = random() % 10;
        const auto id = "m" + std::to_string(random() % 60);
        const auto customer = "c" + std::to_string(random() % 60 % 4);
        clock_.advance(1s);
        if (pick < 4) {
            apply({says(id, "texto", "c" + std::to_string(std::stoi(id.substr(1)) % 4))});
        } else if (pick < 6) {
            apply({echo("e" + id, "resposta", customer)});
        } else if (pick < 7) {
            auto gone = about(EventKind::unsend, id);
            gone.customer = "c" + std::to_string(std::stoi(id.substr(1)) % 4);
            apply({gone});
        } else {
            for (const auto& conversation : conversations()) {
                if (random() % 3 == 0) {
                    ASSERT_TRUE(inbox_.mark_read(shop_, conversation.id));
                }
            }
        }
        ASSERT_EQ(number("select count(*) from conversation c where c.unread_count <> (select count(*) from message m "
                         "where m.conversation = c.id and m.direction = 0 and m.id > c.read_up_to)"),
                  0)
            << "after step " << step;
    }
}

}  // namespace
}  // namespace ss::messaging::test

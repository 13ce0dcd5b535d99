// Rules without a database: cleaning, identities, echoes, retries, settling.
#include "rules.hpp"

#include <gtest/gtest.h>

namespace ss::messaging {
namespace {

using namespace std::chrono_literals;
using channel::Event, channel::EventKind, channel::FailureClass, channel::RemoteMessage;

const Timestamp kStart = from_micros(1'767'225'600'000'000);

TEST(Rules, texts_lose_what_a_database_refuses_and_nothing_else)
{
    EXPECT_EQ(clean("promoção 🔥"), "promoção 🔥");
    EXPECT_EQ(clean(std::string_view{"a\0b", 3}),
              "a\xEF\xBF\xBD"
              "b");
    EXPECT_EQ(clean("a\xFF\xC3"), "a\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(clean("éé", 3), "é");  // never half a character
}

TEST(Rules, an_event_without_an_id_gets_the_same_one_each_time)
{
    Event event{.kind = EventKind::postback, .customer = "17", .at = kStart, .payload = "BUY"};
    const auto first = identity(event);
    EXPECT_EQ(first, identity(event));
    event.payload = "SELL";
    EXPECT_NE(first, identity(event));
    event.message_id = "m1";
    EXPECT_EQ(identity(event), "m1");
}

TEST(Rules, an_echo_belongs_to_the_oldest_begun_sending_with_its_text)
{
    const std::vector<InDoubt> sendings{{1, "Olá", kStart}, {2, "Sim", kStart + 1s}, {3, "Sim ", kStart + 2s}};
    EXPECT_EQ(sending_of(sendings, " Sim", kStart + 5s)->id, 2);
    EXPECT_EQ(sending_of(sendings, "Não", kStart + 5s), nullptr);
    EXPECT_EQ(sending_of(sendings, "Olá", kStart - kSkew - 1us), nullptr) << "an echo cannot be older than its sending";
}

TEST(Rules, retries_only_what_did_not_reach_the_channel)
{
    EXPECT_EQ(after_failure({.kind = FailureClass::transient}, 1).delivery, Delivery::queued);
    EXPECT_EQ(after_failure({.kind = FailureClass::transient}, 100).delivery, Delivery::failed);
    EXPECT_EQ(after_failure({.kind = FailureClass::unknown_outcome}, 1).delivery, Delivery::unknown);
    EXPECT_EQ(after_failure({.kind = FailureClass::throttled, .retry_after = 90s}, 1).again, 90s);
    for (const auto kind : {FailureClass::window_closed, FailureClass::permanent, FailureClass::reconnect,
                            FailureClass::permission, FailureClass::restricted}) {
        EXPECT_EQ(after_failure({.kind = kind}, 1).delivery, Delivery::failed);
    }
}

std::vector<RemoteMessage> full_history(Timestamp oldest)
{
    std::vector<RemoteMessage> history(20, {"x", false, "?", kStart + 1h});
    history.back().at = oldest;
    return history;
}

TEST(Rules, history_that_holds_the_text_settles_a_sending)
{
    const InDoubt attempt{1, "Sim", kStart};
    const std::vector<RemoteMessage> history{
        {"other", true, "Sim", kStart + 1s}, {"m1", true, "Sim", kStart + 1s}, {"in", false, "Sim", kStart + 1s}};
    const std::vector<std::string> taken{"other"};
    const auto settled = settle(attempt, history, taken, 0, kStart + 15s);
    EXPECT_EQ(settled.kind, Settling::Kind::found);
    EXPECT_EQ(settled.message_id, "m1");
}

TEST(Rules, only_a_history_that_reaches_back_proves_that_nothing_was_sent)
{
    const InDoubt attempt{1, "Sim", kStart};
    using Kind = Settling::Kind;
    const std::vector<RemoteMessage> asked{{"in", false, "Tem azul?", kStart - 10s}};
    EXPECT_EQ(settle(attempt, asked, {}, 0, kStart + 10s).kind, Kind::not_yet) << "the call may still be under way";
    EXPECT_EQ(settle(attempt, asked, {}, 2, kStart + 90s).kind, Kind::not_sent);
    EXPECT_EQ(settle(attempt, std::vector<RemoteMessage>{}, {}, 2, kStart + 90s).kind, Kind::not_yet)
        << "a conversation that is not shown, not one without messages";
    const std::vector<RemoteMessage> reworded{{"m1", true, "Sim!", kStart + 1s}, asked.front()};
    EXPECT_EQ(settle(attempt, reworded, {}, 2, kStart + 90s).kind, Kind::not_yet) << "it may be ours in other words";
    EXPECT_EQ(settle(attempt, reworded, std::vector<std::string>{"m1"}, 2, kStart + 90s).kind, Kind::not_sent);
    const std::vector<RemoteMessage> before{{"m0", true, "Bom dia", kStart - 5min}};
    EXPECT_EQ(settle(attempt, before, {}, 2, kStart + 90s).kind, Kind::not_sent);
    EXPECT_EQ(settle(attempt, full_history(kStart - 1h), {}, 2, kStart + 90s).kind, Kind::not_sent);
    EXPECT_EQ(settle(attempt, full_history(kStart + 1s), {}, 2, kStart + 90s).kind, Kind::not_yet)
        << "what was sent may have been pushed out of the history";
    EXPECT_EQ(settle(attempt, std::nullopt, {}, 2, kStart + 90s).kind, Kind::not_yet);
    EXPECT_EQ(settle(attempt, std::nullopt, {}, 100, kStart + 24h).kind, Kind::gives_up);
}

TEST(Search, brings_text_and_question_to_the_same_words)
{
    EXPECT_EQ(search_words("PROMOÇÃO: até 50% (só hoje)!"), "promocao ate 50 so hoje");
    EXPECT_EQ(search_words("🔥promo🔥já"), "promo ja");
    EXPECT_EQ(search_words(" \n!?"), "");
    EXPECT_EQ(fts5_query("#w1", "Promoção só"), R"("#w1" AND "promocao" AND "so"*)");
    EXPECT_EQ(ts_query("#c2", "Promoção só"), "'#c2' & 'promocao' & 'so':*");
    EXPECT_EQ(fts5_query("#w1", " ?! "), "");
}

TEST(Search, lets_nobody_speak_the_query_language)
{
    for (const auto* nasty : {"\" OR 1=1", "a' | 'b", "NEAR(a b)", "col:x", "-a *", "(", "a:* & !b", "\\", "#w2"}) {
        for (const auto c : fts5_query("#w1", std::string{"x "} + nasty).substr(5)) {
            EXPECT_NE(std::string_view{"\"* ANDabcdefghijklmnopqrstuvwxyz0123456789"}.find(c), std::string_view::npos)
                << nasty;
        }
        EXPECT_EQ(ts_query("#w1", nasty).find('!'), std::string::npos);
        EXPECT_EQ(ts_query("#w1", nasty).find('|'), std::string::npos);
    }
}

TEST(Search, cuts_words_and_questions_that_never_end)
{
    EXPECT_EQ(search_words(std::string(5'000, 'a')).size(), 64U);
    std::string many;
    for (int i = 0; i < 100; ++i) {
        many += "w" + std::to_string(i) + " ";
    }
    EXPECT_EQ(ts_query("#w1", many).find("'w12'"), std::string::npos);
    EXPECT_NE(ts_query("#w1", many).find("'w11'"), std::string::npos);
}

}  // namespace
}  // namespace ss::messaging

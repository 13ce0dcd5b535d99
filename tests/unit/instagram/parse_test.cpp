#include <ss/instagram.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/core.h>

namespace ss::instagram {
namespace {

using channel::AttachmentKind, channel::Event, channel::EventKind;

constexpr auto kAccount = "17841400000000001";

std::string body_of(const std::string& items)
{
    return fmt::format(R"({{"object":"instagram","entry":[{{"id":"{}","time":1700000000123,"messaging":[{}]}}]}})",
                       kAccount, items);
}

std::string item_of(const std::string& kind)
{
    return fmt::format(R"({{"sender":{{"id":"111"}},"recipient":{{"id":"{}"}},"timestamp":1700000000456,{}}})",
                       kAccount, kind);
}

Event one(const std::string& body)
{
    const auto parsed = parse_webhook(body);
    EXPECT_THAT(parsed.problems, testing::IsEmpty()) << body;
    EXPECT_EQ(parsed.events.size(), 1U) << body;
    return parsed.events.empty() ? Event{} : parsed.events.front();
}

Event message(const std::string& content)
{
    return one(body_of(item_of(R"("message":)" + content)));
}

TEST(ParseMessage, reads_text_sender_and_time)
{
    const auto event = message(R"({"mid":"m1","text":"Ol\u00e1 \ud83d\ude00"})");
    EXPECT_EQ(event.kind, EventKind::message);
    EXPECT_EQ(event.account, kAccount);
    EXPECT_EQ(event.customer, "111");
    EXPECT_FALSE(event.from_business);
    EXPECT_EQ(event.message_id, "m1");
    EXPECT_EQ(event.text, "Olá 😀");
    EXPECT_EQ(event.at, from_micros(1'700'000'000'456'000));
}

TEST(ParseMessage, knows_an_echo_of_the_business)
{
    const auto event = one(body_of(fmt::format(
        R"({{"sender":{{"id":"{}"}},"recipient":{{"id":"111"}},"timestamp":1700000000456,"message":{{"mid":"m1","text":"oi","is_echo":true}}}})",
        kAccount)));
    EXPECT_TRUE(event.from_business);
    EXPECT_EQ(event.customer, "111");
    EXPECT_EQ(event.account, kAccount);
}

struct AttachmentCase {
    const char* json;
    AttachmentKind kind;
    const char* media_id;
};

TEST(ParseMessage, reads_attachments_of_every_kind)
{
    for (const auto& [text, kind, media_id] : {
             AttachmentCase{R"({"type":"image","payload":{"url":"u"}})", AttachmentKind::image, ""},
             AttachmentCase{R"({"type":"video","payload":{"url":"u"}})", AttachmentKind::video, ""},
             AttachmentCase{R"({"type":"audio","payload":{"url":"u"}})", AttachmentKind::audio, ""},
             AttachmentCase{R"({"type":"file","payload":{"url":"u"}})", AttachmentKind::file, ""},
             AttachmentCase{R"({"type":"share","payload":{"url":"u"}})", AttachmentKind::share, ""},
             AttachmentCase{
                 R"({"type":"ig_post","payload":{"ig_post_media_id":"18139494541428835","title":"t","url":"u"}})",
                 AttachmentKind::post, "18139494541428835"},
             AttachmentCase{R"({"type":"ig_reel","payload":{"reel_video_id":1234,"title":"t","url":"u"}})",
                            AttachmentKind::reel, "1234"},
             AttachmentCase{R"({"type":"reel","payload":{"url":"u"}})", AttachmentKind::reel, ""},
             AttachmentCase{R"({"type":"story_mention","payload":{"url":"u"}})", AttachmentKind::story_mention, ""},
             AttachmentCase{R"({"type":"ig_story","payload":{"url":"u"}})", AttachmentKind::share, ""},
             AttachmentCase{R"({"type":"like_heart"})", AttachmentKind::sticker, ""},
             AttachmentCase{R"({"type":"image","payload":{"url":"u","sticker_id":3}})", AttachmentKind::sticker, ""},
             AttachmentCase{R"({"type":"hologram","payload":{"url":"u"}})", AttachmentKind::unsupported, ""},
             AttachmentCase{R"({"type":"fallback","payload":null})", AttachmentKind::unsupported, ""},
         }) {
        const auto event = message(fmt::format(R"({{"mid":"m1","attachments":[{}]}})", text));
        ASSERT_EQ(event.attachments.size(), 1U) << text;
        EXPECT_EQ(event.kind, EventKind::message);
        EXPECT_EQ(event.attachments[0].kind, kind) << text;
        EXPECT_EQ(event.attachments[0].media_id, media_id) << text;
    }
}

TEST(ParseMessage, shows_a_post_sent_as_share_and_as_post_once)
{
    const auto event = message(
        R"({"mid":"m1","attachments":[{"type":"share","payload":{"ig_post_media_id":"5","url":"a"}},{"type":"ig_post","payload":{"ig_post_media_id":"5","url":"b"}}]})");
    ASSERT_EQ(event.attachments.size(), 1U);
    EXPECT_EQ(event.attachments[0].kind, AttachmentKind::post);
}

TEST(ParseMessage, reads_replies_to_messages_and_stories)
{
    EXPECT_EQ(message(R"({"mid":"m2","text":"isso","reply_to":{"mid":"m1"}})").reply_to, "m1");
    const auto event = message(R"({"mid":"m2","text":"Nice!","reply_to":{"story":{"id":"178","url":"u"}}})");
    EXPECT_EQ(event.story_id, "178");
    ASSERT_EQ(event.attachments.size(), 1U);
    EXPECT_EQ(event.attachments[0].kind, AttachmentKind::story_reply);
}

TEST(ParseMessage, reads_quick_replies_and_ads)
{
    EXPECT_EQ(message(R"({"mid":"m","text":"Sim","quick_reply":{"payload":"YES"}})").payload, "YES");
    const auto event = message(
        R"({"mid":"m","text":"oi","referral":{"ref":"r","ad_id":"77","source":"ADS","type":"OPEN_THREAD","ads_context_data":{"ad_title":"Buquês"}}})");
    ASSERT_TRUE(event.referral);
    EXPECT_EQ(event.referral->ad_id, "77");
    EXPECT_EQ(event.referral->source, "ADS");
    EXPECT_EQ(event.referral->ad_title, "Buquês");
}

TEST(ParseMessage, keeps_what_it_does_not_understand)
{
    for (const auto* content : {R"({"mid":"m1","is_unsupported":true})", R"({"mid":"m1","hologram":{"x":1}})"}) {
        const auto event = message(content);
        EXPECT_EQ(event.kind, EventKind::unsupported);
        EXPECT_EQ(event.message_id, "m1");
        EXPECT_THAT(event.raw, testing::HasSubstr("m1"));
    }
    const auto unknown = one(body_of(item_of(R"("pass_thread_control":{"new_owner_app_id":"1"})")));
    EXPECT_EQ(unknown.kind, EventKind::unsupported);
    EXPECT_THAT(unknown.raw, testing::HasSubstr("pass_thread_control"));
    EXPECT_THAT(unknown.message_id, testing::StartsWith("derived-"));
}

TEST(ParseEvents, reads_unsend_reaction_read_edit_and_referral)
{
    const auto unsend = message(R"({"mid":"m1","is_deleted":true})");
    EXPECT_EQ(unsend.kind, EventKind::unsend);
    EXPECT_EQ(unsend.message_id, "m1");

    const auto love =
        one(body_of(item_of(R"("reaction":{"mid":"m1","action":"react","reaction":"love","emoji":"\u2764\ufe0f"})")));
    EXPECT_EQ(love.kind, EventKind::reaction);
    EXPECT_EQ(love.reaction, "❤️");
    EXPECT_EQ(one(body_of(item_of(R"("reaction":{"mid":"m1","action":"react","reaction":"love"})"))).reaction, "love");
    EXPECT_EQ(one(body_of(item_of(R"("reaction":{"mid":"m1","action":"unreact"})"))).reaction, "");

    const auto read = one(body_of(item_of(R"("read":{"mid":"m9"})")));
    EXPECT_EQ(read.kind, EventKind::read);
    EXPECT_EQ(read.message_id, "m9");
    EXPECT_EQ(one(body_of(item_of(R"("read":{"watermark":1700000001000})"))).at, from_micros(1'700'000'001'000'000));

    for (const auto* number : {"2", "\"2\""}) {
        const auto edit =
            one(body_of(item_of(fmt::format(R"("message_edit":{{"mid":"m1","text":"novo","num_edit":{}}})", number))));
        EXPECT_EQ(edit.kind, EventKind::edit);
        EXPECT_EQ(edit.text, "novo");
        EXPECT_EQ(edit.edit_number, 2);
    }

    const auto referral =
        one(body_of(item_of(R"("referral":{"ref":"promo","source":"https://ig.me/m/x","type":"OPEN_THREAD"})")));
    EXPECT_EQ(referral.kind, EventKind::referral);
    EXPECT_EQ(referral.referral->reference, "promo");
}

TEST(ParseEvents, gives_an_old_postback_an_id_from_its_content)
{
    const auto body = body_of(item_of(R"("postback":{"title":"Preços","payload":"PRICES"})"));
    const auto event = one(body);
    EXPECT_EQ(event.kind, EventKind::postback);
    EXPECT_EQ(event.text, "Preços");
    EXPECT_EQ(event.payload, "PRICES");
    EXPECT_THAT(event.message_id, testing::StartsWith("derived-"));
    EXPECT_EQ(one(body).message_id, event.message_id) << "the same again has the same id";
    EXPECT_NE(one(body_of(item_of(R"("postback":{"title":"Outro","payload":"X"})"))).message_id, event.message_id);
    EXPECT_EQ(one(body_of(item_of(R"("postback":{"mid":"m7","title":"x","payload":"y"})"))).message_id, "m7");
}

constexpr auto kCommentValue =
    R"({"id":"179","parent_id":"178","text":"lindo","from":{"id":"222","username":"bia"},"media":{"id":"18","media_product_type":"FEED"}})";

TEST(ParseComments, reads_every_placement)
{
    for (
        const auto& body :
        {fmt::format(
             R"({{"object":"instagram","entry":[{{"id":"{}","time":1520622968,"changes":[{{"field":"comments","value":{}}}]}}]}})",
             kAccount, kCommentValue),
         fmt::format(
             R"({{"object":"instagram","entry":[{{"id":"{}","time":1520622968,"field":"comments","value":{}}}]}})",
             kAccount, kCommentValue),
         fmt::format(
             R"([{{"object":"instagram","entry":[{{"id":"{}","time":"1520622968","changes":[{{"field":"live_comments","value":{}}}]}}]}}])",
             kAccount, kCommentValue)}) {
        const auto event = one(body);
        EXPECT_EQ(event.kind, EventKind::comment);
        EXPECT_EQ(event.comment_id, "179");
        EXPECT_EQ(event.post_id, "18");
        EXPECT_EQ(event.reply_to, "178");
        EXPECT_EQ(event.customer, "222");
        EXPECT_EQ(event.customer_name, "bia");
        EXPECT_EQ(event.at, from_micros(1'520'622'968'000'000)) << "seconds in changes, milliseconds in messaging";
    }
}

TEST(ParseComments, reads_the_other_names_of_things)
{
    const auto change = [](const std::string& value) {
        return fmt::format(
            R"({{"object":"instagram","entry":[{{"id":"{}","time":1520622968,"changes":[{{"field":"comments","value":{}}}]}}]}})",
            kAccount, value);
    };
    EXPECT_EQ(one(change(R"({"comment_id":"9","text":"x"})")).comment_id, "9");
    EXPECT_EQ(one(change(R"({"id":"9","text":"x","from":{"id":"1","self_ig_scoped_id":"2"}})")).customer, "2");
    EXPECT_TRUE(one(change(fmt::format(R"({{"id":"9","text":"x","from":{{"id":"{}"}}}})", kAccount))).from_business);
    EXPECT_EQ(one(change(R"({"id":"9","parent_id":"18","media":{"id":"18"}})")).reply_to, "")
        << "a parent that is the post";
    EXPECT_EQ(parse_webhook(change(R"({"text":"no id"})")).problems.size(), 1U);
}

TEST(ParseComments, keeps_mentions_and_unknown_fields)
{
    const auto event = one(fmt::format(
        R"({{"object":"instagram","entry":[{{"id":"{}","time":1520622968,"changes":[{{"field":"mentions","value":{{"media_id":"5","comment_id":"6"}}}}]}}]}})",
        kAccount));
    EXPECT_EQ(event.kind, EventKind::unsupported);
    EXPECT_EQ(event.post_id, "5");
    EXPECT_EQ(event.comment_id, "6");
    EXPECT_THAT(event.raw, testing::HasSubstr("mentions"));
}

TEST(ParseShapes, reads_the_dashboards_test_bodies)
{
    const std::string value =
        R"({"sender":{"id":"12334"},"recipient":{"id":"23245"},"timestamp":"1527459824","message":{"mid":"random_mid","text":"random_text"}})";
    for (
        const auto& body :
        {fmt::format(
             R"({{"object":"instagram","entry":[{{"id":"0","time":1661141837,"changes":[{{"field":"messages","value":{}}}]}}]}})",
             value),
         fmt::format(R"({{"object":"instagram","entry":[{{"id":"0","time":1661141837,"messaging":[{}]}}]}})", value)}) {
        const auto event = one(body);
        EXPECT_EQ(event.account, "0");
        EXPECT_EQ(event.customer, "12334");
        EXPECT_EQ(event.at, from_micros(1'527'459'824'000'000));
    }
    EXPECT_EQ(one(fmt::format(R"({{"field":"messages","value":{}}})", value)).account, "23245") << "no entry at all";
}

TEST(ParseShapes, reads_standby_numbers_as_ids_and_iso_times)
{
    const auto event = one(
        R"({"object":"instagram","entry":[{"id":17841400000000001,"standby":[{"sender":{"id":9007199254740993},"recipient":{"id":17841400000000001},"timestamp":"2021-09-08T06:34:04+0000","message":{"mid":"m","text":"x"}}]}]})");
    EXPECT_EQ(event.account, kAccount);
    EXPECT_EQ(event.customer, "9007199254740993") << "above 2^53: never a double";
    EXPECT_EQ(event.at, *parse_rfc3339("2021-09-08T06:34:04Z"));
}

TEST(ParseShapes, takes_mixed_events_of_several_senders_in_one_body)
{
    const auto parsed =
        parse_webhook(body_of(item_of(R"("message":{"mid":"a","text":"1"})") + "," +
                              item_of(R"("reaction":{"mid":"a","action":"react","emoji":"x"})") + "," +
                              R"({"sender":{"id":"333"},"timestamp":1700000000456,"message":{"mid":"b","text":"2"}})"));
    ASSERT_EQ(parsed.events.size(), 3U);
    EXPECT_EQ(parsed.events[1].kind, EventKind::reaction);
    EXPECT_EQ(parsed.events[2].customer, "333");
}

TEST(ParseTroubles, one_bad_item_in_a_thousand_takes_no_other_with_it)
{
    std::string items;
    for (int i = 0; i < 999; ++i) {
        items += item_of(fmt::format(R"("message":{{"mid":"m{}","text":"x"}})", i)) + ",";
        if (i == 500) {
            items += R"({"sender":17,"message":"what?"},)";
        }
    }
    items.pop_back();
    const auto parsed = parse_webhook(body_of(items));
    EXPECT_EQ(parsed.events.size(), 999U);
    EXPECT_EQ(parsed.problems.size(), 1U);
}

TEST(ParseTroubles, members_of_the_wrong_type_are_problems_not_crashes)
{
    for (const auto* body : {"", "x", "1", "null", "[]", "[1]", "{}", R"({"object":"instagram"})",
                             R"({"object":"instagram","entry":{}})", R"({"entry":[1,null,[],"x",{}]})",
                             R"({"entry":[{"messaging":{}}]})", R"({"entry":[{"messaging":[null,1,"x",[],{}]}]})",
                             R"({"entry":[{"changes":[null,{"field":1},{"field":"comments","value":[]}]}]})",
                             R"({"object":"whatsapp_business_account","entry":[]})",
                             R"({"entry":[{"id":{},"time":[],"messaging":[{"sender":[],"message":1}]}]})"}) {
        EXPECT_TRUE(parse_webhook(body).events.empty()) << body;
    }
    const auto odd = one(body_of(item_of(
        R"("message":{"mid":"m1","text":["x"],"attachments":"y","reply_to":3,"referral":"z","is_echo":"no"})")));
    EXPECT_EQ(odd.kind, EventKind::unsupported);
    EXPECT_EQ(odd.message_id, "m1");
}

TEST(ParseTroubles, nesting_without_end_is_refused)
{
    const auto nested = [](int depth) {
        return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
    };
    EXPECT_EQ(parse_webhook(nested(1'000'000)).problems.size(), 1U);
    EXPECT_EQ(parse_webhook(body_of(item_of(R"("message":{"mid":"m","text":"[[[[{{{{","x":)" + nested(50) + "}")))
                  .events.size(),
              1U);
    EXPECT_EQ(
        parse_webhook(body_of(item_of(R"("message":{"mid":"m","text":"x","x":)" + nested(70) + "}"))).events.size(),
        0U);
}

TEST(ParseTroubles, broken_characters_do_not_lose_a_message)
{
    EXPECT_EQ(message(R"({"mid":"m1","text":"cut \ud83d"})").text, "cut \xef\xbf\xbd");
    EXPECT_EQ(message(R"({"mid":"m1","text":"\ude00 cut \\ud83d"})").text, "\xef\xbf\xbd cut \\ud83d");
    EXPECT_EQ(message("{\"mid\":\"m1\",\"text\":\"a\xff\xc3z\"}").text, "a\xef\xbf\xbd\xef\xbf\xbdz");
    EXPECT_EQ(message(R"({"mid":"m1","text":"a\u0000b"})").text,
              "a\xef\xbf\xbd"
              "b")
        << "no database takes a NUL";
}

TEST(ParseTimes, are_told_apart_by_magnitude)
{
    const auto at = [](const std::string& stamp) {
        return one(fmt::format(
                       R"({{"object":"instagram","entry":[{{"id":"1","messaging":[{{"sender":{{"id":"2"}},"timestamp":{},"message":{{"mid":"m","text":"x"}}}}]}}]}})",
                       stamp))
            .at;
    };
    const auto expected = from_micros(1'700'000'000'000'000);
    EXPECT_EQ(at("1700000000"), expected);
    EXPECT_EQ(at("1700000000000"), expected);
    EXPECT_EQ(at("\"1700000000\""), expected);
    EXPECT_EQ(at("1700000000.0"), expected);
    EXPECT_EQ(at("\"2023-11-14T22:13:20+0000\""), expected);
    EXPECT_EQ(at("-5"), Timestamp{});
    EXPECT_EQ(at("99999999999999999999999"), Timestamp{});
    EXPECT_EQ(at("\"soon\""), Timestamp{});
}

}  // namespace
}  // namespace ss::instagram

#include <ss/instagram.hpp>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace ss::instagram {
namespace {

using enum channel::FailureClass;

channel::Failure of(int code, int subcode, int status = 400)
{
    return classify(
        status,
        fmt::format(
            R"({{"error":{{"message":"m","type":"OAuthException","code":{},"error_subcode":{},"fbtrace_id":"A1"}}}})",
            code, subcode));
}

TEST(ErrorTable, decides_by_code_and_subcode)
{
    EXPECT_EQ(of(190, 463).kind, reconnect);
    EXPECT_EQ(of(190, 12345).kind, reconnect);
    EXPECT_EQ(of(190, 459).kind, restricted);
    EXPECT_EQ(of(10, 2'534'022).kind, window_closed);
    EXPECT_EQ(of(10, 0).kind, permission);
    EXPECT_EQ(of(10, 1'893'063).kind, restricted);
    EXPECT_EQ(of(4, 0).kind, throttled);
    EXPECT_EQ(of(4, 2'207'051).kind, restricted) << "a hold for spam, not a limit";
    EXPECT_EQ(of(613, 2'534'040).kind, throttled);
    EXPECT_EQ(of(80'002, 0).kind, throttled) << "a limit that comes as HTTP 400";
    EXPECT_EQ(of(9'007, 2'207'027).kind, not_ready);
    EXPECT_EQ(of(36'003, 2'207'009).kind, permanent);
    EXPECT_EQ(of(100, 2'207'009).kind, permanent);
    EXPECT_EQ(of(299, 0).kind, permission);
    EXPECT_EQ(of(230, 0).kind, permission);
    EXPECT_EQ(of(2, 0).kind, transient);
    EXPECT_EQ(of(424'242, 0).kind, permanent);
    EXPECT_EQ(of(424'242, 0, 500).kind, transient);
}

TEST(ErrorTable, does_not_let_the_status_overrule_the_code)
{
    for (const int status : {200, 400, 401, 403, 429, 500}) {
        EXPECT_EQ(of(190, 463, status).kind, reconnect) << status;
    }
}

TEST(ErrorTable, names_code_detail_and_both_sentences)
{
    const auto failure = of(10, 2'534'022);
    EXPECT_EQ(failure.code, "10/2534022");
    EXPECT_THAT(failure.sentence, testing::HasSubstr("24 hours"));
    EXPECT_THAT(failure.sentence_pt, testing::HasSubstr("24 horas"));
    EXPECT_EQ(failure.detail, "m (trace A1)");
    EXPECT_GT(of(4, 0).retry_after.count(), 0);
}

TEST(ErrorTable, reads_answers_that_are_no_errors_of_graph)
{
    EXPECT_EQ(classify(502, "<html>Bad Gateway</html>").kind, transient);
    EXPECT_EQ(classify(500, "").kind, transient);
    EXPECT_EQ(classify(429, "").kind, throttled);
    EXPECT_EQ(classify(404, "{}").kind, permanent);
    EXPECT_EQ(classify(200, "not json").kind, transient);
    EXPECT_EQ(classify(400, R"({"error":"text"})").kind, permanent);
    const auto login = classify(
        400,
        R"({"error_type":"OAuthException","code":400,"error_message":"Matching code was not found or was already used"})");
    EXPECT_EQ(login.kind, permanent);
    EXPECT_EQ(login.code, "oauth/400");
    EXPECT_THAT(login.detail, testing::HasSubstr("Matching code"));
    EXPECT_EQ(classify(400, R"({"error":{"code":"190","error_subcode":"463"}})").code, "190/463") << "numbers as text";
    EXPECT_EQ(classify(400, R"({"error":{"code":100,"is_transient":true}})").kind, transient);
}

TEST(ErrorTable, has_one_row_a_code_and_whole_sentences)
{
    std::set<std::pair<int, int>> seen;
    for (const auto& rule : error_rules()) {
        EXPECT_TRUE(seen.emplace(rule.code, rule.subcode).second) << rule.code << "/" << rule.subcode;
        EXPECT_TRUE(rule.english.ends_with('.') || rule.english.ends_with('?')) << rule.english;
        EXPECT_TRUE(rule.portuguese.ends_with('.') || rule.portuguese.ends_with('?')) << rule.portuguese;
        EXPECT_NE(rule.english, rule.portuguese);
    }
}

}  // namespace
}  // namespace ss::instagram

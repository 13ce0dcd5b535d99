// Findings as people, CI servers and programs read them.
#include <ss/check.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ss::check {
namespace {

using namespace std::chrono_literals;

std::vector<Finding> findings()
{
    return {{1, "the site answers", Verdict::pass, "", "", 12ms},
            {2, "log in", Verdict::fail, "status 401: <no>\x1B[31m", "is the \"password\" right?", 3ms},
            {3, "TLS", Verdict::skip, "http", "", 0ms}};
}

TEST(Format, a_line_says_verdict_name_time_reason_and_hint)
{
    const auto all = findings();
    EXPECT_TRUE(to_line(all[0]).starts_with("ok    1  the site answers")) << to_line(all[0]);
    EXPECT_NE(to_line(all[0]).find("12 ms"), std::string::npos);
    EXPECT_NE(to_line(all[1]).find("hint: is the \"password\" right?"), std::string::npos);
    EXPECT_EQ(to_line(all[1]).find('\x1B'), std::string::npos) << "text from outside cannot paint the terminal";
    EXPECT_TRUE(has_failed(all));
    EXPECT_FALSE(has_failed(std::span{all}.first(1)));
}

TEST(Format, json_counts_and_lists)
{
    const auto document = nlohmann::json::parse(to_json(findings()));
    EXPECT_EQ(document.at("passed"), 1);
    EXPECT_EQ(document.at("failed"), 1);
    EXPECT_EQ(document.at("skipped"), 1);
    EXPECT_EQ(document.at("checks").at(1).at("verdict"), "fail");
    EXPECT_EQ(document.at("checks").at(1).at("hint"), "is the \"password\" right?");
}

TEST(Format, tap_has_a_plan_and_a_line_each)
{
    const auto text = to_tap(findings());
    EXPECT_TRUE(text.starts_with("TAP version 13\n1..3\nok 1 - the site answers\nnot ok 2 - log in\n")) << text;
    EXPECT_NE(text.find("ok 3 - TLS # SKIP http\n"), std::string::npos);
}

TEST(Format, junit_is_escaped_xml)
{
    const auto text = to_junit(findings());
    EXPECT_NE(text.find("tests=\"3\" failures=\"1\" skipped=\"1\""), std::string::npos);
    EXPECT_NE(text.find("&lt;no&gt;"), std::string::npos);
    EXPECT_NE(text.find("&quot;password&quot;"), std::string::npos);
    EXPECT_EQ(text.find("<no>"), std::string::npos);
}

TEST(Format, there_are_fifteen_smoke_checks)
{
    EXPECT_EQ(smoke_names().size(), 15U);
    EXPECT_EQ(smoke_names().front(), "the site answers");
    EXPECT_EQ(smoke_names().back(), "all services are healthy");
}

}  // namespace
}  // namespace ss::check

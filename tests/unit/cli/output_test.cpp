// What a command says: one JSON document, tables, escapes, progress.
#include "output.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ss::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::internal::CaptureStderr;
using testing::internal::CaptureStdout;
using testing::internal::GetCapturedStderr;
using testing::internal::GetCapturedStdout;

TEST(Output, json_is_one_document_and_nothing_else)
{
    CaptureStdout();
    CaptureStderr();
    Output output{{.json = true}};
    output.say("for a person");
    output.note("for a person");
    output.table({.columns = {"A"}, .rows = {{"1"}}});
    output.put("count", 3);
    output.put("name", "bad \xff byte");
    EXPECT_EQ(output.finish(2), 2);
    const auto document = json::parse(GetCapturedStdout());
    EXPECT_EQ(document["count"], 3);
    EXPECT_EQ(GetCapturedStderr(), "");
}

TEST(Output, a_json_error_keeps_code_hint_place_and_details)
{
    CaptureStdout();
    Output output{{.json = true}};
    const std::vector<Error> details{{Errc::configuration, "a", "b", "c", {}}};
    output.detail(details);
    EXPECT_EQ(output.finish(Error{Errc::locked, "another run holds it", "wait", "migrate", {}}), 11);
    const auto error = json::parse(GetCapturedStdout())["error"];
    EXPECT_EQ(error["code"], "locked");
    EXPECT_EQ(error["message"], "another run holds it");
    EXPECT_EQ(error["hint"], "wait");
    EXPECT_EQ(error["where"], "migrate");
    EXPECT_EQ(error["details"][0]["message"], "a");
}

TEST(Output, success_without_a_result_is_still_a_document)
{
    CaptureStdout();
    Output output{{.json = true}};
    output.finish(0);
    EXPECT_EQ(json::parse(GetCapturedStdout()), json::parse(R"({"done":true})"));
}

TEST(Output, what_comes_from_outside_cannot_move_the_cursor)
{
    CaptureStdout();
    CaptureStderr();
    Output output{{}};
    output.say("a\x1b[2Jb");
    output.table({.columns = {"NAME"}, .rows = {{"x\ny\x1b]0;t\x07"}}});
    output.finish(Error{Errc::invalid, "bad \x1b[31m", "hint \r", "", {}});
    const auto text = GetCapturedStdout() + GetCapturedStderr();
    EXPECT_THAT(text, testing::Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, testing::Not(HasSubstr("\r")));
    EXPECT_THAT(text, HasSubstr("x\\x0ay"));
}

TEST(Output, columns_line_up_by_characters_and_not_by_bytes)
{
    CaptureStdout();
    Output output{{}};
    output.table({.columns = {"NAME", "N"}, .rows = {{"promoção", "1"}, {"x", "22"}}});
    EXPECT_EQ(GetCapturedStdout(), "NAME      N\npromoção  1\nx         22\n");
}

TEST(Output, quiet_keeps_results_and_drops_notes)
{
    CaptureStdout();
    CaptureStderr();
    Output output{{.quiet = true}};
    output.say("result");
    output.note("note");
    {
        Progress progress{output, "copy", 10};
        progress.update(10, 10);
    }
    EXPECT_EQ(GetCapturedStdout(), "result\n");
    EXPECT_EQ(GetCapturedStderr(), "");
}

TEST(Progress, is_plain_lines_where_there_is_no_terminal)
{
    CaptureStderr();
    Output output{{}};
    {
        Progress progress{output, "copy", 100};
        for (int i = 1; i <= 100; ++i) {
            progress.update(i, 100);
        }
    }
    EXPECT_EQ(GetCapturedStderr(), "copy: 0 %\ncopy: 25 %\ncopy: 50 %\ncopy: 75 %\ncopy: 100 %\n");
}

TEST(Progress, is_a_bar_on_a_terminal_and_cleans_up)
{
    CaptureStderr();
    Output output{{.progress = true}};
    {
        Progress progress{output, "copy", 2};
        progress.update(1, 2);
    }
    const auto text = GetCapturedStderr();
    EXPECT_THAT(text, HasSubstr("copy [###############               ]  50 %"));
    EXPECT_THAT(text, testing::EndsWith("\r\x1b[K"));
}

}  // namespace
}  // namespace ss::cli

// One event is one line, whatever is in it; secrets do not get through.
#include <ss/log.hpp>
#include <ss/testing/temp_dir.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <thread>
#include <vector>

namespace ss::observe {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class Log : public ::testing::Test {
protected:
    void capture(LogFormat format, Level level = Level::trace)
    {
        set_up_log(
            {.level = level, .format = format, .sink = [this](std::string_view line) { lines_.emplace_back(line); }});
    }
    ~Log() override { set_up_log({}); }

    std::vector<std::string> lines_;
};

TEST_F(Log, json_has_typed_fields_and_the_request_of_the_thread)
{
    capture(LogFormat::json);
    const RequestScope scope{"r-1"};
    {
        const RequestScope inner{"job-7"};
        log_info("inner");
    }
    log_warning("took long", {{"milliseconds", 12}, {"ratio", 0.5}, {"cached", false}, {"route", "/x"}});
    std::thread{[] { log_info("elsewhere"); }}.join();

    ASSERT_EQ(lines_.size(), 3U);
    EXPECT_EQ(json::parse(lines_[0])["request"], "job-7");
    const auto line = json::parse(lines_[1]);
    EXPECT_EQ(line["level"], "warning");
    EXPECT_EQ(line["message"], "took long");
    EXPECT_EQ(line["request"], "r-1");
    EXPECT_EQ(line["milliseconds"], 12);
    EXPECT_EQ(line["ratio"], 0.5);
    EXPECT_EQ(line["cached"], false);
    EXPECT_EQ(line["route"], "/x");
    EXPECT_THAT(line["time"].get<std::string>(), ::testing::EndsWith("Z"));
    EXPECT_FALSE(json::parse(lines_[2]).contains("request"));
}

TEST_F(Log, every_nasty_text_stays_one_line_that_parses)
{
    for (const auto format : {LogFormat::json, LogFormat::text}) {
        for (const std::string& nasty :
             {std::string{"a\r\nb"}, std::string{"\x1b[2J\x07"}, std::string{"nul\0in", 6},
              std::string{"\u2028x\u2029"}, std::string{"\"quo\\te"}, std::string{"\xff\xc0\x80 bad"},
              std::string{"\u0085\u009b31m"}, std::string{"\u202e turned"}, std::string{"{\"level\":\"info\"}"},
              std::string{"ç日本🙂"}}) {
            lines_.clear();
            capture(format);
            const RequestScope scope{nasty};
            log_info(nasty, {{nasty, nasty}, {"plain", nasty}});
            ASSERT_EQ(lines_.size(), 1U);
            for (const char* raw : {"\n", "\r", "\x1b", "\u2028", "\u2029", "\u0085", "\u009b", "\u202e", "\xff"}) {
                EXPECT_THAT(lines_[0], Not(HasSubstr(raw)));
            }
            EXPECT_EQ(lines_[0].find('\0'), std::string::npos);
            if (format == LogFormat::json) {
                EXPECT_NO_THROW(std::ignore = json::parse(lines_[0])) << lines_[0];
            }
        }
    }
}

TEST_F(Log, ordinary_text_comes_through_unchanged)
{
    capture(LogFormat::json);
    log_info("Promoção — 🙂 \"hoje\"");
    EXPECT_EQ(json::parse(lines_.at(0))["message"], "Promoção — 🙂 \"hoje\"");
}

TEST_F(Log, events_below_the_level_are_dropped_and_the_level_can_change)
{
    capture(LogFormat::text, to_level("warning"));
    log_info("no");
    EXPECT_FALSE(is_logged(Level::info));
    set_log_level(Level::debug);
    log_debug("yes");
    ASSERT_EQ(lines_.size(), 1U);
    EXPECT_THAT(lines_[0], HasSubstr("debug   yes"));
}

TEST_F(Log, long_values_are_cut_and_say_so)
{
    capture(LogFormat::json);
    log_info(std::string(100'000, 'm'), {{"body", std::string(100'000, 'x')}});
    EXPECT_LT(lines_.at(0).size(), 13'000U);
    EXPECT_THAT(lines_[0], HasSubstr("(100000 bytes)"));
}

TEST_F(Log, infinite_numbers_are_null)
{
    capture(LogFormat::json);
    log_info("x", {{"a", 1.0 / 0.0}});
    EXPECT_TRUE(json::parse(lines_.at(0))["a"].is_null());
}

TEST_F(Log, fields_with_secret_names_are_hidden)
{
    capture(LogFormat::json);
    log_info("x", {{"password", "CANARY"},
                   {"Authorization", "Bearer CANARY"},
                   {"access_token", "CANARY"},
                   {"client_secret", "CANARY"},
                   {"signed_request", "CANARY"},
                   {"code", "CANARYCANARYCANARYCANARYCANARY"},
                   {"smtp_password", "CANARY"},
                   {"token", 12345}});
    EXPECT_THAT(lines_.at(0), Not(HasSubstr("CANARY")));
    EXPECT_THAT(lines_.at(0), Not(HasSubstr("12345")));
    log_info("x", {{"code", "not_found"}});
    EXPECT_EQ(json::parse(lines_.at(1))["code"], "not_found");
}

TEST_F(Log, the_journal_gets_fields_and_json_is_what_remains_without_it)
{
    const ss::testing::TempDir folder;
    const auto path = (folder / "socket").string();
    const int journal = ::socket(AF_UNIX, SOCK_DGRAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    ASSERT_EQ(::bind(journal, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    set_up_log({.format = LogFormat::journal,
                .sink = [this](std::string_view line) { lines_.emplace_back(line); },
                .journal_socket = path});
    const RequestScope scope{"r-1"};
    log_warning("two\nlines access_token=CANARY",
                {{"account-id", 7}, {"password", "CANARY"}, {"text", "a\nPRIORITY=0"}});
    std::array<char, 4096> buffer{};
    const auto size = ::recv(journal, buffer.data(), buffer.size(), MSG_DONTWAIT);
    ::close(journal);
    ASSERT_GT(size, 0);
    EXPECT_EQ(std::string(buffer.data(), static_cast<std::size_t>(size)),
              "MESSAGE=two\\u000alines access_token=***\nPRIORITY=4\nSYSLOG_IDENTIFIER=social-selling\nREQUEST=r-1\n"
              "SS_ACCOUNT_ID=7\nSS_PASSWORD=***\nSS_TEXT=a\\u000aPRIORITY=0\n");
    EXPECT_TRUE(lines_.empty());

    log_warning("the journal has gone");
    ASSERT_EQ(lines_.size(), 1U);
    EXPECT_EQ(json::parse(lines_[0])["message"], "the journal has gone");
}

struct Text {
    const char* before;
    const char* after;
};

class Redaction : public ::testing::TestWithParam<Text> {};

TEST_P(Redaction, hides_the_secret_and_nothing_else)
{
    EXPECT_EQ(redacted(GetParam().before), GetParam().after);
}

INSTANTIATE_TEST_SUITE_P(
    all, Redaction,
    ::testing::Values(
        Text{"GET /me?fields=id&access_token=abc&limit=5", "GET /me?fields=id&access_token=***&limit=5"},
        Text{"https://a/callback?code=AQB1&state=x", "https://a/callback?code=***&state=x"},
        Text{"code=AQB1&grant_type=authorization_code", "code=***&grant_type=authorization_code"},
        Text{"status code=200, error code: 190", "status code=200, error code: 190"},
        Text{R"({"access_token":"a\"b","token_type":"bearer"})", R"({"access_token":"***","token_type":"bearer"})"},
        Text{R"({"password": "p w", "code":"invalid"})", R"({"password": "***", "code":"invalid"})"},
        Text{"Authorization: Bearer abc.def", "Authorization: Bearer ***"},
        Text{"authorization: Basic dTpw", "authorization: Basic ***"},
        Text{"sent Bearer abcdefghijklmnop", "sent Bearer ***"},
        Text{"Cookie: session=1; theme=dark", "Cookie: ***; theme=dark"},
        Text{"postgresql://u:p@ss@h/db failed", "postgresql://u:***@h/db failed"},
        Text{"redis://:pw@h:1", "redis://:***@h:1"}, Text{"https://h/a@b:c", "https://h/a@b:c"},
        Text{"jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln ok", "jwt *** ok"},
        Text{"got IGAAabcdefghijklmnopqrstuvwxyz123456", "got ***"},
        Text{"client_secret=s&redirect_uri=https%3A%2F%2Fa", "client_secret=***&redirect_uri=https%3A%2F%2Fa"},
        Text{"hub.verify_token=w&hub.challenge=1", "hub.verify_token=***&hub.challenge=1"},
        Text{"token_type=bearer tokens=3", "token_type=bearer tokens=3"}, Text{"password", "password"},
        Text{"password=", "password="}, Text{"password: \"", "password: \""}, Text{"", ""}));

}  // namespace
}  // namespace ss::observe

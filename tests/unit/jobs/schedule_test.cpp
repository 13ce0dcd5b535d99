// Cron, intervals and time zones.

#include <ss/jobs.hpp>

#include <gtest/gtest.h>

namespace ss::jobs {
namespace {

using namespace std::chrono_literals;

Timestamp at(std::string_view text)
{
    return parse_rfc3339(text).value();
}

/// The ticks after `start`, as text.
std::vector<std::string> ticks(std::string_view schedule, std::string_view zone, std::string_view start, int count)
{
    const auto parsed = Schedule::parse(schedule, zone).value();
    std::vector<std::string> found;
    auto now = at(start);
    for (int tick = 0; tick < count; ++tick) {
        now = parsed.next(now);
        found.push_back(to_rfc3339(now));
    }
    return found;
}

using Ticks = std::vector<std::string>;

TEST(ScheduleTest, a_daily_schedule_ticks_at_its_local_time)
{
    EXPECT_EQ(ticks("0 2 * * *", "America/Sao_Paulo", "2026-01-01T00:00:00Z", 2),
              (Ticks{"2026-01-01T05:00:00Z", "2026-01-02T05:00:00Z"}));
    EXPECT_EQ(ticks("0 2 * * *", "UTC", "2026-01-01T02:00:00Z", 1), (Ticks{"2026-01-02T02:00:00Z"}));
    EXPECT_EQ(ticks("0 2 * * *", "UTC", "2026-01-01T01:59:59.999999Z", 1), (Ticks{"2026-01-01T02:00:00Z"}));
}

TEST(ScheduleTest, fields_take_ranges_lists_steps_and_names)
{
    EXPECT_EQ(ticks("*/20 8-9 * * mon-fri", "UTC", "2026-01-02T09:10:00Z", 3),  // a Friday
              (Ticks{"2026-01-02T09:20:00Z", "2026-01-02T09:40:00Z", "2026-01-05T08:00:00Z"}));
    EXPECT_EQ(ticks("5,35 0 1 JAN,jul *", "UTC", "2026-01-01T00:05:00Z", 2),
              (Ticks{"2026-01-01T00:35:00Z", "2026-07-01T00:05:00Z"}));
    EXPECT_EQ(ticks("0 0 * * 7", "UTC", "2026-01-01T00:00:00Z", 1), (Ticks{"2026-01-04T00:00:00Z"}));
    EXPECT_EQ(ticks("0 0 * * 5-7", "UTC", "2026-01-03T12:00:00Z", 1), (Ticks{"2026-01-04T00:00:00Z"}));
    EXPECT_EQ(ticks("10/25 0 * * *", "UTC", "2026-01-01T00:00:00Z", 2),
              (Ticks{"2026-01-01T00:10:00Z", "2026-01-01T00:35:00Z"}));
    EXPECT_EQ(ticks("@monthly", "UTC", "2026-01-01T00:00:00Z", 1), (Ticks{"2026-02-01T00:00:00Z"}));
}

TEST(ScheduleTest, with_day_and_weekday_either_is_enough)
{
    EXPECT_EQ(ticks("0 0 13 * fri", "UTC", "2026-01-01T00:00:00Z", 4),
              (Ticks{"2026-01-02T00:00:00Z", "2026-01-09T00:00:00Z", "2026-01-13T00:00:00Z", "2026-01-16T00:00:00Z"}));
}

TEST(ScheduleTest, a_leap_day_is_found_and_a_day_that_never_comes_is_not)
{
    EXPECT_EQ(ticks("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", 1), (Ticks{"2028-02-29T00:00:00Z"}));
    EXPECT_EQ(Schedule::parse("0 0 31 2 *").value().next(at("2026-01-01T00:00:00Z")), Timestamp::max());
}

TEST(ScheduleTest, a_local_time_that_new_york_skips_runs_at_the_next_one_that_exists)
{
    // 8 March 2026: 02:00 becomes 03:00 EDT (07:00Z).
    EXPECT_EQ(ticks("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", 2),
              (Ticks{"2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"}));
    EXPECT_EQ(ticks("*/20 * * * *", "America/New_York", "2026-03-08T06:30:00Z", 3),
              (Ticks{"2026-03-08T06:40:00Z", "2026-03-08T07:00:00Z", "2026-03-08T07:20:00Z"}));
}

TEST(ScheduleTest, a_local_time_that_new_york_has_twice_runs_once)
{
    // 1 November 2026: 02:00 EDT becomes 01:00 EST; 01:30 is 05:30Z and 06:30Z.
    EXPECT_EQ(ticks("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", 2),
              (Ticks{"2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"}));
    EXPECT_EQ(ticks("30 * * * *", "America/New_York", "2026-11-01T05:00:00Z", 2),
              (Ticks{"2026-11-01T05:30:00Z", "2026-11-01T07:30:00Z"}));
}

TEST(ScheduleTest, sao_paulo_skipped_midnight_while_it_had_daylight_saving)
{
    // 4 November 2018: 00:00 became 01:00 (03:00Z); 18 February 2019... ended on the 17th: 00:00 became 23:00.
    EXPECT_EQ(ticks("0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z", 2),
              (Ticks{"2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"}));
    EXPECT_EQ(ticks("30 23 * * *", "America/Sao_Paulo", "2019-02-16T12:00:00Z", 2),
              (Ticks{"2019-02-17T01:30:00Z", "2019-02-18T02:30:00Z"}));
    EXPECT_EQ(ticks("0 0 * * *", "America/Sao_Paulo", "2019-11-03T12:00:00Z", 1), (Ticks{"2019-11-04T03:00:00Z"}));
}

TEST(ScheduleTest, a_day_that_samoa_skipped_runs_at_the_next_moment_that_exists)
{
    EXPECT_EQ(ticks("0 12 30 12 *", "Pacific/Apia", "2011-12-29T00:00:00Z", 1), (Ticks{"2011-12-30T10:00:00Z"}));
}

TEST(ScheduleTest, an_interval_counts_from_1970)
{
    EXPECT_EQ(ticks("every 30s", "UTC", "2026-01-01T00:00:07Z", 2),
              (Ticks{"2026-01-01T00:00:30Z", "2026-01-01T00:01:00Z"}));
    EXPECT_EQ(ticks("every 6h", "UTC", "2026-01-01T06:00:00Z", 1), (Ticks{"2026-01-01T12:00:00Z"}));
}

TEST(ScheduleTest, nonsense_is_refused_with_a_sentence)
{
    for (const auto* text : {"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *",
                             "* * * * 8", "5-1 * * * *", "*/0 * * * *", "a * * * *", "1, * * * *", "-1 * * * *",
                             "every 0s", "every", "every 5", "every x", "@often"}) {
        const auto parsed = Schedule::parse(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, Errc::invalid) << text;
        EXPECT_FALSE(parsed.error().hint.empty()) << text;
    }
    EXPECT_FALSE(Schedule::parse("0 2 * * *", "Mars/Olympus"));
}

TEST(BackOffTest, twenty_five_attempts_are_about_three_weeks)
{
    std::chrono::seconds total{0};
    for (int attempt = 1; attempt < 25; ++attempt) {
        const double base = 15.0 + static_cast<double>(attempt) * attempt * attempt * attempt;
        EXPECT_GE(back_off(attempt, 0.0).count(), static_cast<std::int64_t>(base * 0.9));
        EXPECT_LE(back_off(attempt, 0.999).count(), static_cast<std::int64_t>(base * 1.1));
        total += back_off(attempt, 0.5);
    }
    EXPECT_GT(total, 24h * 19);
    EXPECT_LT(total, 24h * 23);
}

}  // namespace
}  // namespace ss::jobs

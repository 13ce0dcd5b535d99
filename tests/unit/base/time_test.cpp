// RFC 3339 both ways, in every shape Meta sends, and the clock that tests move.
#include <ss/time.hpp>

#include <gtest/gtest.h>

namespace ss {
namespace {

using namespace std::chrono_literals;

TEST(Time, prints_what_it_reads)
{
    for (const auto* text : {"2026-11-23T19:03:44Z", "2026-11-23T19:03:44.500Z", "2026-11-23T19:03:44.123456Z",
                             "1969-12-31T23:59:59.999Z", "2024-02-29T00:00:00Z"}) {
        const auto at = parse_rfc3339(text);
        ASSERT_TRUE(at) << text;
        EXPECT_EQ(to_rfc3339(*at), text);
    }
}

TEST(Time, reads_offsets_with_and_without_colon)
{
    const auto wanted = parse_rfc3339("2022-07-12T19:11:07Z");
    for (const auto* text : {"2022-07-12T19:11:07+0000", "2022-07-12T16:11:07-03:00", "2022-07-12t21:11:07+0200",
                             "2022-07-12 19:11:07z"}) {
        EXPECT_EQ(parse_rfc3339(text), wanted) << text;
    }
    EXPECT_EQ(parse_rfc3339("2022-07-12T19:11:07.1234567Z"), *wanted + 123456us);
}

TEST(Time, refuses_what_is_no_time)
{
    for (const auto* text : {"", "2026", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
                             "2026-01-01T00:60:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00Zx",
                             "2026-01-01T00:00:00+25:00", "2026-01-01T00:00:00.Z", "-026-01-01T00:00:00Z"}) {
        EXPECT_FALSE(parse_rfc3339(text)) << text;
    }
}

TEST(Time, a_manual_clock_moves_only_when_told)
{
    ManualClock clock;
    const auto start = clock.now();
    const auto steady = clock.steady();
    EXPECT_EQ(clock.now(), start);
    clock.advance(24h);
    EXPECT_EQ(clock.now() - start, 24h);
    EXPECT_EQ(clock.steady() - steady, 24h);
}

}  // namespace
}  // namespace ss

// Health: order, worst state, answers kept for a moment, probes that throw.
#include <ss/health.hpp>

#include <gtest/gtest.h>

#include <latch>
#include <stdexcept>
#include <thread>

namespace ss::observe {
namespace {

using namespace std::chrono_literals;

TEST(Health, reports_each_part_with_its_state_and_time)
{
    ManualClock clock;
    Health health{clock};
    health.add("database", [&] {
        clock.advance(5ms);
        return HealthReading{};
    });
    health.add("redis", [] { return HealthReading{HealthState::degraded, "does not answer; limits are kept here"}; });
    const auto reports = health.check();
    ASSERT_EQ(reports.size(), 2U);
    EXPECT_EQ(reports[0].name, "database");
    EXPECT_EQ(reports[0].state, HealthState::ok);
    EXPECT_EQ(reports[0].latency, 5ms);
    EXPECT_EQ(reports[1].detail, "does not answer; limits are kept here");
    EXPECT_EQ(worst(reports), HealthState::degraded);
    EXPECT_EQ(worst({}), HealthState::ok);
}

TEST(Health, keeps_answers_for_a_moment)
{
    ManualClock clock;
    Health health{clock, 1s};
    int calls = 0;
    health.add("x", [&] {
        ++calls;
        return HealthReading{};
    });
    std::ignore = health.check();
    std::ignore = health.check();
    EXPECT_EQ(calls, 1);
    clock.advance(1s);
    std::ignore = health.check();
    EXPECT_EQ(calls, 2);
}

TEST(Health, a_probe_that_throws_has_failed_and_its_text_stays_inside)
{
    ManualClock clock;
    Health health{clock};
    health.add("x", []() -> HealthReading { throw std::runtime_error{"password=CANARY"}; });
    const auto reports = health.check();
    EXPECT_EQ(reports.at(0).state, HealthState::failed);
    EXPECT_EQ(reports.at(0).detail.find("CANARY"), std::string::npos);
}

TEST(Health, a_slow_probe_does_not_hold_up_others)
{
    ManualClock clock;
    Health health{clock, 0ms};
    std::latch started{1};
    std::latch finish{1};
    bool slow = false;
    health.add("x", [&] {
        if (slow) {
            started.count_down();
            finish.wait();
            return HealthReading{HealthState::failed, "late"};
        }
        return HealthReading{};
    });
    std::ignore = health.check();
    slow = true;
    std::jthread prober{[&] { std::ignore = health.check(); }};
    started.wait();
    EXPECT_EQ(health.check().at(0).state, HealthState::ok);
    finish.count_down();
}

}  // namespace
}  // namespace ss::observe

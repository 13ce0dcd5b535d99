// kill -9 of the daemon, fifty times, under a stream of signed webhooks: what was answered with 200 is in the timeline
// exactly once.
#include "shop.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include <poll.h>

namespace ss::testing {
namespace {

using namespace std::chrono_literals;

int kills_wanted()
{
    const auto* const text = std::getenv("SS_TEST_KILLS");
    return text == nullptr ? 50 : std::atoi(text);
}

std::map<std::string, int> timeline(const Api& api)
{
    std::map<std::string, int> count;
    std::string cursor;
    do {
        const auto page = api.get("/api/v1/messages?limit=100" + (cursor.empty() ? "" : "&cursor=" + cursor));
        EXPECT_EQ(page.status, 200) << page.body;
        if (page.status != 200) {
            return count;
        }
        for (const auto& item : page.json.at("items")) {
            ++count[item.at("external_id").get<std::string>()];
        }
        cursor = page.json.at("next").is_null() ? "" : page.json.at("next").get<std::string>();
    } while (!cursor.empty());
    return count;
}

class Kill : public ::testing::TestWithParam<Backend> {};

TEST_P(Kill, loses_no_acknowledged_event_and_stores_none_twice)
{
    Shop shop{GetParam(), {{"SS_JOBS_LEASE", "5s"}}, {.webhook_connections = 4}};
    shop.open();
    auto ready = shop.ready();
    shop.sandbox->start_stream(200);
    std::mt19937 random{20'261'123};  // the same moments in every run
    for (int i = 0; i < kills_wanted() && !::testing::Test::HasFailure(); ++i) {
        poll(nullptr, 0, std::uniform_int_distribution{20, 220}(random));
        shop.crash_and_restart();
    }
    shop.sandbox->stop_stream();
    ASSERT_TRUE(shop.sandbox->wait_delivered(60s));

    const auto acknowledged = shop.sandbox->acknowledged_mids();
    const auto log_in =
        shop.api().post("/api/v1/auth/login", {{"email", "maria@loja.example"}, {"password", kPassword}});
    ASSERT_EQ(log_in.status, 200) << log_in.body;
    ready.api.token = log_in.json.at("access_token");
    const auto missing = [&] {
        const auto stored = timeline(ready.api);
        return std::ranges::count_if(acknowledged, [&](const std::string& mid) { return !stored.contains(mid); });
    };
    EXPECT_TRUE(eventually([&] { return missing() == 0; }, 90s))
        << missing() << " of " << acknowledged.size() << " are missing";
    for (const auto& [mid, times] : timeline(ready.api)) {
        EXPECT_EQ(times, 1) << mid;
    }
    EXPECT_GT(acknowledged.size(), 100U);
    RecordProperty("acknowledged", static_cast<int>(acknowledged.size()));
    fmt::print("{} acknowledged events, {} kills\n", acknowledged.size(), kills_wanted());
}

INSTANTIATE_TEST_SUITE_P(Storage, Kill, ::testing::Values(Backend::sqlite, Backend::postgres_and_redis), name_of);

}  // namespace
}  // namespace ss::testing

// Numbers of the account and of its posts: made up from dates and ids, so that the same question has the same answer.

#include "core.hpp"

#include <ss/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace ss::sandbox {
namespace {

constexpr std::string_view kScope = "instagram_business_manage_insights";

constexpr std::array<std::string_view, 14> kAccountMetrics{"reach",
                                                           "views",
                                                           "accounts_engaged",
                                                           "total_interactions",
                                                           "likes",
                                                           "comments",
                                                           "saves",
                                                           "shares",
                                                           "replies",
                                                           "reposts",
                                                           "profile_links_taps",
                                                           "follows_and_unfollows",
                                                           "follower_count",
                                                           "profile_views"};
constexpr std::array<std::string_view, 2> kSeriesMetrics{"reach", "follower_count"};
constexpr std::array<std::string_view, 10> kPostMetrics{"reach",   "views",         "total_interactions", "shares",
                                                        "reposts", "likes",         "comments",           "saved",
                                                        "follows", "profile_visits"};

std::int64_t made_up(std::string_view metric, std::int64_t number)
{
    std::int64_t hash = 17;
    for (const char c : metric) {
        hash = (hash * 31 + static_cast<unsigned char>(c)) % 9'973;
    }
    return 5 + (hash + number * 37) % 240;
}

Answer unknown_metric(std::size_t place)
{
    return answer(GraphError{
        .code = 100,
        .message = fmt::format("(#100) metric[{}] must be one of the following values: reach, follower_count, "
                               "online_followers, accounts_engaged, total_interactions, likes, …",
                               place)});
}

struct Days {
    std::int64_t first;
    std::int64_t last;
};

Days days_of(const World& world, const Call& call)
{
    const auto now = to_micros(world.now()) / 1'000'000;
    const auto until = to_integer(call.text("until")).value_or(now);
    const auto since = to_integer(call.text("since")).value_or(until - 86'400);
    return {since / 86'400, std::max(since, until - 1) / 86'400};
}

json series(const std::string& metric, Days days, std::int64_t followers)
{
    json values = json::array();
    for (auto day = days.first; day <= days.last; ++day) {
        const auto end = from_micros((day + 1) * 86'400'000'000 + 8 * 3'600'000'000LL);
        const auto text = to_rfc3339(end);
        values.push_back({{"value", metric == "follower_count" ? followers % 7 : made_up(metric, day)},
                          {"end_time", text.substr(0, text.size() - 1) + "+0000"}});
    }
    return values;
}

json total(const std::string& metric, Days days)
{
    std::int64_t sum = 0;
    for (auto day = days.first; day <= days.last; ++day) {
        sum += made_up(metric, day);
    }
    return {{"value", sum}};
}

}  // namespace

Answer show_account_insights(Core& core, const Call& call, const std::string&)
{
    auto world = core.world.lock();
    if (const auto token = authorize(*world, call, kScope); !token) {
        return answer(token.error());
    }
    const auto metrics = call.list("metric");
    const bool is_total = call.text("metric_type") == "total_value";
    const auto days = days_of(*world, call);
    if (days.last - days.first > 30) {
        return answer(GraphError{
            .code = 100, .message = "(#100) There cannot be more than 30 days (2592000 s) between since and until"});
    }
    json data = json::array();
    for (std::size_t i = 0; i < metrics.size(); ++i) {
        const auto& metric = metrics[i];
        if (std::ranges::find(kAccountMetrics, metric) == kAccountMetrics.end()) {
            return unknown_metric(i);
        }
        const bool has_series = std::ranges::find(kSeriesMetrics, metric) != kSeriesMetrics.end();
        if (!is_total && !has_series) {
            return answer(GraphError{
                .code = 100,
                .message = fmt::format(
                    "(#100) The following metrics ({}) should be specified with parameter metric_type=total_value",
                    metric)});
        }
        if (metric == "profile_views") {
            continue;  // deprecated: answered with nothing
        }
        json row{{"name", metric},
                 {"period", "day"},
                 {"title", metric},
                 {"description", ""},
                 {"id", fmt::format("{}/insights/{}/day", world->business.id, metric)}};
        if (is_total) {
            row["total_value"] = total(metric, days);
        } else {
            row["values"] = series(metric, days, world->followers);
        }
        data.push_back(std::move(row));
    }
    return metrics.empty() ? unknown_metric(0) : answer(json{{"data", data}});
}

Answer show_media_insights(Core& core, const Call& call, const std::string& id)
{
    auto world = core.world.lock();
    if (const auto token = authorize(*world, call, kScope); !token) {
        return answer(token.error());
    }
    json data = json::array();
    for (const auto& metric : call.list("metric")) {
        if (std::ranges::find(kPostMetrics, metric) == kPostMetrics.end()) {
            return answer(GraphError{
                .code = 100,
                .message = fmt::format(
                    "(#100) The Media Insights API does not support the {} metric for this media product type.",
                    metric)});
        }
        const auto number = to_integer(id.substr(id.size() - 6)).value_or(0);
        data.push_back({{"name", metric},
                        {"period", "lifetime"},
                        {"title", metric},
                        {"description", ""},
                        {"values", json::array({{{"value", made_up(metric, number)}}})},
                        {"id", fmt::format("{}/insights/{}/lifetime", id, metric)}});
    }
    return data.empty() ? unknown_metric(0) : answer(json{{"data", data}});
}

}  // namespace ss::sandbox

// Numbers. One refused metric makes Meta refuse the whole call, so then each is asked for alone.

#include "errors.hpp"
#include "graph.hpp"

#include <ss/text.hpp>

#include <array>

namespace ss::instagram {
namespace {

using channel::Access, channel::FailureClass, channel::Insights, channel::Outcome;

constexpr std::array<std::string_view, 10> kAccountMetrics{
    "reach",  "views", "accounts_engaged", "total_interactions", "likes", "comments",
    "shares", "saves", "replies",          "profile_links_taps"};
constexpr std::array<std::string_view, 9> kPostMetrics{
    "reach", "views", "total_interactions", "likes", "comments", "saved", "shares", "follows", "profile_visits"};
constexpr std::chrono::hours kMaxSpan{24 * 30};

// {"name","total_value":{"value":n}} or {"name","values":[{"value":n},…]}; nothing measured is nothing, never 0.
void read_metrics(const json& answer, Insights& insights)
{
    for (const auto& row : member(answer, "data").is_array() ? answer["data"] : json::array()) {
        const auto name = text_of(row, "name");
        auto value = integer_of(member(row, "total_value"), "value");
        const auto& values = member(row, "values");
        for (const auto& item : values.is_array() ? values : json::array()) {
            if (const auto one = integer_of(item, "value")) {
                value = value.value_or(0) + *one;
            }
        }
        if (!name.empty() && value) {
            insights[name] = *value;
        }
    }
}

bool is_refused_metric(const channel::Failure& failure)
{
    // 100: unknown here; 1: a combination Meta does not like; 10: too few viewers.
    return failure.code.starts_with("100") || failure.code == "1" || failure.code == "10";
}

Outcome<Insights> ask(std::span<const std::string_view> metrics, const auto& get)
{
    std::string all;
    for (const auto metric : metrics) {
        all += (all.empty() ? "" : ",") + std::string{metric};
    }
    Insights insights;
    const auto together = get(all);
    if (together) {
        read_metrics(*together, insights);
        return insights;
    }
    if (!is_refused_metric(together.error())) {
        return std::unexpected(together.error());
    }
    bool has_answer = false;
    for (const auto metric : metrics) {
        const auto alone = get(std::string{metric});
        if (alone) {
            has_answer = true;
            read_metrics(*alone, insights);
        } else if (!is_refused_metric(alone.error())) {
            return std::unexpected(alone.error());
        }
    }
    if (!has_answer) {
        return std::unexpected(together.error());
    }
    return insights;
}

std::string unix_seconds(Timestamp at)
{
    return std::to_string(to_micros(at) / 1'000'000);
}

}  // namespace

Outcome<Insights> Instagram::account_insights(const Access& access, Timestamp since, Timestamp until)
{
    if (until <= since || until - since > kMaxSpan) {
        return std::unexpected(failure(FailureClass::permanent, "local/span",
                                       "Instagram gives numbers for at most 30 days at once.",
                                       "O Instagram fornece números de no máximo 30 dias por vez."));
    }
    return ask(kAccountMetrics, [&](const std::string& metrics) {
        return graph_->get(access, account_path(access) + "/insights",
                           {{"metric", metrics},
                            {"period", "day"},
                            {"metric_type", "total_value"},
                            {"since", unix_seconds(since)},
                            {"until", unix_seconds(until)}});
    });
}

Outcome<Insights> Instagram::post_insights(const Access& access, std::string_view post_id)
{
    return ask(kPostMetrics, [&](const std::string& metrics) {
        return graph_->get(access, percent_encode(post_id) + "/insights", {{"metric", metrics}});
    });
}

}  // namespace ss::instagram

// /api/v1/analytics: the dashboard, from measured numbers only.
#include "../routes.hpp"
#include "fields.hpp"

#include <ss/analytics.hpp>

#include <fmt/core.h>

namespace ss::daemon {
namespace {

using namespace std::chrono_literals;
using analytics::Analytics, analytics::Dashboard;
using http::In, http::Method, http::Request, http::Response, http::Type;
using nlohmann::json;

json to_json(const analytics::Day& day)
{
    return {{"day", to_rfc3339(Timestamp{day.day}).substr(0, 10)},
            {"received", day.received},
            {"sent", day.sent},
            {"followers", or_null(day.followers)},
            {"reach", or_null(day.reach)}};
}

json to_json(const Dashboard& dashboard, const analytics::Range& range)
{
    auto days = json::array();
    for (const auto& day : dashboard.days) {
        days.push_back(to_json(day));
    }
    return {{"from", to_rfc3339(range.from)},
            {"to", to_rfc3339(range.to)},
            {"messages_received", dashboard.messages_received},
            {"messages_sent", dashboard.messages_sent},
            {"messages_failed", dashboard.messages_failed},
            {"new_conversations", dashboard.new_conversations},
            {"response_time_seconds", dashboard.response_time ? json(dashboard.response_time->count()) : json(nullptr)},
            {"answers", dashboard.answers},
            {"posts_published", dashboard.posts_published},
            {"posts_scheduled", dashboard.posts_scheduled},
            {"posts_failed", dashboard.posts_failed},
            {"followers", or_null(dashboard.followers)},
            {"reach", or_null(dashboard.reach)},
            {"views", or_null(dashboard.views)},
            {"interactions", or_null(dashboard.interactions)},
            {"days", std::move(days)},
            {"computed_at", to_rfc3339(dashboard.computed_at)}};
}

/// Whole minutes, so that browsers that ask "the last 30 days" at nearly the same time share one answer.
Result<Response> dashboard(Analytics& analytics, const Clock& clock, const Request& request)
{
    const auto to =
        optional_time(request.text("to")).value_or(std::chrono::floor<std::chrono::minutes>(clock.now()) + 1min);
    const analytics::Range range{optional_time(request.text("from")).value_or(to - std::chrono::days{30}), to};
    const auto computed =
        TRY(analytics.dashboard(request.caller.workspace, range, optional_id<AccountId>(request, "account")));
    return http::json_response(200, to_json(computed, range));
}

void add_schemas(http::Router& router)
{
    router.add(http::Schema{.name = "Day",
                            .about = "One UTC day with at least one number.",
                            .fields = {{.name = "day", .about = "2026-11-23"},
                                       {.name = "received", .type = Type::integer},
                                       {.name = "sent", .type = Type::integer},
                                       {.name = "followers", .type = Type::integer, .nullable = true},
                                       {.name = "reach", .type = Type::integer, .nullable = true}}});
    router.add(http::Schema{
        .name = "Dashboard",
        .about = "Numbers of a range; null where nothing was measured.",
        .fields = {{.name = "from", .type = Type::timestamp},
                   {.name = "to", .type = Type::timestamp},
                   {.name = "messages_received", .type = Type::integer},
                   {.name = "messages_sent", .type = Type::integer},
                   {.name = "messages_failed", .type = Type::integer},
                   {.name = "new_conversations", .type = Type::integer},
                   {.name = "response_time_seconds",
                    .type = Type::integer,
                    .about = "median time to the first answer",
                    .nullable = true},
                   {.name = "answers", .type = Type::integer, .about = "how many answers the median is over"},
                   {.name = "posts_published", .type = Type::integer},
                   {.name = "posts_scheduled", .type = Type::integer},
                   {.name = "posts_failed", .type = Type::integer},
                   {.name = "followers", .type = Type::integer, .nullable = true},
                   {.name = "reach", .type = Type::integer, .nullable = true},
                   {.name = "views", .type = Type::integer, .nullable = true},
                   {.name = "interactions", .type = Type::integer, .nullable = true},
                   {.name = "days", .type = Type::array, .schema = "Day"},
                   {.name = "computed_at", .type = Type::timestamp, .about = "at most 30 seconds ago"}}});
}

}  // namespace

void add_analytics_routes(http::Router& router, Analytics& analytics, const Clock& clock)
{
    add_schemas(router);
    router.add(
        {.method = Method::get,
         .path = "/api/v1/analytics/dashboard",
         .about = "The dashboard of a range (default: the last 30 days), of all accounts or one.",
         .tag = "analytics",
         .scope = "analytics:read",
         .fields =
             {{.name = "from", .in = In::query, .type = Type::timestamp, .about = "included"},
              {.name = "to",
               .in = In::query,
               .type = Type::timestamp,
               .about = "excluded; at most 366 days after from"},
              {.name = "account", .in = In::query, .type = Type::integer, .about = "only this account", .minimum = 1}},
         .returns = "Dashboard",
         .errors = {Errc::not_found},
         .handler = [&analytics, &clock](const Request& request) { return dashboard(analytics, clock, request); },
         .aliases = {"/analytics/dashboard"}});
}

}  // namespace ss::daemon

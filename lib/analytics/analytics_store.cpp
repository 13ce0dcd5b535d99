// The rows behind the numbers: seven statements a dashboard, however long its range.
#include "analytics_store.hpp"

#include <ss/jobs.hpp>
#include <ss/sql/analytics.hpp>
#include <ss/storage.hpp>

#include <fmt/core.h>

#include <map>

namespace ss::analytics {
namespace {

namespace sql = ss::sql::analytics;
using std::chrono::days, std::chrono::sys_days;
using storage::Session;

sys_days day_of(std::int64_t number)
{
    return sys_days{days{number}};
}

using Days = std::map<std::int64_t, Day>;

Day& day_in(Days& all, std::int64_t number)
{
    auto& day = all[number];
    day.day = day_of(number);
    return day;
}

void add(std::optional<std::int64_t>& sum, std::int64_t value)
{
    sum = sum.value_or(0) + value;
}

/// `Query` with the four parameters they all have.
template <class Query>
Query within(const Scope& scope)
{
    return {.workspace = scope.workspace.value,
            .account = scope.account,
            .from = to_micros(scope.range.from),
            .to = to_micros(scope.range.to)};
}

/// Insights are of whole days: the one the range begins in counts.
template <class Query>
Query within_days(const Scope& scope)
{
    auto query = within<Query>(scope);
    query.from = to_micros(std::chrono::floor<days>(scope.range.from));
    return query;
}

Result<void> add_messages(Session& session, const Scope& scope, Dashboard& dashboard, Days& all)
{
    const auto rows = TRY(session.all(within<sql::MessagesByDay>(scope)));
    for (const auto& row : rows) {
        auto& day = day_in(all, row.day);
        day.received = row.received;
        day.sent = row.sent;
        dashboard.messages_received += row.received;
        dashboard.messages_sent += row.sent;
        dashboard.messages_failed += row.failed;
    }
    const auto conversations = TRY(session.one(within<sql::NewConversations>(scope)));
    dashboard.new_conversations = conversations ? conversations->count : 0;
    const auto response = TRY(session.one(within<sql::ResponseTime>(scope)));
    if (response && response->median) {
        dashboard.answers = response->answers;
        dashboard.response_time =
            std::chrono::round<std::chrono::seconds>(std::chrono::microseconds{*response->median});
    }
    return {};
}

Result<void> add_posts(Session& session, const Scope& scope, Dashboard& dashboard)
{
    const auto rows = TRY(session.all(within<sql::PostsByState>(scope)));
    for (const auto& row : rows) {
        if (row.state == "published") {
            dashboard.posts_published += row.count;
        } else if (row.state == "scheduled" || row.state == "publishing") {
            dashboard.posts_scheduled += row.count;
        } else if (row.state == "failed" || row.state == "unknown") {
            dashboard.posts_failed += row.count;
        }
    }
    return {};
}

Result<void> add_insights(Session& session, const Scope& scope, Dashboard& dashboard, Days& all)
{
    const auto rows = TRY(session.all(within_days<sql::InsightsByDay>(scope)));
    for (const auto& row : rows) {
        if (row.metric == "reach") {
            add(dashboard.reach, row.value);
            day_in(all, row.day).reach = row.value;
        } else if (row.metric == "views") {
            add(dashboard.views, row.value);
        } else if (row.metric == "total_interactions") {
            add(dashboard.interactions, row.value);
        } else {
            day_in(all, row.day).followers = row.value;
        }
    }
    const auto last = TRY(session.one(within_days<sql::LastFollowers>(scope)));
    if (last) {
        dashboard.followers = last->followers;
    }
    return {};
}

}  // namespace

Result<Dashboard> read_dashboard(storage::Database& database, const Scope& scope)
{
    return database.read([&](Session& session) -> Result<Dashboard> {
        if (scope.account != 0) {
            const auto own = TRY(session.one(sql::OwnAccount{.id = scope.account, .workspace = scope.workspace.value}));
            if (!own) {
                return fail(Errc::not_found, "there is no such account");
            }
        }
        Dashboard dashboard;
        Days all;
        TRY(add_messages(session, scope, dashboard, all));
        TRY(add_posts(session, scope, dashboard));
        TRY(add_insights(session, scope, dashboard, all));
        for (const auto& [number, day] : all) {
            dashboard.days.push_back(day);
        }
        return dashboard;
    });
}

Result<void> store_measured(storage::Database& database, const channel::Account& account,
                            const std::vector<Measured>& measured, Timestamp now)
{
    return database.write([&](Session& session) -> Result<void> {
        for (const auto& one : measured) {
            TRY(session.run(sql::StoreInsight{.workspace = account.workspace.value,
                                              .account = account.id.value,
                                              .day = to_micros(one.day),
                                              .metric = one.metric,
                                              .value = one.value,
                                              .now = to_micros(now)}));
        }
        return {};
    });
}

Result<int> queue_accounts(storage::Database& database, jobs::Queue& queue, std::chrono::sys_days today)
{
    return database.write([&](Session& session) -> Result<int> {
        const auto accounts = TRY(session.all(sql::AccountsToFetch{.today = to_micros(today)}));
        for (const auto& account : accounts) {
            TRY(queue.enqueue(session, {.kind = std::string{kFetchJob},
                                        .payload = fmt::format(R"({{"account":{}}})", account.id),
                                        .priority = jobs::Priority::bulk,
                                        .run_at = {},
                                        .unique_key = fmt::format("account:{}", account.id),
                                        .serial_key = fmt::format("account:{}", account.id),
                                        .max_attempts = 8,
                                        .workspace = WorkspaceId{account.workspace}}));
        }
        return static_cast<int>(accounts.size());
    });
}

}  // namespace ss::analytics

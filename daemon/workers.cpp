// Job kind → domain function, and the timers.
#include "workers.hpp"

#include "departures.hpp"
#include "idempotency.hpp"
#include "unused_blobs.hpp"

#include <ss/analytics.hpp>
#include <ss/auth.hpp>
#include <ss/channel.hpp>
#include <ss/connect.hpp>
#include <ss/copies.hpp>
#include <ss/ingest.hpp>
#include <ss/jobs.hpp>
#include <ss/log.hpp>
#include <ss/messaging.hpp>
#include <ss/metrics.hpp>
#include <ss/posts.hpp>
#include <ss/realtime.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <array>
#include <functional>
#include <string>

namespace ss::daemon {
namespace {

using namespace std::chrono_literals;
using jobs::Context, jobs::Outcome;

/// A domain function that answers with a time wants to run again then.
Result<Outcome> as_outcome(Result<std::optional<Timestamp>> step)
{
    const auto again = TRY(std::move(step));
    return again ? Outcome::retry_at(*again) : Outcome::done();
}

/// Counts and logs around every handler.
jobs::Handler observed(observe::Metrics& metrics, std::string kind, std::function<Result<Outcome>(const Context&)> work)
{
    return [&metrics, kind = std::move(kind), work = std::move(work)](const Context& context) {
        const observe::RequestScope scope{fmt::format("job-{}", context.job.id.value)};
        const auto begun = std::chrono::steady_clock::now();
        auto outcome = work(context);
        const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun);
        const auto* word = !outcome                                   ? "failed"
                           : outcome->kind == Outcome::Kind::done     ? "done"
                           : outcome->kind == Outcome::Kind::retry_at ? "returned"
                                                                      : "dead";
        metrics.counter("sss_jobs_total", {kind, word}).add();
        metrics.histogram("sss_job_seconds", {kind}).observe(took.count());
        if (!outcome) {
            observe::log_warning(
                "job failed", {{"kind", kind}, {"attempt", context.job.attempts}, {"error", outcome.error().message}});
        }
        return outcome;
    };
}

constexpr std::string_view kRefreshAccount = "account.refresh";
constexpr std::string_view kRefreshDue = "accounts.refresh_due";
constexpr std::string_view kFetchInsights = "analytics.queue";
constexpr std::string_view kPrune = "maintenance.prune";

Result<Outcome> refresh_account(const WorkServices& services, const Context& context)
{
    const auto payload = nlohmann::json::parse(context.job.payload, nullptr, false);
    const auto refreshed = services.connector.refresh(AccountId{payload.value("account", std::int64_t{0})});
    if (refreshed) {
        return Outcome::done();
    }
    const auto& error = refreshed.error();
    // A dead token does not come back by trying: the account's state tells the user to connect again.
    if (error.code == Errc::account_disconnected || error.code == Errc::not_found) {
        return Outcome::give_up(error.message);
    }
    return std::unexpected(error);
}

/// From day 7 of a token on, and never later than 20 days before it ends.
Result<Outcome> queue_refreshes(const WorkServices& services)
{
    const auto now = services.clock.now();
    for (const auto account : TRY(services.accounts.due_for_refresh(now + 53 * 24h, now - 24h))) {
        TRY(services.queue.enqueue({.kind = std::string{kRefreshAccount},
                                    .payload = fmt::format(R"({{"account":{}}})", account.value),
                                    .priority = jobs::Priority::normal,
                                    .unique_key = std::to_string(account.value),
                                    .max_attempts = 12}));
    }
    return Outcome::done();
}

Result<Outcome> prune(const WorkServices& services)
{
    TRY(services.queue.prune(48h, 24h * 180));
    TRY(services.hub.prune());
    TRY(services.idempotency.prune());
    TRY(services.journal.prune());
    TRY(services.auth.sweep());
    TRY(erase_unused_blobs(services.database, services.blobs));
    return Outcome::done();
}

struct Timer {
    std::string_view name;
    std::string_view when;
};
constexpr std::array kTimers{Timer{kRefreshDue, "17 * * * *"}, Timer{kFetchInsights, "30 5 * * *"},
                             Timer{kPrune, "40 3 * * *"}};

}  // namespace

Result<void> add_work(jobs::Workers& workers, const WorkServices& services)
{
    const auto handle = [&](std::string_view kind, std::function<Result<Outcome>(const Context&)> work) {
        workers.handle(kind, observed(services.metrics, std::string{kind}, std::move(work)));
    };
    handle(ingest::kProcessJob, [services](const Context& context) { return services.journal.process(context); });
    handle(messaging::kSendJob,
           [services](const Context& context) { return as_outcome(services.outbox.deliver_job(context.job.payload)); });
    handle(messaging::kProfileJob, [services](const Context& context) {
        return as_outcome(services.outbox.refresh_profile_job(context.job.payload));
    });
    handle(messaging::kCopyJob,
           [services](const Context& context) { return as_outcome(services.copies.copy_job(context.job.payload)); });
    handle(messaging::kForgetCopyJob, [services](const Context& context) {
        return as_outcome(erase_unused_blob(services.database, services.blobs, services.clock, context.job.payload));
    });
    handle(posts::kPublishJob, [services](const Context& context) {
        return as_outcome(services.planner.publish_job(context.job.payload));
    });
    handle(analytics::kFetchJob, [services](const Context& context) {
        return as_outcome(services.analytics.fetch_job(context.job.payload));
    });
    handle(kDeletePersonJob, [services](const Context& context) -> Result<Outcome> {
        TRY(services.departures.run(services.auth, context.job.payload));
        return Outcome::done();
    });
    handle(kRefreshAccount, [services](const Context& context) { return refresh_account(services, context); });
    handle(kRefreshDue, [services](const Context&) { return queue_refreshes(services); });
    handle(kFetchInsights, [services](const Context&) -> Result<Outcome> {
        TRY(services.analytics.queue_fetches());
        return Outcome::done();
    });
    handle(kPrune, [services](const Context&) { return prune(services); });
    for (const auto& timer : kTimers) {
        const auto when = TRY(jobs::Schedule::parse(timer.when));
        workers.schedule(timer.name, when, {.kind = std::string{timer.name}, .unique_key = "timer"});
    }
    return {};
}

}  // namespace ss::daemon

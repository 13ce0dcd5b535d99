// The queue as its users see it: enqueue in their transaction, look, retry, cancel, prune.

#include <ss/jobs.hpp>
#include <ss/sql/jobs.hpp>
#include <ss/storage.hpp>
#include <ss/text.hpp>

#include "row_store.hpp"
#include "signal.hpp"

#include <algorithm>
#include <limits>

namespace ss::jobs {
namespace {

using storage::Session;

constexpr int kMaxRows = 1'000;

std::unexpected<Error> no_such_job()
{
    return fail(Errc::not_found, "no such job");
}

template <class Query>
Result<std::vector<Job>> jobs_of(Session& session, const Query& query)
{
    auto rows = TRY(session.all(query));
    std::vector<Job> jobs;
    jobs.reserve(rows.size());
    for (auto& row : rows) {
        jobs.push_back(job_of(std::move(row)));
    }
    return jobs;
}

/// Deletes in small transactions, so that nobody waits long.
template <class Query>
Result<std::int64_t> prune_all(storage::Database& database, const Query& query)
{
    std::int64_t total = 0;
    while (true) {
        const auto gone = TRY(database.write([&](Session& session) { return session.run(query); }));
        if (gone == 0) {
            return total;
        }
        total += gone;
    }
}

}  // namespace

Queue::Queue(storage::Database& database, const Clock& clock)
    : database_{database}, clock_{clock}, signal_{std::make_unique<Signal>()}
{
}

Queue::~Queue() = default;

Result<JobId> Queue::enqueue(Session& session, const NewJob& job)
{
    if (job.kind.empty() || job.kind.find(' ') != std::string::npos || job.max_attempts < 1) {
        return fail(Errc::invalid, "a job has a kind without spaces and at least one attempt");
    }
    const auto now = clock_.now();
    const auto run_at = job.run_at.value_or(now);
    const bool due = run_at <= now;
    const sql::jobs::InsertJob insert{.workspace_id = job.workspace.value,
                                      .kind = job.kind,
                                      .payload = job.payload,
                                      .priority = static_cast<std::int64_t>(job.priority),
                                      .stage = due ? 1 : 0,
                                      .run_at = to_micros(run_at),
                                      .lane = lane_of(job.kind, job.serial_key),
                                      .unique_key = job.unique_key,
                                      .max_attempts = job.max_attempts,
                                      .now = to_micros(now)};
    // The job that has the key may finish between the two statements; then the key is free.
    for (int attempt = 0; attempt < 10; ++attempt) {
        if (const auto inserted = TRY(session.one(insert))) {
            if (due) {
                session.after_commit([signal = signal_.get()] { signal->wake_one(); });
            }
            return JobId{inserted->id};
        }
        if (const auto there =
                TRY(session.one(sql::jobs::FindUnique{.kind = job.kind, .unique_key = job.unique_key}))) {
            return JobId{there->id};
        }
    }
    return fail(Errc::busy, "a job with this unique key comes and goes too fast");
}

Result<JobId> Queue::enqueue(const NewJob& job)
{
    return database_.write([&](Session& session) { return enqueue(session, job); });
}

Result<Job> Queue::get(JobId id) const
{
    auto row = TRY(database_.read([&](Session& session) { return session.one(sql::jobs::GetJob{.id = id.value}); }));
    if (!row) {
        return no_such_job();
    }
    return job_of(*std::move(row));
}

Result<JobPage> Queue::list(const Filter& filter) const
{
    auto before = std::numeric_limits<std::int64_t>::max();
    if (!filter.cursor.empty()) {
        const auto cursor = to_integer(filter.cursor);
        if (!cursor || *cursor < 1) {
            return fail(Errc::invalid, "the cursor is not one of ours", {}, "cursor");
        }
        before = *cursor;
    }
    const int limit = std::clamp(filter.limit, 1, kMaxRows);
    const std::string state{filter.state ? to_string(*filter.state) : std::string_view{}};
    JobPage page;
    page.jobs = TRY(database_.read([&](Session& session) -> Result<std::vector<Job>> {
        if (!filter.kind.empty()) {
            return jobs_of(session, sql::jobs::ListJobsByKind{
                                        .kind = filter.kind, .state = state, .before = before, .max_rows = limit + 1});
        }
        if (filter.state) {
            return jobs_of(session,
                           sql::jobs::ListJobsByState{.state = state, .before = before, .max_rows = limit + 1});
        }
        return jobs_of(session, sql::jobs::ListJobs{.before = before, .max_rows = limit + 1});
    }));
    if (page.jobs.size() > static_cast<std::size_t>(limit)) {
        page.jobs.pop_back();
        page.next = std::to_string(page.jobs.back().id.value);
    }
    return page;
}

Result<void> Queue::retry(JobId id)
{
    const auto touched = TRY(database_.write([&](Session& session) -> Result<std::int64_t> {
        session.after_commit([signal = signal_.get()] { signal->wake_one(); });
        return session.run(sql::jobs::RetryDead{.id = id.value, .now = to_micros(clock_.now())});
    }));
    if (touched == 0) {
        TRY(get(id));
        return fail(Errc::conflict, "only a dead or cancelled job can be tried again");
    }
    return {};
}

Result<void> Queue::cancel(JobId id)
{
    const auto touched = TRY(database_.write([&](Session& session) {
        return session.run(sql::jobs::CancelQueued{.id = id.value, .now = to_micros(clock_.now())});
    }));
    if (touched == 0) {
        TRY(get(id));
        return fail(Errc::conflict, "only a queued job can be cancelled");
    }
    return {};
}

Result<Counts> Queue::counts() const
{
    const auto now = clock_.now();
    const auto row =
        TRY(database_.read([&](Session& session) { return session.one(sql::jobs::CountJobs{.now = to_micros(now)}); }));
    Counts counts;
    if (row) {
        counts.queued = row->queued;
        counts.running = row->running;
        counts.dead = row->dead;
        const auto oldest =
            std::min(row->oldest_due.value_or(to_micros(now)), row->oldest_waiting.value_or(to_micros(now)));
        counts.oldest_due = std::chrono::duration_cast<std::chrono::seconds>(now - from_micros(oldest));
    }
    return counts;
}

Result<std::int64_t> Queue::prune(std::chrono::hours done, std::chrono::hours dead)
{
    const auto now = clock_.now();
    const auto finished = TRY(prune_all(database_, sql::jobs::PruneDone{.before = to_micros(now - done)}));
    const auto buried = TRY(prune_all(database_, sql::jobs::PruneBuried{.before = to_micros(now - dead)}));
    return finished + buried;
}

}  // namespace ss::jobs

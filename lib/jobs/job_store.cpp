// Claiming and settling: SKIP LOCKED on PostgreSQL, the one writer on SQLite; every change of a running job asks for
// its fence.

#include "job_store.hpp"

#include <ss/sql/jobs.hpp>
#include <ss/storage.hpp>
#include <ss/text.hpp>

#include "row_store.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>
#include <vector>

namespace ss::jobs {
namespace {

using namespace std::chrono_literals;
using storage::Session;

/// Longer waits let the later jobs of a lane pass.
constexpr auto kLaneWaits = 15min;
constexpr std::size_t kMaxErrorBytes = 1'000;

enum Stage : std::int64_t { kWaits = 0, kMayRun = 1, kHoldsLane = 2 };

/// Valid, short and harmless on a terminal: errors may carry a service's words.
std::string storable(std::string_view error)
{
    auto text = is_valid_utf8(error) ? printable(error) : std::string{"(an error text that is not UTF-8)"};
    if (text.size() > kMaxErrorBytes) {
        auto end = kMaxErrorBytes;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
            --end;
        }
        text.resize(end);
    }
    return text;
}

Stage stage_of(std::chrono::microseconds wait, std::string_view serial_key)
{
    if (wait <= 0s) {
        return kMayRun;
    }
    return !serial_key.empty() && wait <= kLaneWaits ? kHoldsLane : kWaits;
}

Result<std::optional<Job>> claim_in(Session& session, const Claim& claim)
{
    // Each workspace is asked for once: other threads serve meanwhile, and an order that changes is no order.
    std::vector<std::tuple<std::int64_t, std::int64_t, std::uint64_t, std::int64_t>> turns;
    const auto heads = TRY(session.all(sql::jobs::DueWorkspaces{}));
    for (const auto& head : heads) {
        turns.emplace_back(head.priority, head.running, claim.last_served(WorkspaceId{head.workspace_id}),
                           head.workspace_id);
    }
    std::ranges::sort(turns);
    for (const auto& [priority, running, served, workspace] : turns) {
        auto row = TRY(session.one(sql::jobs::TakeJob{.priority = priority,
                                                      .workspace_id = workspace,
                                                      .owner = claim.owner,
                                                      .lease_until_at = to_micros(claim.lease_until)}));
        if (row) {
            return std::optional{job_of(*std::move(row))};
        }
    }
    return std::optional<Job>{};
}

Result<std::int64_t> settle_in(Session& session, const Job& job, const Settlement& settlement, Timestamp now)
{
    switch (settlement.state) {
        case State::done:
            return session.run(sql::jobs::FinishJob{.id = job.id.value, .fence = job.fence, .now = to_micros(now)});
        case State::queued:
            return session.run(sql::jobs::RequeueJob{.id = job.id.value,
                                                     .fence = job.fence,
                                                     .stage = stage_of(settlement.run_at - now, job.serial_key),
                                                     .run_at = to_micros(settlement.run_at),
                                                     .attempts = job.attempts - (settlement.counted ? 0 : 1),
                                                     .last_error = storable(settlement.error)});
        default:
            return session.run(sql::jobs::BuryJob{.id = job.id.value,
                                                  .fence = job.fence,
                                                  .now = to_micros(now),
                                                  .last_error = storable(settlement.error)});
    }
}

}  // namespace

Result<bool> JobStore::any_due()
{
    const auto row = TRY(database_.read([](Session& session) { return session.one(sql::jobs::AnyDue{}); }));
    return row.has_value();
}

Result<std::optional<Job>> JobStore::claim(const Claim& claim)
{
    auto job = database_.write([&](Session& session) { return claim_in(session, claim); });
    if (!job && job.error().code == Errc::conflict) {
        return std::optional<Job>{};  // two claimed from one lane at once; the index let one
    }
    return job;
}

Result<JobStore::Settled> JobStore::settle(const Job& job, const Settlement& settlement, Timestamp now,
                                           const Claim* claim)
{
    return database_.write([&](Session& session) -> Result<Settled> {
        Settled settled;
        settled.accepted = TRY(settle_in(session, job, settlement, now)) == 1;
        if (claim != nullptr) {
            settled.next = TRY(claim_in(session, *claim));
        }
        return settled;
    });
}

Result<void> JobStore::give_back(const std::vector<Lease>& leases, Timestamp now)
{
    return database_.write([&](Session& session) -> Result<void> {
        for (const auto& lease : leases) {
            TRY(session.run(sql::jobs::GiveBackJob{.id = lease.id.value, .fence = lease.fence, .now = to_micros(now)}));
        }
        return {};
    });
}

Result<void> JobStore::renew(const std::vector<Lease>& leases, Timestamp until)
{
    return database_.write([&](Session& session) -> Result<void> {
        for (const auto& lease : leases) {
            TRY(session.run(
                sql::jobs::RenewLease{.id = lease.id.value, .fence = lease.fence, .lease_until_at = to_micros(until)}));
        }
        return {};
    });
}

Result<std::vector<Lease>> JobStore::leases()
{
    auto rows = TRY(database_.read([](Session& session) { return session.all(sql::jobs::RunningJobs{}); }));
    std::vector<Lease> leases;
    leases.reserve(rows.size());
    for (auto& row : rows) {
        leases.push_back({.id = JobId{row.id},
                          .fence = row.fence,
                          .owner = std::move(row.owner),
                          .until = from_micros(row.lease_until_at),
                          .serial_key = std::move(row.lane),
                          .attempts = static_cast<int>(row.attempts),
                          .max_attempts = static_cast<int>(row.max_attempts),
                          .deaths = static_cast<int>(row.deaths)});
    }
    return leases;
}

Result<bool> JobStore::take_over(const Lease& lease, const Settlement& settlement, Timestamp now)
{
    const bool buried = settlement.state == State::dead;
    const sql::jobs::TakeOverJob query{.id = lease.id.value,
                                       .fence = lease.fence,
                                       .lease_until_at = to_micros(lease.until),
                                       .state = std::string{to_string(settlement.state)},
                                       .stage = buried ? kMayRun : stage_of(settlement.run_at - now, lease.serial_key),
                                       .run_at = to_micros(settlement.run_at),
                                       .deaths = lease.deaths,
                                       .finished_at = buried ? std::optional{to_micros(now)} : std::nullopt,
                                       .last_error = settlement.error};
    return TRY(database_.write([&](Session& session) { return session.run(query); })) == 1;
}

Result<std::int64_t> JobStore::promote(Timestamp now)
{
    const auto next = TRY(database_.read([](Session& session) { return session.one(sql::jobs::NextWaiting{}); }));
    if (!next || from_micros(next->run_at) > now) {
        return 0;
    }
    return database_.write([&](Session& session) { return session.run(sql::jobs::PromoteDue{.now = to_micros(now)}); });
}

Result<void> JobStore::put_schedule(const std::string& name, const std::string& rhythm, Timestamp next)
{
    const sql::jobs::PutSchedule query{.name = name, .rhythm = rhythm, .next_at = to_micros(next)};
    TRY(database_.write([&](Session& session) { return session.run(query); }));
    return {};
}

Result<ScheduleRow> JobStore::schedule(const std::string& name)
{
    const auto row =
        TRY(database_.read([&](Session& session) { return session.one(sql::jobs::GetSchedule{.name = name}); }));
    if (!row) {
        return fail(Errc::not_found, "no such schedule");
    }
    ScheduleRow schedule{.next = from_micros(row->next_at), .last_tick = {}};
    if (row->last_tick_at) {
        schedule.last_tick = from_micros(*row->last_tick_at);
    }
    return schedule;
}

Result<bool> JobStore::fire(const std::string& name, Timestamp expected, Timestamp now, Timestamp next, Queue& queue,
                            const NewJob& job)
{
    const sql::jobs::FireSchedule query{
        .name = name, .expected_at = to_micros(expected), .now = to_micros(now), .next_at = to_micros(next)};
    return database_.write([&](Session& session) -> Result<bool> {
        if (TRY(session.run(query)) == 0) {
            return false;
        }
        TRY(queue.enqueue(session, job));
        return true;
    });
}

Result<void> JobStore::move_schedule(const std::string& name, Timestamp expected, Timestamp next)
{
    const sql::jobs::MoveSchedule query{.name = name, .expected_at = to_micros(expected), .next_at = to_micros(next)};
    TRY(database_.write([&](Session& session) { return session.run(query); }));
    return {};
}

}  // namespace ss::jobs

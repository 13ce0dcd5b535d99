// Keeping: leases of running jobs renewed, those of dead workers taken over, waiting jobs made due, schedules fired.

#include <ss/process.hpp>

#include "owner.hpp"
#include "signal.hpp"
#include "workers_state.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace ss::jobs {
namespace {

using namespace std::chrono_literals;

/// A tick further ahead than this was fired by a wall clock that was wrong; below it, going back fires nothing twice.
constexpr auto kClockDoubt = 25h;

/// A process is more often ended from outside than by a job: the first runs that were cut short are begun again at
/// once, later ones after 1, 2, 4, … seconds (a lane waits as long), and the last is no run of the queue any more.
constexpr int kQuickRuns = 3;
constexpr int kMostRuns = 25;
constexpr std::chrono::seconds kLongestPause = 10min;

std::chrono::seconds pause_after_death(int runs)
{
    return runs < kQuickRuns ? 0s : std::min(kLongestPause, 1s * (1 << std::min(runs - kQuickRuns, 20)));
}

}  // namespace

std::vector<Lease> Workers::State::held()
{
    return running.with([&](const auto& jobs) {
        std::vector<Lease> leases;
        for (const auto& [id, fence] : jobs) {
            leases.push_back({JobId{id}, fence, options.owner, {}});
        }
        return leases;
    });
}

void Workers::State::keep()
{
    const auto renew_every = std::chrono::duration_cast<std::chrono::nanoseconds>(options.lease) / 3;
    const auto look_every = std::min<std::chrono::nanoseconds>(renew_every / 2, 5s);
    auto renewed = clock.steady();
    auto looked_at = clock.steady() - look_every;
    while (!draining || !held().empty()) {
        const auto now = clock.steady();
        if (now - renewed >= renew_every) {
            renewed = now;
            renew();
        }
        if (!draining) {
            if (now - looked_at >= look_every) {
                looked_at = now;
                (void)take_over_dead(false);  // the database is away: readiness says so; the next turn tries again
            }
            (void)fire_schedules();
            if (store.promote(clock.now()).value_or(0) > 0) {
                queue.signal().wake_all();
            }
        }
        std::unique_lock hold{idle_mutex};
        idle.wait_for(hold, options.poll, [&] { return draining.load(); });
        if (draining) {
            idle.wait_for(hold, 50ms);
        }
    }
}

void Workers::State::renew()
{
    if (const auto leases = held(); !leases.empty()) {
        (void)store.renew(leases, clock.now() + options.lease);  // a lease that ran out is fenced off
    }
}

Result<int> Workers::State::take_over_dead(bool trust_wall)
{
    auto leases = TRY(store.leases());
    std::set<std::int64_t> seen;
    int taken = 0;
    for (auto& lease : leases) {
        seen.insert(lease.id.value);
        const bool ours = running.with(
            [&](const auto& jobs) { return jobs.contains(lease.id.value) && jobs.at(lease.id.value) == lease.fence; });
        if (ours) {
            continue;
        }
        if (TRY(is_abandoned(lease, trust_wall))) {
            const auto settlement = after_death(lease);
            taken += TRY(store.take_over(lease, settlement, clock.now())) ? 1 : 0;
        }
    }
    std::erase_if(watched, [&](const auto& entry) { return !seen.contains(entry.first); });
    if (taken > 0) {
        queue.signal().wake_all();
    }
    return taken;
}

Settlement Workers::State::after_death(Lease& lease)
{
    if (!options.crash_reports.empty() &&
        observe::crashed_while(options.crash_reports, run_name(lease.id, lease.fence))) {
        ++lease.deaths;
    }
    Settlement settlement{.state = ss::jobs::State::queued,
                          .run_at = clock.now() + pause_after_death(lease.attempts),
                          .error = "its worker died while running it"};
    if (lease.deaths >= kMaxDeaths) {
        settlement.state = ss::jobs::State::dead;
        settlement.error = fmt::format("quarantined: it crashed its worker {} times in a row", kMaxDeaths);
    } else if (lease.attempts >= std::max(lease.max_attempts, kMostRuns)) {
        settlement.state = ss::jobs::State::dead;
    }
    return settlement;
}

/// Both clocks are asked: the wall clock may jump, and this process may have begun to watch only now.
Result<bool> Workers::State::is_abandoned(const Lease& lease, bool trust_wall)
{
    if (is_dead_process(lease.owner)) {
        return true;
    }
    const auto steady = clock.steady();
    auto& entry = watched[lease.id.value];
    if (entry.fence != lease.fence || entry.until != lease.until) {
        entry = {lease.fence, lease.until, steady};
    }
    const auto unrenewed = steady - entry.since;
    const bool past = clock.now() >= lease.until;
    return (past && (trust_wall || unrenewed >= options.lease / 2)) || unrenewed >= options.lease * 3 / 2;
}

Result<void> Workers::State::prepare_schedules()
{
    for (auto& table : timetables) {
        if (!table.prepared) {
            TRY(store.put_schedule(table.name, table.when.text(), table.when.next(clock.now())));
            TRY(read_schedule(table));
            table.prepared = true;
        }
    }
    return {};
}

/// Also sets right what a wall clock that ran ahead has left behind.
Result<void> Workers::State::read_schedule(Timetable& table)
{
    const auto row = TRY(store.schedule(table.name));
    table.next = row.next;
    const auto now = clock.now();
    const auto interval = table.when.interval();
    const bool too_far =
        interval > 0s ? row.next > now + interval : row.last_tick && *row.last_tick > now + kClockDoubt;
    if (too_far) {
        const auto next = table.when.next(now);
        TRY(store.move_schedule(table.name, row.next, next));
        table.next = next;
    }
    return {};
}

Result<void> Workers::State::fire_schedules()
{
    TRY(prepare_schedules());
    const auto now = clock.now();
    const bool went_back = now < last_wall - 1s;
    last_wall = now;
    for (auto& table : timetables) {
        if (went_back) {
            TRY(read_schedule(table));
        }
        if (now >= table.next) {
            TRY(fire(table, now));
        }
    }
    return {};
}

Result<void> Workers::State::fire(Timetable& table, Timestamp now)
{
    const auto next = table.when.next(now);
    if (TRY(store.fire(table.name, table.next, now, next, queue, table.job))) {
        table.next = next;
        return {};
    }
    return read_schedule(table);
}

}  // namespace ss::jobs

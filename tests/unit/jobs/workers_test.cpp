// Leases, dead workers, threads, draining, schedules over several daemons.

#include "jobs_fixture.hpp"

#include <ss/process.hpp>
#include <ss/testing/counting_database.hpp>
#include <ss/testing/temp_dir.hpp>

#include "owner.hpp"
#include "workers_state.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/core.h>
#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>

namespace ss::jobs::test {
namespace {

using namespace std::chrono_literals;

class WorkersTest : public JobsTest {
protected:
    static Handler ok()
    {
        return [](const Context&) -> Result<Outcome> { return Outcome::done(); };
    }
};
INSTANTIATE_TEST_SUITE_P(Engines, WorkersTest, ss::testing::engines(), ss::testing::engine_name);

/// A name as process_owner() gives it, of a process that has ended.
std::string dead_process()
{
    const auto child = fork();
    if (child == 0) {
        _exit(0);
    }
    waitpid(child, nullptr, 0);
    const auto own = process_owner();
    return fmt::format("{}:{}:1", own.substr(0, own.find(':')), child);
}

TEST_P(WorkersTest, a_dead_owners_job_runs_again_after_its_lease_and_the_old_owner_is_refused)
{
    const auto id = add({.kind = "job"});
    const auto lost = abandoned();
    Workers workers{queue_, *database_, clock_, options()};
    workers.handle("job", ok());
    clock_.advance(44s);
    EXPECT_EQ(workers.run_due().value(), 0);
    clock_.advance(1s);
    EXPECT_EQ(workers.run_due().value(), 1);
    EXPECT_EQ(state_of(id), State::done);
    EXPECT_FALSE(store_.settle(lost, {.state = State::dead}, clock_.now(), nullptr).value().accepted);
    EXPECT_EQ(state_of(id), State::done);
}

TEST_P(WorkersTest, settling_after_a_takeover_changes_nothing_while_the_new_owner_runs)
{
    const auto id = add({.kind = "job"});
    const auto lost = abandoned("first:1:1");
    const auto lease = store_.leases().value().at(0);
    const Settlement again_now{.state = State::queued, .run_at = clock_.now()};
    ASSERT_TRUE(store_.take_over(lease, again_now, clock_.now()).value());
    EXPECT_FALSE(store_.take_over(lease, again_now, clock_.now()).value()) << "once";
    const auto again = abandoned("second:1:1");
    EXPECT_FALSE(store_.settle(lost, {}, clock_.now(), nullptr).value().accepted);
    EXPECT_EQ(state_of(id), State::running);
    EXPECT_TRUE(store_.settle(again, {}, clock_.now(), nullptr).value().accepted);
}

TEST_P(WorkersTest, a_job_of_a_dead_process_on_this_host_is_taken_over_at_once)
{
    add({.kind = "job"});
    abandoned(dead_process());
    Tally tally;
    Workers workers{queue_, *database_, clock_, options()};
    workers.handle("job", [&](const Context&) -> Result<Outcome> {
        tally.add("job");
        return Outcome::done();
    });
    ASSERT_TRUE(workers.start());
    EXPECT_TRUE(tally.wait_for(1)) << "without any time passing";
}

TEST(OwnerTest, only_a_process_known_to_be_gone_is_dead)
{
    EXPECT_FALSE(is_dead_process(process_owner() + ":abc"));
    EXPECT_TRUE(is_dead_process(dead_process()));
    const auto own = process_owner();
    const auto restarted = own.substr(0, own.rfind(':')) + ":1:abc";
    EXPECT_TRUE(is_dead_process(restarted)) << "another process has this number now";
    for (const auto* unknown : {"", "elsewhere:1:1", "a:b:c", ":::"}) {
        EXPECT_FALSE(is_dead_process(unknown)) << unknown;
    }
}

TEST_P(WorkersTest, a_jump_of_the_wall_clock_steals_no_live_lease)
{
    const auto id = add({.kind = "job"});
    abandoned();
    const auto renew = [&] { return store_.renew({store_.leases().value().at(0)}, clock_.now() + 45s).has_value(); };
    Workers::State watcher{queue_, *database_, clock_, options()};
    EXPECT_EQ(watcher.take_over_dead(false).value(), 0);
    clock_.jump(24h * 400);
    EXPECT_EQ(watcher.take_over_dead(false).value(), 0);
    clock_.advance(15s);
    EXPECT_EQ(watcher.take_over_dead(false).value(), 0);
    ASSERT_TRUE(renew()) << "its owner lives";
    EXPECT_EQ(watcher.take_over_dead(false).value(), 0);
    clock_.jump(1h);
    clock_.advance(21s);
    EXPECT_EQ(watcher.take_over_dead(false).value(), 0);
    EXPECT_EQ(state_of(id), State::running);
    clock_.advance(1s);
    EXPECT_EQ(watcher.take_over_dead(false).value(), 1) << "not renewed for half a lease, and past";
}

TEST_P(WorkersTest, a_wall_clock_that_went_back_does_not_keep_a_dead_workers_job_for_ever)
{
    add({.kind = "job"});
    abandoned();
    Workers::State watcher{queue_, *database_, clock_, options()};
    EXPECT_EQ(watcher.take_over_dead(false).value(), 0);
    clock_.jump(-24h);
    clock_.advance(66s);
    EXPECT_EQ(watcher.take_over_dead(false).value(), 0);
    clock_.advance(1s);
    EXPECT_EQ(watcher.take_over_dead(false).value(), 1);
}

/// Crashes the worker as a wrong pointer would: a child of it does, so that the test goes on.
Handler crashing(const std::filesystem::path& reports)
{
    return [reports](const Context&) -> Result<Outcome> {
        const auto child = fork();
        if (child == 0) {
            observe::install_crash_report(reports, "1.2.3");
            dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
            raise(SIGSEGV);
        }
        waitpid(child, nullptr, 0);
        return Outcome::done();
    };
}

TEST_P(WorkersTest, a_job_that_crashes_its_worker_three_times_is_quarantined_and_no_other)
{
    const ss::testing::TempDir reports;
    const auto poison = add({.kind = "poison", .serial_key = "lane"});
    const auto other = add({.kind = "job"});
    auto how = options();
    how.crash_reports = reports.path();
    Workers::State state{queue_, *database_, clock_, how};
    state.handlers["poison"] = crashing(reports.path());
    for (int death = 1; death <= kMaxDeaths; ++death) {
        const auto killer = abandoned(dead_process());
        const auto innocent = store_.claim(claim_as(dead_process())).value();
        ASSERT_EQ(killer.id, poison);
        (void)state.decide(killer);
        EXPECT_EQ(state.take_over_dead(false).value(), innocent ? 2 : 1);
        EXPECT_EQ(state_of(poison), death < kMaxDeaths ? State::queued : State::dead);
        EXPECT_EQ(state_of(other), State::queued);
        clock_.advance(1h);
        ASSERT_TRUE(store_.promote(clock_.now()));
    }
    EXPECT_THAT(queue_.get(poison).value().last_error, ::testing::HasSubstr("quarantined"));
}

TEST_P(WorkersTest, a_worker_ended_from_outside_blames_no_job_for_long)
{
    const ss::testing::TempDir reports;
    const auto id = add({.kind = "job", .serial_key = "lane", .max_attempts = 1});
    auto how = options();
    how.crash_reports = reports.path();
    Workers::State state{queue_, *database_, clock_, how};
    for (int run = 1; run <= 25; ++run) {
        ASSERT_EQ(abandoned(dead_process()).attempts, run);
        EXPECT_EQ(state.take_over_dead(false).value(), 1);
        ASSERT_EQ(state_of(id), run < 25 ? State::queued : State::dead);
        EXPECT_EQ(store_.any_due().value(), run < 3) << "after run " << run;
        clock_.advance(run < 13 ? 1s * (1 << std::max(run - 3, 0)) : 10min);
        ASSERT_TRUE(store_.promote(clock_.now()));
    }
    EXPECT_THAT(queue_.get(id).value().last_error, ::testing::HasSubstr("its worker died"));
}

TEST_P(WorkersTest, crashes_are_counted_in_a_row)
{
    const ss::testing::TempDir reports;
    const auto id = add({.kind = "poison"});
    auto how = options();
    how.crash_reports = reports.path();
    Workers::State state{queue_, *database_, clock_, how};
    state.handlers["poison"] = crashing(reports.path());
    for (int round = 0; round < kMaxDeaths; ++round) {
        (void)state.decide(abandoned(dead_process()));
        EXPECT_EQ(state.take_over_dead(false).value(), 1);
        clock_.advance(1h);
        ASSERT_TRUE(store_.promote(clock_.now()));
        const auto job = abandoned();
        ASSERT_TRUE(store_.settle(job, {.state = State::queued, .run_at = clock_.now()}, clock_.now(), nullptr));
    }
    EXPECT_EQ(state_of(id), State::queued);
}

TEST_P(WorkersTest, two_daemons_run_every_job_exactly_once_and_a_lane_never_twice_at_a_time)
{
    constexpr int kJobs = 300;
    Tally tally;
    std::atomic<int> in_lane{0};
    std::atomic<bool> overlapped{false};
    const Handler handler = [&](const Context& context) -> Result<Outcome> {
        if (!context.job.serial_key.empty()) {
            overlapped = overlapped || in_lane.fetch_add(1) != 0;
            std::this_thread::yield();
            in_lane.fetch_sub(1);
        }
        tally.add(std::to_string(context.job.id.value));
        return Outcome::done();
    };
    auto second_database = storage::Database::open({.url = database_.url()}).value();
    Queue second_queue{*second_database, clock_};
    Workers first{queue_, *database_, clock_, options(3)};
    Workers second{second_queue, *second_database, clock_, options(3)};
    first.handle("job", handler);
    second.handle("job", handler);
    ASSERT_TRUE(first.start());
    ASSERT_TRUE(second.start());
    for (int count = 0; count < kJobs; ++count) {
        add({.kind = "job", .serial_key = count % 3 == 0 ? "lane" : "", .workspace = WorkspaceId{count % 5}});
    }
    ASSERT_TRUE(tally.wait_for(kJobs));
    first.drain(10s);
    second.drain(10s);
    EXPECT_FALSE(overlapped);
    for (const auto& [job, times] : tally.counts()) {
        EXPECT_EQ(times, 1) << job;
    }
    EXPECT_EQ(queue_.list({.state = State::done, .limit = 1'000}).value().jobs.size(), std::size_t{kJobs});
}

TEST_P(WorkersTest, whose_turn_it_is_is_asked_once_as_others_serve_meanwhile)
{
    constexpr int kWorkspaces = 40;
    for (int number = 1; number <= kWorkspaces; ++number) {
        add({.kind = "job", .workspace = WorkspaceId{number}});
    }
    std::uint64_t asked = 0;
    auto claim = claim_as("here:1:1");
    claim.last_served = [&](WorkspaceId) { return kWorkspaces - ++asked % kWorkspaces; };
    ASSERT_TRUE(store_.claim(claim).value());
    EXPECT_EQ(asked, kWorkspaces) << "an answer that changes while it orders would order beyond the end";
}

TEST_P(WorkersTest, a_running_job_keeps_its_lease)
{
    add({.kind = "long"});
    std::atomic<bool> go_on{false};
    Tally tally;
    Workers workers{queue_, *database_, clock_, options()};
    workers.handle("long", [&](const Context&) -> Result<Outcome> {
        tally.add("began");
        go_on.wait(false);
        return Outcome::done();
    });
    ASSERT_TRUE(workers.start());
    ASSERT_TRUE(tally.wait_for(1));
    const auto until = [&] { return store_.leases().value().at(0).until; };
    const auto before = until();
    clock_.advance(16s);
    for (int look = 0; look < 100'000 && until() == before; ++look) {
        std::this_thread::yield();
    }
    EXPECT_EQ(until(), clock_.now() + 45s);
    go_on = true;
    go_on.notify_all();
}

TEST_P(WorkersTest, draining_lets_a_handler_finish_or_give_back)
{
    const auto polite = add({.kind = "polite"});
    const auto waiting = add({.kind = "never_begun", .run_at = clock_.now() + 1h});
    Tally tally;
    Workers workers{queue_, *database_, clock_, options()};
    workers.handle("polite", [&](const Context& context) -> Result<Outcome> {
        tally.add("began");
        while (!context.stopping()) {
            std::this_thread::yield();
        }
        return Outcome::retry_at(clock_.now());
    });
    ASSERT_TRUE(workers.start());
    ASSERT_TRUE(tally.wait_for(1));
    EXPECT_TRUE(workers.alive());
    workers.drain(30s);
    EXPECT_FALSE(workers.alive());
    EXPECT_EQ(state_of(polite), State::queued);
    EXPECT_EQ(queue_.get(polite).value().attempts, 0);
    EXPECT_EQ(state_of(waiting), State::queued);
}

TEST_P(WorkersTest, what_does_not_finish_in_time_is_given_back_and_its_late_decision_is_ignored)
{
    const auto id = add({.kind = "stubborn"});
    std::atomic<bool> go_on{false};
    Tally tally;
    auto workers = std::make_unique<Workers>(queue_, *database_, clock_, options());
    workers->handle("stubborn", [&](const Context&) -> Result<Outcome> {
        tally.add("began");
        go_on.wait(false);
        return Outcome::done();
    });
    ASSERT_TRUE(workers->start());
    ASSERT_TRUE(tally.wait_for(1));
    workers->drain(20ms);
    EXPECT_EQ(state_of(id), State::queued);
    go_on = true;
    go_on.notify_all();
    workers.reset();
    EXPECT_EQ(state_of(id), State::queued) << "the late done was refused";
}

TEST_P(WorkersTest, a_database_that_stays_away_does_not_keep_the_daemon_from_stopping)
{
    const auto id = add({.kind = "job"});
    ss::testing::CountingDatabase away{*database_};
    Tally tally;
    const auto began = std::chrono::steady_clock::now();
    {
        Queue queue{away, clock_};
        Workers workers{queue, away, clock_, options()};
        workers.handle("job", [&](const Context&) -> Result<Outcome> {
            away.set_away(true);
            tally.add("job");
            return Outcome::done();
        });
        ASSERT_TRUE(workers.start());
        ASSERT_TRUE(tally.wait_for(1));
        workers.drain(10ms);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - began, options().lease);
    EXPECT_EQ(state_of(id), State::running) << "left to whoever takes it over";
}

TEST_P(WorkersTest, three_daemons_fire_each_tick_exactly_once)
{
    constexpr int kTicks = 20;
    Tally tally;
    std::vector<std::unique_ptr<storage::Database>> databases;
    std::vector<std::unique_ptr<Queue>> queues;
    std::vector<std::unique_ptr<Workers>> daemons;
    for (int daemon = 0; daemon < 3; ++daemon) {
        databases.push_back(storage::Database::open({.url = database_.url()}).value());
        queues.push_back(std::make_unique<Queue>(*databases.back(), clock_));
        daemons.push_back(std::make_unique<Workers>(*queues.back(), *databases.back(), clock_, options()));
        daemons.back()->handle("tick", [&](const Context&) -> Result<Outcome> {
            tally.add("tick");
            return Outcome::done();
        });
        daemons.back()->schedule("every-minute", Schedule::parse("* * * * *").value(), {.kind = "tick"});
        ASSERT_TRUE(daemons.back()->start());
    }
    for (int tick = 1; tick <= kTicks; ++tick) {
        clock_.advance(1min);
        ASSERT_TRUE(tally.wait_for(tick)) << tick;
    }
    daemons.clear();
    EXPECT_EQ(queue_.list({.limit = 1'000}).value().jobs.size(), std::size_t{kTicks});
}

TEST_P(WorkersTest, ticks_missed_while_nobody_ran_fire_once)
{
    const auto run = [&](std::string_view rhythm) {
        Workers workers{queue_, *database_, clock_, options()};
        workers.handle("backup", ok());
        workers.schedule("backup", Schedule::parse(rhythm, "America/Sao_Paulo").value(), {.kind = "backup"});
        return workers.run_due().value();
    };
    EXPECT_EQ(run("0 2 * * *"), 0) << "never at once on the first start";
    clock_.advance(24h * 5);
    EXPECT_EQ(run("0 2 * * *"), 1);
    EXPECT_EQ(run("0 2 * * *"), 0);
    clock_.advance(24h);
    EXPECT_EQ(run("0 4 * * *"), 0) << "a new rhythm begins anew";
}

TEST_P(WorkersTest, a_clock_that_goes_back_fires_no_tick_twice_and_one_that_ran_ahead_skips_none)
{
    Workers workers{queue_, *database_, clock_, options()};
    workers.handle("job", ok());
    workers.schedule("daily", Schedule::parse("0 2 * * *").value(), {.kind = "job"});
    const auto run = [&] { return workers.run_due().value(); };
    EXPECT_EQ(run(), 0);
    clock_.advance(3h);
    EXPECT_EQ(run(), 1);
    clock_.jump(-2h);  // 01:00 again
    EXPECT_EQ(run(), 0);
    clock_.advance(2h);
    EXPECT_EQ(run(), 0) << "02:00 has run already";
    clock_.advance(24h);
    EXPECT_EQ(run(), 1);
    clock_.jump(24h * 400);
    EXPECT_EQ(run(), 1) << "what seems missed, once";
    clock_.jump(-24h * 400);
    EXPECT_EQ(run(), 0);
    clock_.advance(24h);
    EXPECT_EQ(run(), 1) << "not in 400 days only";
}

TEST_P(WorkersTest, an_interval_goes_on_when_the_clock_goes_back)
{
    Workers workers{queue_, *database_, clock_, options()};
    workers.handle("job", ok());
    workers.schedule("often", Schedule::parse("every 30s").value(), {.kind = "job"});
    EXPECT_EQ(workers.run_due().value(), 0);
    clock_.jump(-1h);
    EXPECT_EQ(workers.run_due().value(), 0);
    clock_.advance(30s);
    EXPECT_EQ(workers.run_due().value(), 1);
}

}  // namespace
}  // namespace ss::jobs::test

// Enqueue, unique keys, order, fairness, retries, dead letters: without threads.

#include "jobs_fixture.hpp"

#include <algorithm>
#include <set>
#include <thread>

namespace ss::jobs::test {
namespace {

using namespace std::chrono_literals;

class QueueTest : public JobsTest {};
INSTANTIATE_TEST_SUITE_P(Engines, QueueTest, ss::testing::engines(), ss::testing::engine_name);

TEST_P(QueueTest, rollback_leaves_no_ghost_job)
{
    const auto done = database_->write([&](storage::Session& session) -> Result<void> {
        TRY(queue_.enqueue(session, {.kind = "ghost"}));
        return fail(Errc::cancelled, "changed my mind");
    });
    EXPECT_FALSE(done);
    EXPECT_TRUE(queue_.list({}).value().jobs.empty());
}

TEST_P(QueueTest, a_thousand_parallel_enqueues_with_one_unique_key_are_one_job)
{
    std::set<std::int64_t> ids;
    std::mutex mutex;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 8; ++thread) {
            threads.emplace_back([&] {
                for (int count = 0; count < 125; ++count) {
                    const auto id = queue_.enqueue({.kind = "refresh", .unique_key = "account:7"});
                    ASSERT_TRUE(id) << to_string(id.error());
                    const std::lock_guard hold{mutex};
                    ids.insert(id->value);
                }
            });
        }
    }
    EXPECT_EQ(ids.size(), 1U);
    EXPECT_EQ(queue_.list({}).value().jobs.size(), 1U);
    Workers workers{queue_, *database_, clock_, options()};
    workers.handle("refresh", [](const Context&) -> Result<Outcome> { return Outcome::done(); });
    EXPECT_EQ(workers.run_due().value(), 1);
    EXPECT_FALSE(ids.contains(add({.kind = "refresh", .unique_key = "account:7"}).value)) << "the key is free again";
    EXPECT_NE(add({.kind = "other", .unique_key = "account:7"}), add({.kind = "third", .unique_key = "account:7"}));
}

TEST_P(QueueTest, urgent_runs_before_bulk_and_the_future_waits)
{
    std::vector<std::string> order;
    Workers workers{queue_, *database_, clock_, options()};
    workers.handle("job", [&](const Context& context) -> Result<Outcome> {
        order.push_back(context.job.payload);
        return Outcome::done();
    });
    add({.kind = "job", .payload = "bulk", .priority = Priority::bulk});
    add({.kind = "job", .payload = "normal"});
    add({.kind = "job", .payload = "later", .priority = Priority::urgent, .run_at = clock_.now() + 1min});
    add({.kind = "job", .payload = "urgent", .priority = Priority::urgent});
    EXPECT_EQ(workers.run_due().value(), 3);
    EXPECT_EQ(order, (std::vector<std::string>{"urgent", "normal", "bulk"}));
    clock_.advance(59s);
    EXPECT_EQ(workers.run_due().value(), 0);
    clock_.advance(1s);
    EXPECT_EQ(workers.run_due().value(), 1);
}

TEST_P(QueueTest, a_workspace_with_many_jobs_does_not_starve_another)
{
    ASSERT_TRUE(database_->write([&](storage::Session& session) -> Result<void> {
        for (int count = 0; count < 500; ++count) {
            TRY(queue_.enqueue(session, {.kind = "job", .workspace = WorkspaceId{1}}));
        }
        for (int count = 0; count < 3; ++count) {
            TRY(queue_.enqueue(session, {.kind = "job", .workspace = WorkspaceId{2}}));
        }
        return {};
    }));
    std::vector<std::int64_t> order;
    Workers workers{queue_, *database_, clock_, options()};
    workers.handle("job", [&](const Context& context) -> Result<Outcome> {
        order.push_back(context.job.workspace.value);
        return Outcome::done();
    });
    EXPECT_EQ(workers.run_due().value(), 503);
    EXPECT_EQ(std::count(order.begin(), order.begin() + 6, 2), 3) << "they take turns";
}

TEST_P(QueueTest, a_workspace_with_fewer_running_jobs_is_served_first)
{
    for (int count = 0; count < 3; ++count) {
        add({.kind = "job", .workspace = WorkspaceId{1}});
    }
    EXPECT_EQ(abandoned().workspace, WorkspaceId{1});
    EXPECT_EQ(abandoned().workspace, WorkspaceId{1});
    add({.kind = "job", .workspace = WorkspaceId{2}});
    EXPECT_EQ(abandoned().workspace, WorkspaceId{2});
}

TEST_P(QueueTest, jobs_with_one_serial_key_run_one_at_a_time_in_order)
{
    const auto first = add({.kind = "send", .serial_key = "a"});
    const auto second = add({.kind = "send", .priority = Priority::urgent, .serial_key = "a"});
    const auto other = add({.kind = "send", .serial_key = "b"});
    const auto third = add({.kind = "send", .serial_key = "a"});
    const auto running = abandoned();
    EXPECT_EQ(running.id, first) << "an urgent one does not overtake its elder";
    EXPECT_EQ(abandoned().id, other);
    EXPECT_FALSE(store_.claim(claim_as("x")).value()) << "the first still runs";
    const auto claim = claim_as("x");
    const auto settled = store_.settle(running, {}, clock_.now(), &claim).value();
    EXPECT_TRUE(settled.accepted);
    ASSERT_TRUE(settled.next);
    EXPECT_EQ(settled.next->id, second);
    EXPECT_EQ(settled.next->serial_key, "a");
    EXPECT_EQ(state_of(third), State::queued);
}

TEST_P(QueueTest, a_short_wait_for_a_retry_holds_the_lane_and_a_long_one_lets_others_pass)
{
    const auto first = add({.kind = "send", .serial_key = "a"});
    add({.kind = "send", .run_at = clock_.now() + 24h, .serial_key = "a"});
    const auto second = add({.kind = "send", .serial_key = "a"});
    auto job = abandoned();
    ASSERT_EQ(job.id, first);
    ASSERT_TRUE(store_.settle(job, {.state = State::queued, .run_at = clock_.now() + 1min}, clock_.now(), nullptr));
    EXPECT_FALSE(store_.claim(claim_as("x")).value());
    clock_.advance(1min);
    ASSERT_EQ(store_.promote(clock_.now()).value(), 1);
    job = abandoned();
    ASSERT_EQ(job.id, first);
    ASSERT_TRUE(store_.settle(job, {.state = State::queued, .run_at = clock_.now() + 1h}, clock_.now(), nullptr));
    EXPECT_EQ(abandoned().id, second);
}

TEST_P(QueueTest, a_failing_job_is_tried_as_documented_then_kept_as_a_dead_letter)
{
    const auto started = clock_.now();
    const auto id = add({.kind = "doomed"});
    Workers workers{queue_, *database_, clock_, options()};
    int runs = 0;
    workers.handle("doomed", [&](const Context& context) -> Result<Outcome> {
        EXPECT_EQ(context.job.attempts, ++runs);
        return fail(Errc::unavailable, "no luck");
    });
    for (int attempt = 1; attempt <= 25; ++attempt) {
        ASSERT_EQ(workers.run_due().value(), 1) << attempt;
        const auto job = queue_.get(id).value();
        EXPECT_EQ(job.last_error, "no luck");
        if (attempt < 25) {
            ASSERT_EQ(job.state, State::queued);
            EXPECT_EQ(job.run_at - clock_.now(), back_off(attempt, 0.5));
            clock_.advance(job.run_at - clock_.now() - 1us);
            EXPECT_EQ(workers.run_due().value(), 0) << "not a moment too early";
            clock_.advance(1us);
        }
    }
    EXPECT_EQ(state_of(id), State::dead);
    EXPECT_GT(clock_.now() - started, 24h * 3);
    EXPECT_EQ(queue_.counts().value().dead, 1);
    ASSERT_TRUE(queue_.retry(id));
    EXPECT_EQ(queue_.get(id).value().attempts, 0);
    runs = 0;
    EXPECT_EQ(workers.run_due().value(), 1);
}

TEST_P(QueueTest, a_handler_may_wait_give_up_throw_or_be_missing)
{
    const auto waits = add({.kind = "waits"});
    const auto gives_up = add({.kind = "gives_up"});
    const auto throws = add({.kind = "throws", .max_attempts = 1});
    const auto unknown = add({.kind = "unknown"});
    Workers workers{queue_, *database_, clock_, options()};
    workers.handle("waits", [&](const Context&) -> Result<Outcome> { return Outcome::retry_at(clock_.now() + 5min); });
    workers.handle("gives_up", [](const Context&) -> Result<Outcome> { return Outcome::give_up("pointless"); });
    workers.handle("throws", [](const Context&) -> Result<Outcome> { throw std::runtime_error{"oh\n\xff no"}; });
    EXPECT_EQ(workers.run_due().value(), 4);
    EXPECT_EQ(queue_.get(waits).value().attempts, 0) << "not counted";
    EXPECT_EQ(queue_.get(waits).value().run_at, clock_.now() + 5min);
    EXPECT_EQ(state_of(gives_up), State::dead);
    EXPECT_EQ(queue_.get(gives_up).value().last_error, "pointless");
    EXPECT_EQ(state_of(throws), State::dead);
    EXPECT_EQ(state_of(unknown), State::queued);
    EXPECT_NE(queue_.get(unknown).value().last_error, "");
}

TEST_P(QueueTest, cancel_retry_list_counts_and_prune)
{
    const auto first = add({.kind = "a"});
    const auto second = add({.kind = "b"});
    const auto third = add({.kind = "a", .run_at = clock_.now() + 1h});
    clock_.advance(10s);
    EXPECT_EQ(queue_.counts().value().queued, 3);
    EXPECT_EQ(queue_.counts().value().oldest_due, 10s);
    ASSERT_TRUE(queue_.cancel(second));
    EXPECT_EQ(queue_.cancel(second).error().code, Errc::conflict);
    EXPECT_EQ(queue_.retry(first).error().code, Errc::conflict);
    EXPECT_EQ(queue_.cancel(JobId{999}).error().code, Errc::not_found);
    EXPECT_EQ(queue_.get(JobId{999}).error().code, Errc::not_found);

    const auto page = queue_.list({.limit = 2}).value();
    ASSERT_EQ(page.jobs.size(), 2U);
    EXPECT_EQ(page.jobs.front().id, third);
    EXPECT_EQ(queue_.list({.limit = 2, .cursor = page.next}).value().jobs.front().id, first);
    EXPECT_EQ(queue_.list({.kind = "a"}).value().jobs.size(), 2U);
    EXPECT_EQ(queue_.list({.state = State::cancelled}).value().jobs.size(), 1U);
    EXPECT_EQ(queue_.list({.state = State::cancelled, .kind = "a"}).value().jobs.size(), 0U);
    EXPECT_EQ(queue_.list({.cursor = "x"}).error().code, Errc::invalid);

    Workers workers{queue_, *database_, clock_, options()};
    workers.handle("a", [](const Context&) -> Result<Outcome> { return Outcome::done(); });
    EXPECT_EQ(workers.run_due().value(), 1);
    clock_.advance(25h);
    EXPECT_EQ(queue_.prune(24h, 24h * 180).value(), 1);
    EXPECT_EQ(queue_.get(first).error().code, Errc::not_found);
    EXPECT_EQ(state_of(second), State::cancelled) << "kept longer than what is done";
    clock_.advance(24h * 180);
    EXPECT_EQ(queue_.prune(24h, 24h * 180).value(), 1);
    EXPECT_EQ(state_of(third), State::queued);
}

TEST_P(QueueTest, a_dead_job_is_not_revived_beside_a_living_one_with_its_unique_key)
{
    const auto old = add({.kind = "k", .unique_key = "u"});
    ASSERT_TRUE(queue_.cancel(old));
    const auto young = add({.kind = "k", .unique_key = "u"});
    EXPECT_NE(old, young);
    EXPECT_EQ(queue_.retry(old).error().code, Errc::conflict);
}

}  // namespace
}  // namespace ss::jobs::test

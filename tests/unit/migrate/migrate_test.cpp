// Steps up and down, what is refused, and what verify() notices.

#include "steps.hpp"

#include <ss/migrate.hpp>
#include <ss/testing/databases.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ss::migrate {
namespace {

using ::testing::HasSubstr;

class MigrateTest : public ::testing::TestWithParam<storage::Engine> {
protected:
    Options options() const
    {
        Options options;
        options.migrations = steps_;
        return options;
    }
    Migrator migrator() { return {*database_, clock_, options()}; }

    std::vector<std::string> names(State state)
    {
        const auto status = migrator().status().value();
        std::vector<std::string> found;
        for (const auto& step : status.steps) {
            if (step.state == state) {
                found.push_back(step.name);
            }
        }
        return found;
    }
    void run_by_hand(std::string_view text)
    {
        const auto done = database_->connect().value()->script(text);
        ASSERT_TRUE(done) << to_string(done.error());
    }
    std::vector<std::string> findings()
    {
        std::vector<std::string> found;
        const auto all = migrator().verify().value();
        for (const auto& finding : all) {
            found.push_back(std::string{to_string(finding.problem)} + ": " + finding.subject);
        }
        return found;
    }

    ss::testing::FreshDatabase url_{GetParam()};
    std::unique_ptr<storage::Database> database_ = storage::Database::open({.url = url_.url()}).value();
    ManualClock clock_;
    std::vector<sql::Migration> steps_ = shop_steps();
};

INSTANTIATE_TEST_SUITE_P(Engines, MigrateTest, ss::testing::engines(), ss::testing::engine_name);

TEST_P(MigrateTest, an_empty_database_has_every_step_pending)
{
    EXPECT_EQ(names(State::pending), (std::vector<std::string>{"shop", "item", "index"}));
    EXPECT_EQ(migrator().status()->version, 0);
}

TEST_P(MigrateTest, up_applies_every_step_once)
{
    const auto first = migrator().up();
    ASSERT_TRUE(first) << to_string(first.error());
    EXPECT_EQ(first->done.size(), 3U);
    EXPECT_EQ(first->version, 3);
    const auto second = migrator().up();
    ASSERT_TRUE(second) << to_string(second.error());
    EXPECT_TRUE(second->done.empty());
    EXPECT_EQ(second->version, 3);
    const auto status = migrator().status().value();
    EXPECT_TRUE(status.is_current());
    EXPECT_EQ(status.steps.front().applied_at, clock_.now());
    EXPECT_EQ(findings(), std::vector<std::string>{});
}

TEST_P(MigrateTest, up_stops_at_the_step_it_is_told)
{
    ASSERT_EQ(migrator().up(2)->version, 2);
    EXPECT_EQ(names(State::pending), std::vector<std::string>{"index"});
    EXPECT_EQ(migrator().up(9).error().code, Errc::invalid);
    EXPECT_EQ(migrator().up(1).error().code, Errc::invalid);
}

TEST_P(MigrateTest, down_takes_steps_back_by_number_or_to_a_version)
{
    ASSERT_TRUE(migrator().up());
    EXPECT_EQ(migrator().down({.steps = 1, .to = {}})->version, 2);
    EXPECT_EQ(migrator().down({.steps = {}, .to = 0})->version, 0);
    EXPECT_EQ(migrator().up()->version, 3);
    EXPECT_EQ(findings(), std::vector<std::string>{});
}

TEST_P(MigrateTest, down_needs_exactly_one_way_of_saying_how_far)
{
    ASSERT_TRUE(migrator().up());
    EXPECT_EQ(migrator().down({.steps = {}, .to = {}}).error().code, Errc::usage);
    EXPECT_EQ(migrator().down({.steps = 1, .to = 1}).error().code, Errc::usage);
    EXPECT_EQ(migrator().down({.steps = 0, .to = {}}).error().code, Errc::invalid);
    EXPECT_EQ(migrator().down({.steps = {}, .to = 4}).error().code, Errc::invalid);
}

TEST_P(MigrateTest, down_uses_the_stored_text_so_an_older_program_can_do_it)
{
    ASSERT_TRUE(migrator().up());
    steps_.pop_back();
    EXPECT_EQ(names(State::missing), std::vector<std::string>{"index"});
    const auto done = migrator().down({.steps = {}, .to = 2});
    ASSERT_TRUE(done) << to_string(done.error());
    EXPECT_EQ(findings(), std::vector<std::string>{});
    EXPECT_TRUE(migrator().status()->is_current());
}

TEST_P(MigrateTest, an_edited_step_is_drift_and_up_refuses)
{
    ASSERT_TRUE(migrator().up(2));
    steps_[0] = step(1, "shop", "create table shop (id bigint primary key);\n", "drop table shop;\n");
    EXPECT_EQ(names(State::drifted), std::vector<std::string>{"shop"});
    EXPECT_EQ(migrator().up().error().code, Errc::corrupt);
    EXPECT_EQ(findings(), std::vector<std::string>{"text: step 1 (shop)"});
}

TEST_P(MigrateTest, an_edited_down_text_is_drift_too)
{
    ASSERT_TRUE(migrator().up());
    steps_[2].sqlite_down = steps_[2].postgres_down = "drop index item_by_shop; ";
    EXPECT_EQ(names(State::drifted), std::vector<std::string>{"index"});
}

TEST_P(MigrateTest, a_step_before_an_applied_one_is_out_of_order_and_up_refuses)
{
    const auto all = steps_;
    steps_ = {all[0], all[1]};
    steps_[1].version = 3;
    ASSERT_TRUE(migrator().up());
    steps_.insert(steps_.begin() + 1, step(2, "late", "select 1;\n", "select 1;\n"));
    EXPECT_EQ(names(State::out_of_order), std::vector<std::string>{"late"});
    EXPECT_EQ(migrator().up().error().code, Errc::conflict);
}

TEST_P(MigrateTest, a_failing_step_leaves_nothing_of_itself_and_keeps_those_before)
{
    steps_[1] = step(2, "item", "create table half (id bigint);\nselect * from nowhere;\n", "drop table half;\n");
    const auto failed = migrator().up();
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message, HasSubstr("step 2 (item) up"));
    EXPECT_EQ(migrator().status()->version, 1);
    EXPECT_EQ(findings(), std::vector<std::string>{});
    steps_ = shop_steps();
    EXPECT_EQ(migrator().up()->version, 3);
}

TEST_P(MigrateTest, plan_shows_the_texts_and_runs_nothing)
{
    const auto plan = migrator().plan_up().value();
    ASSERT_EQ(plan.size(), 3U);
    EXPECT_EQ(plan[0].sql, steps_[0].sqlite_up);
    EXPECT_EQ(migrator().status()->version, 0);
    ASSERT_TRUE(migrator().up());
    const auto down = migrator().plan_down({.steps = 2, .to = {}}).value();
    ASSERT_EQ(down.size(), 2U);
    EXPECT_EQ(down[0].sql, steps_[2].sqlite_down);
    EXPECT_EQ(migrator().status()->version, 3);
}

TEST_P(MigrateTest, verify_names_the_index_the_column_and_the_table_that_differ)
{
    ASSERT_TRUE(migrator().up());
    run_by_hand("drop index item_by_shop");
    EXPECT_EQ(findings(), std::vector<std::string>{"schema: index item_by_shop"});
    run_by_hand("create index item_by_shop on item(shop_id, id)");
    EXPECT_EQ(findings(), std::vector<std::string>{});
    run_by_hand("alter table shop add column extra text");
    EXPECT_THAT(findings(), ::testing::Contains("schema: column shop.extra"));
    run_by_hand("create table foreign_thing (id bigint)");
    EXPECT_THAT(findings(), ::testing::Contains("schema: table foreign_thing"));
}

TEST_P(MigrateTest, a_changed_stored_text_is_noticed_and_never_run)
{
    ASSERT_TRUE(migrator().up());
    run_by_hand("update schema_ledger set down_text = 'drop table shop' where version = 3");
    EXPECT_EQ(findings(), std::vector<std::string>{"ledger: step 3 (index)"});
    EXPECT_EQ(migrator().down({.steps = 1, .to = {}}).error().code, Errc::corrupt);
}

TEST_P(MigrateTest, a_removed_ledger_row_breaks_the_chain)
{
    ASSERT_TRUE(migrator().up());
    run_by_hand("delete from schema_ledger where version = 2");
    EXPECT_THAT(findings(), ::testing::Contains("ledger: step 3 (index)"));
    EXPECT_EQ(migrator().up().error().code, Errc::corrupt);
}

TEST_P(MigrateTest, the_hook_runs_once_before_the_first_step_of_a_database_with_tables)
{
    int calls = 0;
    auto with_hook = options();
    with_hook.before = [&]() -> Result<void> {
        ++calls;
        return {};
    };
    Migrator migrator{*database_, clock_, with_hook};
    ASSERT_TRUE(migrator.up(1));
    EXPECT_EQ(calls, 0) << "an empty database needs no backup";
    ASSERT_TRUE(migrator.up());
    EXPECT_EQ(calls, 1);
    ASSERT_TRUE(migrator.up());
    EXPECT_EQ(calls, 1) << "nothing pending, nothing to save";
    ASSERT_TRUE(migrator.down({.steps = 2, .to = {}}));
    EXPECT_EQ(calls, 2);
}

TEST_P(MigrateTest, a_failing_hook_ends_the_run_before_anything_changed)
{
    ASSERT_TRUE(migrator().up(1));
    auto with_hook = options();
    with_hook.before = [] { return Result<void>{fail(Errc::unavailable, "the disk is full")}; };
    EXPECT_EQ(Migrator(*database_, clock_, with_hook).up().error().code, Errc::unavailable);
    EXPECT_EQ(migrator().status()->version, 1);
}

TEST_P(MigrateTest, a_second_run_waits_and_then_names_the_holder)
{
    ASSERT_TRUE(migrator().up(1));
    std::optional<Error> refused;
    std::string told;
    auto outer = options();
    outer.before = [&]() -> Result<void> {  // runs while the lock is held
        auto inner = options();
        inner.lock_timeout = std::chrono::milliseconds{30};
        inner.progress = [&](const Progress& progress) { told = progress.detail; };
        const auto second = Migrator(*database_, clock_, inner).up();
        if (!second) {
            refused = second.error();
        }
        return {};
    };
    ASSERT_TRUE(Migrator(*database_, clock_, outer).up());
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, Errc::locked);
    EXPECT_THAT(refused->message, HasSubstr("ssctl migrate up pid " + std::to_string(::getpid())));
    EXPECT_THAT(refused->message, HasSubstr("since "));
    EXPECT_THAT(told, HasSubstr("ssctl migrate up pid "));
}

TEST_P(MigrateTest, a_table_can_be_rebuilt_without_losing_its_children)
{
    ASSERT_TRUE(migrator().up());
    steps_.push_back(
        step(4, "rebuild",
             "create table shop_new (id bigint primary key, name text not null, note text);\n"
             "insert into shop_new (id, name) select id, name from shop;\n"
             "alter table item rename to item_old;\n"
             "create table item (id bigint primary key, shop_id bigint not null references shop_new(id));\n"
             "insert into item select * from item_old;\ndrop table item_old;\ndrop table shop;\n",
             "select 1;\n"));
    const auto done = migrator().up();
    ASSERT_TRUE(done) << to_string(done.error());
}

TEST_P(MigrateTest, the_steps_of_this_program_go_up_and_down_and_leave_the_same_schema)
{
    Options real;
    Migrator migrator{*database_, clock_, real};
    const auto up = migrator.up();
    ASSERT_TRUE(up) << to_string(up.error());
    EXPECT_TRUE(require_current(*database_));
    for (auto version = up->version; version > 0; --version) {
        const auto down = migrator.down({.steps = 1, .to = {}});
        ASSERT_TRUE(down) << to_string(down.error());
        const auto again = migrator.up(version);
        ASSERT_TRUE(again) << to_string(again.error());
        ASSERT_TRUE(migrator.verify()->empty());
        ASSERT_TRUE(migrator.down({.steps = 1, .to = {}}));
    }
    ASSERT_TRUE(migrator.up());
    EXPECT_TRUE(migrator.verify()->empty());
}

TEST_P(MigrateTest, a_program_refuses_to_start_on_pending_steps_and_says_what_to_run)
{
    const auto refused = require_current(*database_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::pending_migrations);
    EXPECT_THAT(refused.error().hint, HasSubstr("ssctl migrate up"));
}

TEST_P(MigrateTest, a_program_refuses_to_start_on_a_newer_database)
{
    std::vector<sql::Migration> newer{sql::migrations().begin(), sql::migrations().end()};
    newer.push_back(
        step(newer.back().version + 1, "future", "create table future (id bigint);\n", "drop table future;\n"));
    Options options;
    options.migrations = newer;
    const auto up = Migrator(*database_, clock_, options).up();
    ASSERT_TRUE(up) << to_string(up.error());
    const auto refused = require_current(*database_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::configuration);
    EXPECT_THAT(refused.error().hint, HasSubstr("ssctl migrate down --to"));
}

TEST(MigrateOnSqlite, a_step_that_leaves_rows_without_parents_is_refused)
{
    const ss::testing::FreshDatabase url{storage::Engine::sqlite};
    const auto database = storage::Database::open({.url = url.url()}).value();
    const ManualClock clock;
    auto steps = shop_steps();
    steps.push_back(step(4, "orphans", "delete from shop;\n", "select 1;\n"));
    Options options;
    options.migrations = steps;
    const auto refused = Migrator(*database, clock, options).up();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::corrupt);
    EXPECT_THAT(refused.error().message, HasSubstr("1 rows of item"));
    EXPECT_EQ(Migrator(*database, clock, options).status()->version, 3);
}

}  // namespace
}  // namespace ss::migrate

// Real processes: killed in the middle of a step, and racing each other.

#include "steps.hpp"

#include <ss/migrate.hpp>
#include <ss/testing/databases.hpp>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>

namespace ss::migrate {
namespace {

/// `work` in a process of its own, which has no threads yet. Its result is the exit code.
pid_t spawn(const std::function<int()>& work)
{
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(work());
    }
    return child;
}

int wait_for(pid_t child)
{
    int state = 0;
    ::waitpid(child, &state, 0);
    return WIFSIGNALED(state) ? 128 + WTERMSIG(state) : WEXITSTATUS(state);
}

class ProcessTest : public ::testing::TestWithParam<storage::Engine> {
protected:
    static std::vector<sql::Migration> many_steps()
    {
        auto steps = shop_steps();
        for (std::int64_t version = 4; version <= 12; ++version) {
            static const std::string up = "update shop set name = name || '+' where id = 1;\n";
            steps.push_back(step(version, "count", up, up));
        }
        return steps;
    }

    int up(std::function<void(const Progress&)> progress = {}) const
    {
        auto database = storage::Database::open({.url = url_.url()});
        if (!database) {
            std::fprintf(stderr, "open: %s\n", to_string(database.error()).c_str());
            return 70;
        }
        const SystemClock clock;
        Options options;
        options.migrations = steps_;
        options.progress = std::move(progress);
        const auto done = Migrator(**database, clock, options).up();
        if (!done) {
            std::fprintf(stderr, "up: %s\n", to_string(done.error()).c_str());
            return 1;
        }
        return 0;
    }

    /// Everything is applied, once, and the schema is what the ledger says.
    void expect_finished() const
    {
        const auto database = storage::Database::open({.url = url_.url()}).value();
        const SystemClock clock;
        Options options;
        options.migrations = steps_;
        Migrator migrator{*database, clock, options};
        EXPECT_TRUE(migrator.status()->is_current());
        const auto findings = migrator.verify().value();
        EXPECT_TRUE(findings.empty()) << findings.front().subject << " " << findings.front().detail;
        EXPECT_EQ(shop_name(*database), "first" + std::string(9, '+'));
    }

    static std::string shop_name(storage::Database& database)
    {
        static constexpr std::array kColumns{storage::ColumnType::text};
        static constexpr storage::Statement kName{
            "test.name", "select name from shop", "select name from shop", kColumns, {}};
        return std::get<std::string>(database.connect().value()->execute(kName, {})->values.at(0));
    }

    ss::testing::FreshDatabase url_{GetParam()};
    std::vector<sql::Migration> steps_ = many_steps();
};

INSTANTIATE_TEST_SUITE_P(Engines, ProcessTest, ss::testing::engines(), ss::testing::engine_name);

TEST_P(ProcessTest, killed_at_any_moment_of_any_step_the_next_up_finishes)
{
    for (const auto& fatal : steps_) {
        for (const auto moment : {Moment::starting, Moment::written, Moment::committed}) {
            const auto child = spawn([&] {
                return up([&](const Progress& progress) {
                    if (progress.step.version == fatal.version && progress.moment == moment) {
                        ::kill(::getpid(), SIGKILL);
                    }
                });
            });
            ASSERT_EQ(wait_for(child), 128 + SIGKILL) << fatal.version;
        }
    }
    ASSERT_EQ(wait_for(spawn([&] { return up(); })), 0);
    expect_finished();
}

TEST_P(ProcessTest, killed_at_a_random_time_the_next_up_finishes)
{
    std::mt19937 random{4711};
    std::uniform_int_distribution<int> milliseconds{0, 40};
    for (int round = 0; round < 15; ++round) {
        const auto child = spawn([&] { return up(); });
        ::poll(nullptr, 0, milliseconds(random));
        ::kill(child, SIGKILL);
        wait_for(child);
    }
    EXPECT_EQ(wait_for(spawn([&] { return up(); })), 0);
    expect_finished();
}

/// A hundred take 5 s on SQLite and 17 s on PostgreSQL (two busy cores).
int rounds()
{
    const char* wanted = std::getenv("SS_RACE_ROUNDS");
    return wanted == nullptr ? 100 : std::atoi(wanted);
}

TEST_P(ProcessTest, eight_at_once_all_succeed_and_every_step_is_applied_once)
{
    for (int round = 0; round < rounds(); ++round) {
        std::vector<pid_t> children;
        for (int i = 0; i < 8; ++i) {
            children.push_back(spawn([this] { return up(); }));
        }
        for (const auto child : children) {
            ASSERT_EQ(wait_for(child), 0) << "round " << round;
        }
        expect_finished();
        const auto emptied = spawn([this] {
            const auto database = storage::Database::open({.url = url_.url()}).value();
            const auto done =
                database->connect().value()->script("drop table item; drop table shop; drop table schema_ledger;");
            return done ? 0 : 1;
        });
        ASSERT_EQ(wait_for(emptied), 0);
    }
}

}  // namespace
}  // namespace ss::migrate

// What PostgreSQL alone can do to us: refuse, collide, cut the connection, die, fall silent.

#include "note_queries.hpp"

#include <ss/storage.hpp>
#include <ss/testing/databases.hpp>
#include <ss/testing/postgres.hpp>

#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

namespace ss::storage {
namespace {

using namespace std::chrono_literals;
using namespace test;
using ss::testing::PostgresServer;

constexpr std::array kInteger{ColumnType::integer};

template <class Condition>
bool becomes(Condition condition)
{
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

class PostgresTest : public ::testing::Test {
protected:
    std::unique_ptr<Database> open(std::chrono::milliseconds statement_timeout = 10s, int connections = 4)
    {
        auto database = Database::open({.url = Secret{url_},
                                        .readers = connections,
                                        .busy_timeout = 5s,
                                        .statement_timeout = statement_timeout,
                                        .connect_timeout = 2s})
                            .value();
        EXPECT_TRUE(database->connect().value()->script("drop table if exists note;" + tables_for(Engine::postgres)));
        return database;
    }
    static Result<void> insert(Database& database, std::int64_t number)
    {
        return database.write([&](Session& session) -> Result<void> {
            TRY(session.one(InsertNote{.number = number}));
            return {};
        });
    }
    static std::int64_t count(Database& database)
    {
        return database.read([](Session& session) { return session.one(CountNotes{}); }).value()->count;
    }

    ss::testing::FreshDatabase fresh_{Engine::postgres};
    std::string url_{fresh_.url().reveal()};
};

TEST_F(PostgresTest, tells_a_wrong_password_from_a_missing_database_and_an_absent_server)
{
    const PostgresServer server;
    const auto code = [](const std::string& url) {
        const auto database = Database::open({.url = Secret{url}, .connect_timeout = 2s});
        EXPECT_EQ(to_string(database.error()).find("SECRET"), std::string::npos);
        return database.error().code;
    };
    EXPECT_EQ(code(server.url("postgres", "with_password", "SECRET")), Errc::wrong_key);
    EXPECT_EQ(code(server.url("missing")), Errc::configuration);
    EXPECT_EQ(code("postgresql://u:SECRET@/d?host=/no/such/folder"), Errc::unavailable);
    EXPECT_TRUE(Database::open({.url = Secret{server.url("postgres", "with_password", "p%40ss%20word")}}));
    EXPECT_TRUE(Database::open({.url = Secret{server.url("postgres") + "&schema=public&connection_limit=5"}}));
}

TEST_F(PostgresTest, puts_tables_into_the_schema_of_the_url)
{
    ASSERT_TRUE(open()->connect().value()->script("create schema \"my shop\""));
    const auto database = Database::open({.url = Secret{url_ + "&schema=my%20shop"}}).value();
    ASSERT_TRUE(database->connect().value()->script("create table only_here (id bigint)"));
    EXPECT_TRUE(database->connect().value()->script("select * from \"my shop\".only_here"));
}

TEST_F(PostgresTest, works_on_after_its_connections_were_terminated)
{
    const auto database = open();
    auto killer = database->connect().value();
    for (int round = 0; round < 5; ++round) {
        ASSERT_TRUE(insert(*database, round));
        ASSERT_TRUE(killer->script(
            "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = "
            "current_database()"));
        EXPECT_EQ(count(*database), round + 1);
    }
}

TEST_F(PostgresTest, runs_a_write_again_whose_connection_was_cut_before_the_commit)
{
    const auto database = open();
    auto killer = database->connect().value();
    int runs = 0;
    ASSERT_TRUE(database->write([&](Session& session) -> Result<void> {
        TRY(session.one(InsertNote{.number = 1}));
        if (++runs == 1) {
            EXPECT_TRUE(killer->script(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity where pid <> pg_backend_pid() and "
                "datname = current_database()"));
        }
        TRY(session.one(InsertNote{.number = 2}));
        return {};
    }));
    EXPECT_EQ(runs, 2);
    EXPECT_EQ(count(*database), 2);
}

TEST_F(PostgresTest, answers_unavailable_while_the_server_is_dead_and_works_on_when_it_is_back)
{
    PostgresServer server{true};
    url_ = server.fresh_database();
    const auto database = open();
    ASSERT_TRUE(insert(*database, 1));
    server.kill();
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(insert(*database, 2).error().code, Errc::unavailable);
    EXPECT_FALSE(database->health().reachable);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
    server.start();
    EXPECT_TRUE(becomes([&] { return insert(*database, 3).has_value(); }));
    EXPECT_EQ(count(*database), 2);
}

TEST_F(PostgresTest, cuts_a_connection_whose_server_fell_silent)
{
    const auto database = open(1s, 1);
    static constexpr Statement kPid = plain("select pg_backend_pid()", kInteger);
    const auto pid = database->read([](Session& session) -> Result<std::int64_t> {
        return std::get<std::int64_t>(TRY(session.execute(kPid, {})).values.at(0));
    });
    ::kill(static_cast<pid_t>(*pid), SIGSTOP);
    const auto start = std::chrono::steady_clock::now();
    const auto silent = database->read([](Session& session) { return session.one(CountNotes{}); });
    const auto took = std::chrono::steady_clock::now() - start;
    EXPECT_EQ(silent.error().code, Errc::unavailable);
    EXPECT_EQ(count(*database), 0);  // on a new connection, while the old server still hangs
    ::kill(static_cast<pid_t>(*pid), SIGCONT);
    EXPECT_GT(took, 1s);
    EXPECT_LT(took, 5s);
}

TEST_F(PostgresTest, ends_a_statement_that_takes_too_long)
{
    const auto database = open(100ms);
    static constexpr Statement kSlow = plain("select 1 from (select pg_sleep(30)) as slow", kInteger);
    const auto slow = database->read([](Session& session) { return session.execute(kSlow, {}); });
    ASSERT_FALSE(slow);
    EXPECT_EQ(slow.error().code, Errc::busy);
    EXPECT_TRUE(insert(*database, 1));
}

TEST_F(PostgresTest, runs_again_what_collided)
{
    const auto database = open(10s, 8);
    for (int at = 0; at < 2; ++at) {
        ASSERT_TRUE(insert(*database, at));
    }
    // Each locks the two rows in its own order: without running again one of two would fail.
    std::latch start{1};
    std::atomic<int> done = 0;
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&, thread] {
            start.wait();
            for (int at = 0; at < 3; ++at) {
                const auto outcome = database->write([&](Session& session) -> Result<void> {
                    TRY(session.run(RenameNote{thread % 2, "x"}));
                    TRY(session.run(RenameNote{(thread + 1) % 2, "y"}));
                    return {};
                });
                done += outcome ? 1 : 0;
            }
        });
    }
    start.count_down();
    threads.clear();
    EXPECT_EQ(done, 12);
}

TEST_F(PostgresTest, forgets_its_plans_when_the_schema_changes)
{
    const auto database = open(10s, 1);
    static constexpr std::array kFive{ColumnType::integer, ColumnType::integer, ColumnType::real, ColumnType::text,
                                      ColumnType::integer};
    static constexpr Statement kAll = plain("select * from note", kFive);
    const auto read = [&] { return database->read([](Session& session) { return session.execute(kAll, {}); }); };
    ASSERT_TRUE(insert(*database, 1));
    ASSERT_TRUE(read());
    ASSERT_TRUE(database->connect().value()->script("alter table note alter column text type varchar(99)"));
    const auto after = read();
    EXPECT_TRUE(after) << to_string(after.error());
}

TEST_F(PostgresTest, gives_every_thread_a_connection_in_turn)
{
    const auto database = open(10s, 2);
    std::atomic<int> stored = 0;
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
        threads.emplace_back([&, thread] {
            for (int at = 0; at < 25; ++at) {
                stored += insert(*database, thread * 100 + at) ? 1 : 0;
            }
        });
    }
    threads.clear();
    EXPECT_EQ(stored, 200);
}

}  // namespace
}  // namespace ss::storage

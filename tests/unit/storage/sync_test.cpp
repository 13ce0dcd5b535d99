// A disk that refuses to sync. This program's own fdatasync() stands before libc's, also for SQLite.

#include "note_queries.hpp"

#include <ss/storage.hpp>
#include <ss/testing/temp_dir.hpp>

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

namespace {
std::atomic<bool> disk_refuses = false;
std::atomic<int> syncs = 0;
}  // namespace

// The address of libc's function is what SQLite looks up by name: it finds this one first.
extern "C" int fdatasync(int descriptor)
{
    ++syncs;
    if (disk_refuses) {
        errno = EIO;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_fdatasync, descriptor));
}

namespace ss::storage {
namespace {

using namespace test;

Result<void> insert(Database& database, std::int64_t number)
{
    return database.write([&](Session& session) -> Result<void> {
        TRY(session.one(InsertNote{.number = number}));
        return {};
    });
}

std::int64_t count(Database& database)
{
    return database.read([](Session& session) { return session.one(CountNotes{}); }).value()->count;
}

class SqliteSync : public ::testing::Test {
protected:
    SqliteSync()
    {
        disk_refuses = false;
        EXPECT_TRUE(open()->connect().value()->script(tables_for(Engine::sqlite)));
    }
    ~SqliteSync() override { disk_refuses = false; }
    [[nodiscard]] std::unique_ptr<Database> open() const
    {
        return Database::open({.url = Secret{"sqlite:" + (folder_ / "a.db").string()}}).value();
    }
    ss::testing::TempDir folder_;
};

TEST_F(SqliteSync, syncs_before_every_answer_and_once_for_a_group)
{
    const auto database = open();
    ASSERT_TRUE(insert(*database, 0));
    for (int at = 1; at <= 5; ++at) {
        const int before = syncs;
        ASSERT_TRUE(insert(*database, at));
        EXPECT_GT(syncs, before);
    }
    const int before = syncs;
    std::vector<std::jthread> threads;
    for (int thread = 1; thread <= 16; ++thread) {
        threads.emplace_back([&, thread] {
            for (int at = 0; at < 50; ++at) {
                EXPECT_TRUE(insert(*database, thread * 100 + at));
            }
        });
    }
    threads.clear();
    EXPECT_LT(syncs - before, 16 * 50);
}

TEST_F(SqliteSync, writes_nothing_more_after_the_disk_refused_to_sync)
{
    {
        const auto database = open();
        ASSERT_TRUE(insert(*database, 1));
        disk_refuses = true;
        EXPECT_EQ(insert(*database, 2).error().code, Errc::unavailable);
        disk_refuses = false;
        EXPECT_EQ(insert(*database, 3).error().code, Errc::unavailable);
        EXPECT_EQ(count(*database), 1);
        const auto health = database->health();
        EXPECT_FALSE(health.reachable);
        EXPECT_NE(health.detail.find("disk"), std::string::npos);
    }
    const auto database = open();
    EXPECT_TRUE(insert(*database, 4));
    EXPECT_GE(count(*database), 2);
}

TEST_F(SqliteSync, gives_nobody_of_a_group_success_when_its_commit_fails)
{
    const auto database = open();
    disk_refuses = true;
    std::atomic<int> stored = 0;
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
        threads.emplace_back([&, thread] { stored += insert(*database, thread) ? 1 : 0; });
    }
    threads.clear();
    EXPECT_EQ(stored, 0);
    EXPECT_EQ(count(*database), 0);
}

}  // namespace
}  // namespace ss::storage

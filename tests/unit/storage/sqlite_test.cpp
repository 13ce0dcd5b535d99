// What SQLite alone promises: the file, its copy, the disk, other processes.

#include "note_queries.hpp"

#include <ss/storage.hpp>
#include <ss/testing/process.hpp>
#include <ss/testing/temp_dir.hpp>

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

namespace ss::storage {
namespace {

using namespace std::chrono_literals;
using namespace test;
namespace fs = std::filesystem;

std::unique_ptr<Database> open_with_table(const std::string& url, std::chrono::milliseconds busy_timeout = 5s)
{
    auto database = Database::open({.url = Secret{url}, .busy_timeout = busy_timeout}).value();
    EXPECT_TRUE(database->connect().value()->script(tables_for(Engine::sqlite)));
    return database;
}

Result<void> insert(Database& database, std::int64_t number, std::string text = {})
{
    return database.write([&](Session& session) -> Result<void> {
        TRY(session.one(InsertNote{.number = number, .weight = {}, .text = text, .parent = {}}));
        return {};
    });
}

std::int64_t count(Database& database)
{
    return database.read([](Session& session) { return session.one(CountNotes{}); }).value()->count;
}

TEST(Sqlite, makes_a_file_that_is_the_owners_alone)
{
    const ss::testing::TempDir folder;
    const auto database = open_with_table("sqlite:" + (folder / "a b.db").string());
    ASSERT_TRUE(insert(*database, 1));
    for (const auto* name : {"a b.db", "a b.db-wal"}) {
        EXPECT_EQ(fs::status(folder / name).permissions(), fs::perms::owner_read | fs::perms::owner_write) << name;
    }
}

TEST(Sqlite, another_program_that_comes_and_goes_takes_no_write_away)
{
    const ss::testing::TempDir folder;
    const auto file = (folder / "a.db").string();
    const auto database = open_with_table("sqlite:" + file);
    // As the last one that has the database open would, it empties and deletes the log, if it finds no lock of ours.
    const auto others_count = [&] {
        const auto told = ss::testing::run({"sqlite3", file, "select count(*) from note"});
        EXPECT_EQ(told.exit_code, 0) << told.output;
        return told.output;
    };
    for (int number = 1; number <= 3; ++number) {
        ASSERT_TRUE(insert(*database, number));
        EXPECT_EQ(count(*database), number);
        EXPECT_EQ(others_count(), fmt::format("{}\n", number));
    }
    EXPECT_TRUE(fs::exists(file + "-wal"));
}

TEST(Sqlite, keeps_the_promises_of_the_pragmas)
{
    const ss::testing::TempDir folder;
    const auto database = open_with_table("sqlite:" + (folder / "a.db").string());
    static constexpr std::array kInteger{ColumnType::integer};
    static constexpr std::array kText{ColumnType::text};
    static constexpr Statement kJournal = plain("pragma journal_mode", kText);
    static constexpr Statement kSynchronous = plain("pragma synchronous", kInteger);
    static constexpr Statement kForeignKeys = plain("pragma foreign_keys", kInteger);
    ASSERT_TRUE(database->write([](Session& session) -> Result<void> {
        EXPECT_EQ(std::get<std::string>(TRY(session.execute(kJournal, {})).values.at(0)), "wal");
        EXPECT_EQ(std::get<std::int64_t>(TRY(session.execute(kSynchronous, {})).values.at(0)), 2);  // full
        EXPECT_EQ(std::get<std::int64_t>(TRY(session.execute(kForeignKeys, {})).values.at(0)), 1);
        return {};
    }));
}

TEST(Sqlite, removes_a_memory_database_with_its_object)
{
    const auto databases = [] {
        std::size_t found = 0;
        for (const auto& entry : fs::directory_iterator{fs::temp_directory_path()}) {
            found += entry.path().filename().string().starts_with("ss-database-") ? 1U : 0U;
        }
        return found;
    };
    auto one = open_with_table("sqlite::memory:");
    auto two = open_with_table("sqlite::memory:");
    ASSERT_TRUE(insert(*one, 1));
    EXPECT_EQ(count(*one), 1);
    EXPECT_EQ(count(*two), 0);
    const auto before = databases();
    one.reset();
    EXPECT_LT(databases(), before);
}

TEST(Sqlite, says_what_is_wrong_with_a_url)
{
    const ss::testing::TempDir folder;
    std::ofstream{folder / "text"} << std::string(4'096, 'x');
    const auto code = [](const std::string& url) { return Database::open({.url = Secret{url}}).error().code; };
    EXPECT_EQ(code("mysql://h/d"), Errc::configuration);
    EXPECT_EQ(code("sqlite:"), Errc::configuration);
    EXPECT_EQ(code("sqlite:/no/such/folder/a.db"), Errc::unavailable);
    EXPECT_EQ(code("sqlite:" + (folder / "text").string()), Errc::corrupt);
}

TEST(Sqlite, copies_a_consistent_database_while_others_write)
{
    const ss::testing::TempDir folder;
    const auto database = open_with_table("sqlite:" + (folder / "a.db").string());
    constexpr int kRows = 3'000;
    ASSERT_TRUE(database->write([](Session& session) -> Result<void> {
        for (int at = 0; at < kRows; ++at) {
            TRY(session.one(InsertNote{.number = at, .weight = {}, .text = std::string(4'000, 'x'), .parent = {}}));
        }
        return {};
    }));
    std::atomic<bool> stop = false;
    std::jthread writer{[&] {
        for (int at = kRows; !stop; ++at) {
            EXPECT_TRUE(insert(*database, at));
        }
    }};
    int last_done = -1;
    int last_total = 0;
    auto connection = database->connect().value();
    const auto copied = connection->copy_to(folder / "copy.db", [&](int done, int total) {
        EXPECT_GT(done, last_done) << "the copy started again";
        last_done = done;
        std::jthread{[&] { EXPECT_TRUE(insert(*database, -done)); }}.join();  // a commit between any two steps
        last_total = total;
    });
    stop = true;
    writer.join();
    ASSERT_TRUE(copied) << to_string(copied.error());
    EXPECT_EQ(last_done, last_total);
    EXPECT_GT(last_total, kRows);
    const auto copy = Database::open({.url = Secret{"sqlite:" + (folder / "copy.db").string()}}).value();
    EXPECT_GE(count(*copy), kRows);
    EXPECT_FALSE(connection->copy_to(folder / "copy.db", {}));  // never over another file
}

TEST(Sqlite, waits_for_another_process_and_then_says_busy)
{
    const ss::testing::TempDir folder;
    const auto database = open_with_table("sqlite:" + (folder / "a.db").string(), 50ms);
    auto other = database->connect().value();
    ASSERT_TRUE(other->begin());
    EXPECT_EQ(other->engine(), Engine::sqlite);
    const auto refused = insert(*database, 1);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::busy);
    EXPECT_EQ(count(*database), 0);  // readers do not wait
    other->rollback();
    EXPECT_TRUE(insert(*database, 1));
    EXPECT_TRUE(database->health().reachable);
}

TEST(Sqlite, answers_unavailable_on_a_full_disk_and_recovers_when_there_is_room)
{
    const ss::testing::TempDir folder;
    if (::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=1m") != 0) {
        GTEST_SKIP() << "needs the right to mount a small disk";
    }
    {
        const auto database = open_with_table("sqlite:" + (folder / "a.db").string());
        std::ofstream{folder / "filler"} << std::string(400'000, 'x');
        std::int64_t stored = 0;
        Result<void> outcome;
        for (; outcome && stored < 1'000; ++stored) {
            outcome = insert(*database, stored, std::string(10'000, 'x'));
        }
        --stored;
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().code, Errc::unavailable);
        EXPECT_EQ(count(*database), stored);
        for (int at = 0; at < 20; ++at) {
            static_cast<void>(insert(*database, 2'000 + at, std::string(10'000, 'x')));
        }
        fs::remove(folder / "filler");
        EXPECT_TRUE(database->health().reachable);
        EXPECT_TRUE(insert(*database, -1));
    }
    ::umount(folder.path().c_str());
}

}  // namespace
}  // namespace ss::storage

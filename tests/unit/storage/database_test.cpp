// What both engines promise.

#include "note_queries.hpp"

#include <ss/storage.hpp>
#include <ss/testing/databases.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace ss::storage {
namespace {

using namespace std::chrono_literals;
using namespace test;

class DatabaseTest : public ::testing::TestWithParam<Engine> {
protected:
    DatabaseTest() : url_{GetParam()}, database_{Database::open(options()).value()}
    {
        auto connection = database_->connect().value();
        EXPECT_TRUE(connection->script(tables_for(GetParam())));
    }

    [[nodiscard]] DatabaseOptions options() const
    {
        return {.url = url_.url(), .busy_timeout = 5s, .statement_timeout = 10s, .connect_timeout = 5s};
    }

    std::int64_t count()
    {
        return database_->read([](Session& session) { return session.one(CountNotes{}); }).value()->count;
    }
    Result<void> insert(std::int64_t number, std::optional<std::string> text = {})
    {
        return database_->write([&](Session& session) -> Result<void> {
            TRY(session.one(InsertNote{.number = number, .text = text}));
            return {};
        });
    }

    ss::testing::FreshDatabase url_;
    std::unique_ptr<Database> database_;
};

INSTANTIATE_TEST_SUITE_P(Engines, DatabaseTest, ss::testing::engines(), ss::testing::engine_name);

TEST_P(DatabaseTest, keeps_every_kind_of_value)
{
    const std::int64_t big = 5'000'000'000'000'000'001;
    const std::string text = "promoção ☃ 'quoted' \"x\" :name \\ \n";
    const auto id = database_->write([&](Session& session) {
        return session.one(InsertNote{.number = big, .weight = 0.1, .text = text, .parent = {}});
    });
    ASSERT_TRUE(id) << to_string(id.error());
    ASSERT_TRUE(database_->write([&](Session& session) {
        return session.one(InsertNote{.number = -1, .weight = {}, .text = {}, .parent = (*id)->id});
    }));
    const auto first = database_->read([&](Session& session) { return session.one(FindNote{big}); }).value();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->number, big);
    EXPECT_EQ(first->weight, 0.1);
    EXPECT_EQ(first->text, text);
    EXPECT_EQ(first->parent, std::nullopt);
    const auto second = database_->read([&](Session& session) { return session.one(FindNote{-1}); }).value();
    EXPECT_EQ(second->weight, 0);  // null in a column that is not optional
    EXPECT_EQ(second->text, std::nullopt);
    EXPECT_EQ(second->parent, first->id);
    const auto none = database_->read([&](Session& session) { return session.one(FindNote{4}); }).value();
    EXPECT_FALSE(none);
}

TEST_P(DatabaseTest, counts_the_rows_a_statement_wrote)
{
    ASSERT_TRUE(insert(1));
    const auto rename = [&](std::int64_t number) {
        return database_->write([&](Session& session) { return session.run(RenameNote{number, "x"}); }).value();
    };
    EXPECT_EQ(rename(1), 1);
    EXPECT_EQ(rename(2), 0);
}

TEST_P(DatabaseTest, takes_back_what_a_failed_write_did)
{
    const auto refused = database_->write([](Session& session) -> Result<void> {
        TRY(session.one(InsertNote{.number = 1}));
        return fail(Errc::forbidden, "no");
    });
    EXPECT_EQ(refused.error().code, Errc::forbidden);
    const auto thrown = database_->write([](Session& session) -> Result<void> {
        TRY(session.one(InsertNote{.number = 2}));
        throw std::runtime_error{"tok_SECRET"};
    });
    EXPECT_EQ(thrown.error().code, Errc::internal);
    EXPECT_EQ(to_string(thrown.error()).find("SECRET"), std::string::npos);
    EXPECT_EQ(count(), 0);
    EXPECT_TRUE(insert(3));  // the writer lives
    EXPECT_EQ(count(), 1);
}

TEST_P(DatabaseTest, calls_a_broken_unique_or_foreign_key_a_conflict)
{
    ASSERT_TRUE(insert(1, "tok_SECRET"));
    const auto twice = insert(1, "tok_SECRET");
    EXPECT_EQ(twice.error().code, Errc::conflict);
    const auto orphan =
        database_->write([](Session& session) { return session.one(InsertNote{.number = 2, .parent = 987'654'321}); });
    EXPECT_EQ(orphan.error().code, Errc::conflict);
    EXPECT_EQ(to_string(orphan.error()).find("987654321"), std::string::npos);
    EXPECT_EQ(to_string(twice.error()).find("SECRET"), std::string::npos);
    EXPECT_EQ(count(), 1);
}

TEST_P(DatabaseTest, does_not_commit_when_an_error_was_swallowed)
{
    ASSERT_TRUE(insert(1));
    const auto outcome = database_->write([](Session& session) -> Result<void> {
        TRY(session.one(InsertNote{.number = 2}));
        static_cast<void>(session.one(InsertNote{.number = 1}));
        EXPECT_FALSE(session.one(CountNotes{}));
        return {};
    });
    EXPECT_EQ(outcome.error().code, Errc::conflict);
    EXPECT_EQ(count(), 1);
}

TEST_P(DatabaseTest, refuses_texts_that_one_engine_would_cut_or_refuse)
{
    for (const auto& text : {std::string{"a\0b", 3}, std::string{"\xc3\x28"}, std::string{"\xed\xa0\x80"}}) {
        const auto outcome = insert(1, text);
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().code, Errc::invalid);
        EXPECT_EQ(outcome.error().where, "text");
    }
    EXPECT_EQ(count(), 0);
}

TEST_P(DatabaseTest, never_quotes_a_bound_value)
{
    static constexpr std::array<std::string_view, 1> kParameters{"text"};
    static constexpr std::array kColumns{ColumnType::integer};
    static constexpr Statement kCast{"test.cast", "select json_extract(:text, '$')",
                                     "select cast(cast(:text as text) as bigint)", kColumns, kParameters};
    const auto outcome = database_->read([](Session& session) -> Result<void> {
        TRY(session.execute(kCast, {std::string{"tok_SECRET"}}));
        return {};
    });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::internal);
    EXPECT_EQ(outcome.error().where, "test.cast");
    EXPECT_EQ(to_string(outcome.error()).find("SECRET"), std::string::npos);
}

TEST_P(DatabaseTest, stores_every_write_of_eight_threads)
{
    constexpr int kThreads = 8;
    constexpr int kWrites = 200;
    std::atomic<int> failed = 0;
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&, thread] {
            for (int at = 0; at < kWrites; ++at) {
                failed += insert(thread * kWrites + at) ? 0 : 1;
            }
        });
    }
    threads.clear();
    EXPECT_EQ(failed, 0);
    EXPECT_EQ(count(), kThreads * kWrites);
}

TEST_P(DatabaseTest, lets_a_failing_write_take_no_other_with_it)
{
    ASSERT_TRUE(insert(0));
    std::atomic<int> stored = 0;
    std::atomic<int> conflicts = 0;
    std::vector<std::jthread> threads;
    for (int thread = 1; thread <= 8; ++thread) {
        threads.emplace_back([&, thread] {
            for (int at = 0; at < 50; ++at) {
                const auto good = database_->write([&](Session& session) -> Result<void> {
                    TRY(session.one(InsertNote{.number = thread * 1'000 + at}));
                    return {};
                });
                const auto bad = database_->write([&](Session& session) -> Result<void> {
                    TRY(session.one(InsertNote{.number = -(thread * 1'000 + at)}));
                    TRY(session.one(InsertNote{.number = 0}));
                    return {};
                });
                stored += good ? 1 : 0;
                conflicts += !bad && bad.error().code == Errc::conflict ? 1 : 0;
            }
        });
    }
    threads.clear();
    EXPECT_EQ(stored, 400);
    EXPECT_EQ(conflicts, 400);
    EXPECT_EQ(count(), 401);
}

TEST_P(DatabaseTest, shows_one_snapshot_to_a_reader)
{
    ASSERT_TRUE(insert(1));
    ASSERT_TRUE(database_->read([&](Session& session) -> Result<void> {
        EXPECT_EQ(TRY(session.one(CountNotes{}))->count, 1);
        std::jthread{[&] { EXPECT_TRUE(insert(2)); }}.join();
        EXPECT_EQ(TRY(session.one(CountNotes{}))->count, 1);
        return {};
    }));
    EXPECT_EQ(count(), 2);
}

TEST_P(DatabaseTest, leaves_no_statement_open_that_pins_an_old_snapshot)
{
    ASSERT_TRUE(insert(1));
    auto first = database_->connect().value();
    auto second = database_->connect().value();
    ASSERT_TRUE(first->one(FindNote{1}));  // one row of a cached statement, outside a transaction
    ASSERT_TRUE(second->one(InsertNote{.number = 2}));
    EXPECT_EQ(first->one(CountNotes{}).value()->count, 2);
    ASSERT_TRUE(first->one(InsertNote{.number = 3}));  // insert … returning has committed …
    EXPECT_EQ(second->one(CountNotes{}).value()->count, 3);
    ASSERT_TRUE(second->one(InsertNote{.number = 4}));  // … and blocks nobody
    EXPECT_EQ(count(), 4);
}

TEST_P(DatabaseTest, refuses_a_transaction_inside_another_instead_of_hanging)
{
    const auto nested = [&](bool outer, bool inner) {
        Result<void> seen;
        const auto work = [&](Session&) -> Result<void> {
            const auto nothing = [](Session&) -> Result<void> { return {}; };
            seen = inner ? database_->write(nothing) : database_->read(nothing);
            return {};
        };
        static_cast<void>(outer ? database_->write(work) : database_->read(work));
        return seen;
    };
    for (const bool outer : {false, true}) {
        for (const bool inner : {false, true}) {
            const auto seen = nested(outer, inner);
            ASSERT_FALSE(seen);
            EXPECT_EQ(seen.error().code, Errc::internal);
        }
    }
    EXPECT_TRUE(insert(1));
}

TEST_P(DatabaseTest, runs_what_waits_for_the_commit_only_after_a_commit)
{
    int ran = 0;
    std::int64_t seen = 0;
    ASSERT_TRUE(database_->write([&](Session& session) -> Result<void> {
        TRY(session.one(InsertNote{.number = 1}));
        session.after_commit([&] { ++ran, seen = count(); });
        session.after_commit([] { throw std::runtime_error{"ignored"}; });
        session.after_commit([&] { ++ran; });
        EXPECT_EQ(ran, 0);
        return {};
    }));
    EXPECT_EQ(ran, 2);
    EXPECT_EQ(seen, 1);
    static_cast<void>(database_->write([&](Session& session) -> Result<void> {
        session.after_commit([&] { ++ran; });
        return fail(Errc::forbidden, "no");
    }));
    EXPECT_EQ(ran, 2);
}

TEST_P(DatabaseTest, does_not_write_in_a_read)
{
    const auto outcome = database_->read([](Session& session) { return session.one(InsertNote{.number = 1}); });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::internal);
    EXPECT_EQ(count(), 0);
}

TEST_P(DatabaseTest, binds_a_parameter_that_was_null_at_first)
{
    ASSERT_TRUE(insert(1));
    ASSERT_TRUE(insert(2, "text"));
    const auto third = database_->write(
        [](Session& session) { return session.one(InsertNote{.number = 3, .weight = 2.5, .text = "a", .parent = 1}); });
    ASSERT_TRUE(third) << to_string(third.error());
    const auto note = database_->read([](Session& session) { return session.one(FindNote{3}); }).value();
    EXPECT_EQ(note->weight, 2.5);
    EXPECT_EQ(note->parent, 1);
    ASSERT_TRUE(insert(4));
}

TEST_P(DatabaseTest, runs_a_script_of_several_statements_as_one_transaction)
{
    auto connection = database_->connect().value();
    ASSERT_TRUE(connection->begin());
    ASSERT_TRUE(
        connection->script("-- it's a comment\ninsert into note (number) values (1);\n"
                           "insert into note (number) values (2);"));
    EXPECT_EQ(count(), 0);
    ASSERT_TRUE(connection->commit());
    EXPECT_EQ(count(), 2);
    ASSERT_TRUE(connection->begin());
    EXPECT_FALSE(connection->script("insert into note (number) values (3); insert into nothing values (1);"));
    connection->rollback();
    EXPECT_EQ(count(), 2);
    {
        auto forgotten = database_->connect().value();
        ASSERT_TRUE(forgotten->begin());
        ASSERT_TRUE(forgotten->one(InsertNote{.number = 9}));
    }
    EXPECT_EQ(count(), 2);
    ASSERT_TRUE(insert(9));
}

TEST_P(DatabaseTest, reports_a_statement_whose_columns_are_not_the_declared_ones)
{
    auto connection = database_->connect().value();
    static constexpr std::array kTwo{ColumnType::integer, ColumnType::integer};
    static constexpr Statement kWrongCount = plain("select id from note", kTwo);
    static constexpr Statement kWrongName = plain("select missing from note", kTwo);
    EXPECT_EQ(connection->prepare(kWrongCount).error().code, Errc::internal);
    const auto wrong = connection->prepare(kWrongName);
    EXPECT_NE(wrong.error().message.find("missing"), std::string::npos);
    EXPECT_TRUE(connection->prepare(FindNote::kStatement));
}

TEST_P(DatabaseTest, says_that_it_is_well)
{
    const auto health = database_->health();
    EXPECT_TRUE(health.reachable) << health.detail;
    EXPECT_GT(health.latency.count(), 0);
}

}  // namespace
}  // namespace ss::storage

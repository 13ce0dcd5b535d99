// Guards sql/: what every module wrote there is understood by both engines.

#include <ss/sql/migrate.hpp>
#include <ss/sql/migrations.hpp>
#include <ss/storage.hpp>
#include <ss/testing/databases.hpp>

#include <gtest/gtest.h>

namespace ss::storage {
namespace {

class StatementsTest : public ::testing::TestWithParam<Engine> {
protected:
    [[nodiscard]] bool on_sqlite() const { return GetParam() == Engine::sqlite; }

    ss::testing::FreshDatabase url_{GetParam()};
    std::unique_ptr<Database> database_ = Database::open({.url = url_.url()}).value();
    std::unique_ptr<Connection> connection_ = database_->connect().value();
};

INSTANTIATE_TEST_SUITE_P(Engines, StatementsTest, ss::testing::engines(), ss::testing::engine_name);

TEST_P(StatementsTest, every_statement_of_sql_queries_can_be_prepared_on_both_engines)
{
    for (const auto& step : sql::migrations()) {
        const auto done = connection_->script(on_sqlite() ? step.sqlite_up : step.postgres_up);
        ASSERT_TRUE(done) << step.name << ": " << to_string(done.error());
    }
    ASSERT_TRUE(connection_->run(sql::migrate::MakeLedger{}));
    for (const auto* statement : all_statements()) {
        const auto prepared = connection_->prepare(*statement);
        EXPECT_TRUE(prepared) << statement->name << ": " << to_string(prepared.error()) << "\n"
                              << (on_sqlite() ? statement->sqlite : statement->postgres);
    }
}

TEST_P(StatementsTest, every_migration_goes_down_and_up_again)
{
    const auto steps = sql::migrations();
    for (int round = 0; round < 2; ++round) {
        for (const auto& step : steps) {
            const auto done = connection_->script(on_sqlite() ? step.sqlite_up : step.postgres_up);
            ASSERT_TRUE(done) << "up " << step.name << ": " << to_string(done.error());
        }
        for (std::size_t at = steps.size(); at-- > 0;) {
            const auto done = connection_->script(on_sqlite() ? steps[at].sqlite_down : steps[at].postgres_down);
            ASSERT_TRUE(done) << "down " << steps[at].name << ": " << to_string(done.error());
        }
    }
}

}  // namespace
}  // namespace ss::storage

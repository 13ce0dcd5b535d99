// The program's own steps with rows in every table: down and up again, one by one (O3). What a step takes with it was
// announced with its number of rows; all else is as it was.

#include <ss/migrate.hpp>
#include <ss/testing/databases.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>
#include <string>

namespace ss::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A row or two for each table; a step that adds a table adds them here.
constexpr std::string_view kRows = R"sql(
insert into workspace (name, event_sequence, created_at) values ('Loja', 1, 1), ('Outra', 0, 2);
insert into user_account (workspace_id, email, name, role, password_hash, password_changed_at, created_at)
    values (1, 'maria@loja.example', 'Maria', 'owner', 'x', 1, 1);
insert into user_session (id, workspace_id, user_id, address, user_agent, rotated_at, created_at, idle_until_at, expires_at)
    values ('s', 1, 1, '127.0.0.1', 'test', 1, 1, 2, 3);
insert into login_failure (account, failures, last_at) values ('a', 1, 1);
insert into api_key (workspace_id, created_by, name, role, scopes, prefix, key_hash, created_at)
    values (1, 1, 'k', 'viewer', '[]', 'p', 'h', 1);
insert into audit_head (workspace_id, sequence, hash) values (1, 1, 'h');
insert into audit_entry (workspace_id, sequence, at, actor, action, target, detail, address, hash)
    values (1, 1, 1, 'user:1', 'a', 't', '{}', '', 'h');
insert into event (workspace_id, number, kind, payload, at) values (1, 1, 'message.received', '{}', 1);
insert into job (workspace_id, kind, payload, priority, state, stage, run_at, lane, unique_key, max_attempts, created_at)
    values (1, 'message.send', '{}', 0, 'queued', 1, 1, '', '', 25, 1);
insert into job_schedule (name, rhythm, next_at) values ('n', 'r', 1);
insert into account (workspace_id, channel, external_id, app_scoped_id, username, name, picture_url, account_type, state,
    token_expires_at, token_refreshed_at, created_at)
    values (1, 'instagram', 'ig1', 'app1', 'shop', 'Shop', '', 'BUSINESS', 'connected', 1, 1, 1);
insert into webhook (channel, state, request_id, received_at, bytes, body_sha256, body_base64)
    values ('instagram', 'processed', 'r', 1, 2, 'h', 'e30=');
insert into webhook_problem (webhook_id, account, reason, item, found_at) values (1, 'ig1', 'why', '{}', 1);
insert into contact (workspace, account, external_id, name, username, picture_url, created_at)
    values (1, 1, 'ana', 'Ana', 'ana', '', 1);
insert into conversation (workspace, account, contact, last_message_at, created_at) values (1, 1, 1, 1, 1);
insert into message (workspace, account, conversation, kind, direction, delivery, external_id, text, words, at, arrived_at)
    values (1, 1, 1, 'message', 0, 'received', 'm1', 'Olá', 'ola', 1, 1),
           (1, 1, 1, 'message', 1, 'sent', 'm2', 'Oi', 'oi', 2, 2);
insert into attachment (message, position, kind, url, title, media_id, blob) values (1, 0, 'image', 'https://cdn/a', '', '', 'ab/c');
insert into reaction (message, from_business, reaction, at) values (1, 1, 'x', 1);
insert into pending_change (account, external_id, kind, from_business, text, edit_number, at) values (1, 'm9', 'edit', 0, 't', 1, 1);
insert into message_attempt (message, number, started_at) values (2, 1, 2);
insert into media (workspace, author, kind, name, bytes, width, height, blob, created_at)
    values (1, 1, 'jpeg', 'a.jpg', 3, 1, 1, 'cd/e', 1);
insert into post (workspace, account, media, author, caption, alt_text, state, at, time_zone, created_at, updated_at)
    values (1, 1, 1, 1, 'c', '', 'draft', 1, 'UTC', 1, 1);
insert into insight (workspace, account, day_at, metric, value, fetched_at) values (1, 1, 0, 'reach', 7, 1);
insert into idempotency (scope, key, fingerprint, owner, effect_at, created_at) values ('1:1:0', 'k', 'f', 'o', 1, 1);
insert into recent_attempt (key, at) values ('k', 1);
insert into deletion_request (code, channel, person, request_sha256, requested_at) values ('c', 'instagram', 'p', 'h', 1);
)sql";

class DataTest : public ::testing::TestWithParam<storage::Engine> {
protected:
    using Content = std::map<std::string, std::map<std::string, std::string>>;  // table, column, what is in it

    std::vector<storage::Value> ask(const std::string& text, std::size_t columns)
    {
        static constexpr std::array kTexts{storage::ColumnType::text, storage::ColumnType::text};
        const auto& kept = texts_.emplace_back(text);
        const auto& statement =
            statements_.emplace_back(storage::Statement{"test.ask", kept, kept, std::span{kTexts}.first(columns), {}});
        const auto rows = connection_->execute(statement, {});
        EXPECT_TRUE(rows) << text << ": " << (rows ? "" : to_string(rows.error()));
        return rows ? rows->values : std::vector<storage::Value>{};
    }

    /// Table, column and all values of the column, of every table with rows of its own.
    Content content()
    {
        const std::string columns =
            GetParam() == storage::Engine::sqlite
                ? "select t.name, c.name from pragma_table_list t, pragma_table_info(t.name) c where t.schema = 'main' "
                  "and t.type = 'table' and t.name not like 'sqlite\\_%' escape '\\'"
                : "select cast(table_name as text), cast(column_name as text) from information_schema.columns "
                  "where table_schema = current_schema() and is_generated = 'NEVER'";
        const auto found = ask(columns, 2);
        Content content;
        for (std::size_t at = 0; at + 1 < found.size(); at += 2) {
            const auto& table = std::get<std::string>(found[at]);
            const auto& column = std::get<std::string>(found[at + 1]);
            if (table == "schema_ledger") {
                continue;
            }
            auto& values = content[table][column];
            for (const auto& value :
                 ask(fmt::format("select coalesce(cast(\"{}\" as text), '-') from \"{}\" order by 1", column, table),
                     1)) {
                values += std::get<std::string>(value) + "|";
            }
        }
        return content;
    }

    static std::int64_t rows_in(const std::string& values) { return std::count(values.begin(), values.end(), '|'); }

    ss::testing::FreshDatabase url_{GetParam()};
    std::unique_ptr<storage::Database> database_ = storage::Database::open({.url = url_.url()}).value();
    std::unique_ptr<storage::Connection> connection_ = database_->connect().value();
    ManualClock clock_;
    Migrator migrator_{*database_, clock_};
    std::deque<std::string> texts_;
    std::deque<storage::Statement> statements_;
};

INSTANTIATE_TEST_SUITE_P(Engines, DataTest, ss::testing::engines(), ss::testing::engine_name);

TEST_P(DataTest, every_step_goes_down_and_up_with_rows_in_every_table_and_loses_only_what_it_says)
{
    ASSERT_TRUE(migrator_.up());
    const auto filled = connection_->script(kRows);
    ASSERT_TRUE(filled) << to_string(filled.error());
    auto before = content();
    for (const auto& [table, columns] : before) {
        ASSERT_FALSE(columns.begin()->second.empty()) << "kRows has no row for table " << table;
    }
    for (auto version = migrator_.status()->version; version > 0; --version) {
        const auto losses = migrator_.losses({.steps = 1, .to = {}}).value();
        ASSERT_TRUE(migrator_.down({.steps = 1, .to = {}})) << version;
        const auto after = content();
        std::set<std::pair<std::string, std::string>> announced;
        for (const auto& loss : losses) {
            announced.emplace(loss.table, loss.column);
            EXPECT_FALSE(loss.column.empty() ? after.contains(loss.table) : after.at(loss.table).contains(loss.column))
                << version << ": " << loss.table << "." << loss.column << " was announced and is still there";
            EXPECT_EQ(loss.rows, rows_in(before.at(loss.table).begin()->second)) << loss.table;
        }
        for (const auto& [table, columns] : before) {
            if (!after.contains(table)) {
                EXPECT_TRUE(announced.contains({table, ""}))
                    << version << ": table " << table << " went without a word";
                continue;
            }
            for (const auto& [column, values] : columns) {
                if (!after.at(table).contains(column)) {
                    const bool was_empty = values.find_first_not_of("-|") == std::string::npos;
                    EXPECT_TRUE(was_empty || announced.contains({table, column}))
                        << version << ": column " << table << "." << column << " went without a word";
                } else {
                    EXPECT_EQ(after.at(table).at(column), values) << version << ": " << table << "." << column;
                }
            }
        }
        // Up again: what remained is untouched, and the schema is the step's.
        ASSERT_TRUE(migrator_.up(version)) << version;
        EXPECT_THAT(migrator_.verify().value(), IsEmpty()) << version;
        const auto again = content();
        for (const auto& [table, columns] : after) {
            for (const auto& [column, values] : columns) {
                EXPECT_EQ(again.at(table).at(column), values) << version << ": " << table << "." << column;
            }
        }
        ASSERT_TRUE(migrator_.down({.steps = 1, .to = {}})) << version;
        before = content();
    }
    EXPECT_THAT(before, IsEmpty());
}

TEST_P(DataTest, losses_name_tables_and_columns_with_their_rows_and_nothing_that_is_empty)
{
    const std::vector<sql::Migration> steps{
        {1, "shop", "create table shop (id bigint primary key);\n", "drop table shop;\n",
         "create table shop (id bigint primary key);\n", "drop table shop;\n"},
        {2, "city", "alter table shop add column city text;\ncreate table empty (id bigint);\n",
         "drop table empty;\nalter table shop drop column city;\n",
         "alter table shop add column city text;\ncreate table empty (id bigint);\n",
         "drop table empty;\nalter table shop drop column city;\n"}};
    Options options;
    options.migrations = steps;
    Migrator migrator{*database_, clock_, options};
    ASSERT_TRUE(migrator.up());
    const auto words = [&](Depth depth) {
        std::vector<std::string> found;
        const auto losses = migrator.losses(depth).value();
        for (const auto& loss : losses) {
            found.push_back(fmt::format("{}.{} {}", loss.table, loss.column, loss.rows));
        }
        return found;
    };
    EXPECT_THAT(words({.steps = {}, .to = 0}), IsEmpty());
    ASSERT_TRUE(connection_->script("insert into shop (id, city) values (1, 'Recife'), (2, null), (3, 'Natal')"));
    EXPECT_THAT(words({.steps = 1, .to = {}}), ElementsAre("shop.city 2"));
    EXPECT_THAT(words({.steps = {}, .to = 0}), ElementsAre("shop. 3"));
    EXPECT_THAT(words({.steps = {}, .to = 2}), IsEmpty());
    EXPECT_EQ(migrator.losses({.steps = {}, .to = {}}).error().code, Errc::usage);
}

}  // namespace
}  // namespace ss::migrate

// What a way down takes with it: the live tables and columns that the schema at its end does not have, with their rows.
// Compared with the recorded schema, not guessed from the SQL.

#include "ledger.hpp"
#include "schema.hpp"

#include <ss/sql/migrate.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>

#include <array>
#include <deque>
#include <iterator>
#include <set>
#include <utility>

namespace ss::migrate {
namespace {

using Column = std::pair<std::string, std::string>;  // table, column

/// The columns of a schema's description: "column message.text text not null".
std::set<Column> columns_of(std::string_view description)
{
    constexpr std::string_view kWord = "column ";
    std::set<Column> columns;
    for (const auto line : split(description, '\n')) {
        if (!line.starts_with(kWord)) {
            continue;
        }
        const auto name = line.substr(kWord.size(), line.find(' ', kWord.size()) - kWord.size());
        const auto dot = name.find('.');
        if (dot != std::string_view::npos) {
            columns.emplace(name.substr(0, dot), name.substr(dot + 1));
        }
    }
    return columns;
}

/// Counts where the table is known at run time only. A connection keeps prepared statements by their address, so each
/// stays until the end.
class Counter {
public:
    explicit Counter(storage::Connection& connection) : connection_{connection} {}

    Result<std::int64_t> count(std::string_view table, std::string_view column)
    {
        static constexpr std::array kCount{storage::ColumnType::integer};
        const auto what = column.empty() ? std::string{"*"} : fmt::format("\"{}\"", column);
        const auto& text = texts_.emplace_back(fmt::format("select count({}) as filled from \"{}\"", what, table));
        const auto& statement = statements_.emplace_back(storage::Statement{"migrate.count", text, text, kCount, {}});
        const auto rows = TRY(connection_.execute(statement, {}));
        return rows.values.empty() ? 0 : std::get<std::int64_t>(rows.values.front());
    }

private:
    storage::Connection& connection_;
    std::deque<std::string> texts_;
    std::deque<storage::Statement> statements_;
};

}  // namespace

Result<std::vector<Loss>> Migrator::losses(Depth depth)
{
    const auto plan = TRY(plan_down(depth));
    std::vector<Loss> losses;
    if (plan.empty()) {
        return losses;
    }
    const auto connection = TRY(database_.connect());
    const auto ledger = TRY(Ledger::read(*connection));
    const auto first = ledger.applied().find(plan.back().version);
    std::set<Column> kept;
    if (first != ledger.applied().end() && first != ledger.applied().begin()) {
        const auto left = TRY(connection->one(sql::migrate::SchemaAfter{.version = std::prev(first)->first}));
        kept = columns_of(left ? left->schema_text : std::string{});
    }
    std::set<std::string, std::less<>> kept_tables;
    for (const auto& [table, column] : kept) {
        kept_tables.insert(table);
    }
    const auto live = columns_of(TRY(describe(*connection)));
    Counter counter{*connection};
    const auto note = [&](const std::string& table, const std::string& column) -> Result<void> {
        if (const auto rows = TRY(counter.count(table, column)); rows > 0) {
            losses.push_back({table, column, rows});
        }
        return {};
    };
    for (const auto& table : TRY(connection->all(sql::migrate::Tables{}))) {
        if (table.name != "schema_ledger" && !kept_tables.contains(table.name)) {
            TRY(note(table.name, ""));
        }
    }
    for (const auto& [table, column] : live) {
        if (kept_tables.contains(table) && !kept.contains({table, column})) {
            TRY(note(table, column));
        }
    }
    return losses;
}

}  // namespace ss::migrate

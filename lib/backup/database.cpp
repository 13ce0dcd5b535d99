// What both engines have in common: counting, checking, proving.

#include "database.hpp"

#include <ss/migrate.hpp>
#include <ss/sql/backup.hpp>
#include <ss/sql/migrate.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ss::backup {
namespace {

constexpr std::array kCount{storage::ColumnType::integer};

Result<Member> member_named(const Manifest& manifest, std::string_view begin)
{
    const auto found =
        std::ranges::find_if(manifest.members, [&](const Member& member) { return member.name.starts_with(begin); });
    if (found == manifest.members.end()) {
        return fail(Errc::corrupt, fmt::format("the backup has no {}", begin));
    }
    return *found;
}

}  // namespace

storage::DatabaseOptions patient(storage::DatabaseOptions options)
{
    options.statement_timeout = std::chrono::hours{6};
    options.readers = 1;
    return options;
}

storage::Engine engine_of(const storage::DatabaseOptions& options)
{
    return options.url.reveal().starts_with("sqlite:") ? storage::Engine::sqlite : storage::Engine::postgres;
}

std::filesystem::path sqlite_file(const storage::DatabaseOptions& options)
{
    auto url = options.url.reveal();
    if (!url.starts_with("sqlite:")) {
        return {};
    }
    url.remove_prefix(std::string_view{"sqlite:"}.size());
    if (url.starts_with("//")) {
        url.remove_prefix(2);
    }
    return url;
}

storage::DatabaseOptions renamed(const storage::DatabaseOptions& options, std::string_view name)
{
    auto result = options;
    std::string url{options.url.reveal()};
    const auto query = std::min(url.find('?'), url.size());
    const auto host = url.find("://") + 3;
    const auto path = std::min(url.find('/', host), query);
    url.replace(path, query - path, fmt::format("/{}", name));
    result.url = Secret{std::move(url)};
    return result;
}

std::string identifier(std::string_view name)
{
    std::string result{'"'};
    for (const char c : name) {
        result += c;
        if (c == '"') {
            result += c;
        }
    }
    return result + '"';
}

RowCounter::Query::Query(const std::string& table)
    : text{"select count(*) as rows from " + identifier(table)}, statement{"backup.count_rows", text, text, kCount, {}}
{
}

Result<Counts> RowCounter::count(storage::Connection& connection)
{
    Counts counts;
    const auto tables = TRY(connection.all(sql::migrate::Tables{}));
    for (const auto& table : tables) {
        const auto& query = queries_.emplace_back(table.name);
        const auto rows = TRY(connection.execute(query.statement, {}));
        counts[table.name] = rows.values.empty() ? 0 : std::get<std::int64_t>(rows.values.front());
    }
    return counts;
}

Result<void> check_integrity(storage::Session& session, bool deep)
{
    std::string problem;
    if (deep) {
        const auto found = TRY(session.one(sql::backup::DeepDamage{}));
        problem = found ? found->problem : "";
    } else {
        const auto found = TRY(session.one(sql::backup::Damage{}));
        problem = found ? found->problem : "";
    }
    if (problem != "ok") {
        return fail(Errc::corrupt, fmt::format("the database is damaged: {}", problem));
    }
    return {};
}

Result<void> compare_counts(const Counts& expected, const Counts& found)
{
    for (const auto& [table, rows] : expected) {
        const auto other = found.find(table);
        if (other == found.end()) {
            return fail(Errc::corrupt, fmt::format("the table {} did not come back", table));
        }
        if (other->second != rows) {
            return fail(Errc::corrupt,
                        fmt::format("the table {} came back with {} rows instead of {}", table, other->second, rows));
        }
    }
    return {};
}

Result<void> prove(storage::Database& database, const Manifest& manifest, const Clock& clock)
{
    RowCounter counter;
    const auto connection = TRY(database.connect());
    TRY(check_integrity(*connection, true));
    const auto violations = TRY(connection->all(sql::migrate::ForeignKeyViolations{}));
    if (!violations.empty()) {
        return fail(Errc::corrupt, fmt::format("rows of {} refer to rows of {} that are not there",
                                               violations.front().child, violations.front().parent));
    }
    const auto rows = TRY(counter.count(*connection));
    TRY(compare_counts(manifest.rows, rows));
    const auto findings = TRY(migrate::Migrator(database, clock).verify());
    for (const auto& finding : findings) {
        if (finding.problem != migrate::Problem::text) {  // a set of another version is no damage
            return fail(Errc::corrupt, fmt::format("{} {}", finding.subject, finding.detail));
        }
    }
    return {};
}

Result<void> unpack_to(const std::filesystem::path& folder, const Member& member, const std::filesystem::path& target,
                       const Progress& progress)
{
    auto file = TRY(File::create(target));
    std::uint64_t done = 0;
    TRY(unpack(folder, member, [&](std::string_view piece) {
        done += piece.size();
        progress("unpacking the database", done, member.content_bytes);
        return file.write(piece);
    }));
    return file.sync();
}

Result<Member> database_member(const Manifest& manifest)
{
    return member_named(manifest, "database.");
}

Result<Member> media_member(const Manifest& manifest)
{
    return member_named(manifest, "media.");
}

}  // namespace ss::backup

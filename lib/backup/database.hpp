#pragma once
// The database of a set: out of the live one, into scratch, into the live one.

#include "member.hpp"
#include "process.hpp"

#include <ss/backup.hpp>

#include <deque>
#include <map>
#include <memory>
#include <string>

namespace ss::backup {

using Counts = std::map<std::string, std::int64_t>;

/// The options with time for long statements: a backup is no request.
[[nodiscard]] storage::DatabaseOptions patient(storage::DatabaseOptions options);
/// Empty for PostgreSQL.
[[nodiscard]] std::filesystem::path sqlite_file(const storage::DatabaseOptions& options);
[[nodiscard]] storage::Engine engine_of(const storage::DatabaseOptions& options);
/// The same server, another database name. PostgreSQL only.
[[nodiscard]] storage::DatabaseOptions renamed(const storage::DatabaseOptions& options, std::string_view name);

/// Rows of every table, inside the connection's transaction if one is open. Tables are not known when this is compiled,
/// so the statements are made here, and a connection finds its prepared ones by address: declare it before the
/// connection.
class RowCounter {
public:
    [[nodiscard]] Result<Counts> count(storage::Connection& connection);

private:
    struct Query {
        explicit Query(const std::string& table);
        std::string text;
        storage::Statement statement;
    };
    std::deque<Query> queries_;
};

/// A table's name as SQL takes any name: in quotation marks.
[[nodiscard]] std::string identifier(std::string_view name);

/// Errors: corrupt.
[[nodiscard]] Result<void> check_integrity(storage::Session& session, bool deep);
/// Errors: corrupt, naming the first table that differs.
[[nodiscard]] Result<void> compare_counts(const Counts& expected, const Counts& found);
/// Integrity, foreign keys, rows against the manifest, ledger and schema. Errors: corrupt.
[[nodiscard]] Result<void> prove(storage::Database& database, const Manifest& manifest, const Clock& clock);

/// What went into the set.
struct Saved {
    Member member;
    Counts rows;
    std::int64_t schema_version = 0;
};
[[nodiscard]] Result<Saved> save_sqlite(const storage::DatabaseOptions& options, const std::filesystem::path& folder,
                                        const Clock& clock, const Progress& progress);
[[nodiscard]] Result<Saved> save_postgres(const storage::DatabaseOptions& options, const std::filesystem::path& folder,
                                          const Clock& clock, const Progress& progress);

/// Unpacks into a new file. Errors: corrupt, unavailable.
[[nodiscard]] Result<void> unpack_to(const std::filesystem::path& folder, const Member& member,
                                     const std::filesystem::path& target, const Progress& progress);

/// Runs the dump in one transaction that first empties the schema (`clear`: statements, may be empty) and, before it
/// commits, compares the rows. Errors: corrupt, unavailable; then nothing has changed.
[[nodiscard]] Result<void> load_postgres(const storage::DatabaseOptions& options, const std::filesystem::path& folder,
                                         const Manifest& manifest, std::string_view clear, const Progress& progress);

/// A database made for a proof, dropped with the object. Errors: forbidden (the role may not make databases).
class ScratchDatabase {
public:
    [[nodiscard]] static Result<std::unique_ptr<ScratchDatabase>> make(const storage::DatabaseOptions& options);
    ScratchDatabase(const ScratchDatabase&) = delete;
    ScratchDatabase& operator=(const ScratchDatabase&) = delete;
    ~ScratchDatabase();
    [[nodiscard]] const storage::DatabaseOptions& options() const { return options_; }

private:
    ScratchDatabase() = default;
    std::unique_ptr<storage::Database> server_;
    storage::DatabaseOptions options_;
    std::string name_;
};

/// The member that holds the database.
[[nodiscard]] Result<Member> database_member(const Manifest& manifest);
[[nodiscard]] Result<Member> media_member(const Manifest& manifest);

}  // namespace ss::backup

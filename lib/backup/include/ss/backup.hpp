#pragma once
/// Backups that are proven: database and media in one set, verified by really restoring it.
///
/// A set is a folder "social-selling-<UTC time>-<random>" (0700) of
///     manifest.json, manifest.json.sha256   what is in it, with sizes, hashes and row counts
///     database.sqlite.zst | database.sql.zst
///     media.tar.zst                         every blob under its key
/// It is written as ".partial-…" beside, synced, and renamed last: an interrupted one is never listed as good, and the
/// next create() removes it. All can be read without this program (zstd, tar, sqlite3, psql, sha256sum).

#include <ss/error.hpp>
#include <ss/storage.hpp>
#include <ss/time.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ss::backup {

/// What is saved, and where the sets are.
struct Place {
    storage::DatabaseOptions database;
    std::filesystem::path media;   ///< The folder of blobs; empty or missing: none.
    std::filesystem::path folder;  ///< Of the sets; made with mode 0700 if missing.
    std::string program = "social-selling";
};

/// `done` of `total` in bytes (pages while a SQLite database is copied); total 0: not known.
using Progress = std::function<void(std::string_view stage, std::uint64_t done, std::uint64_t total)>;

struct Member {
    std::string name;
    std::uint64_t bytes = 0;  ///< As it lies there.
    std::string sha256;
    std::uint64_t content_bytes = 0;  ///< Unpacked.
};

struct Manifest {
    std::string name;
    std::string program;
    std::string reason;  ///< "manual", "before migrate up" …
    storage::Engine engine = storage::Engine::sqlite;
    Timestamp created_at;
    std::int64_t schema_version = 0;
    std::map<std::string, std::int64_t> rows;  ///< By table.
    std::uint64_t media_files = 0;
    std::vector<std::string> damaged_media;  ///< Blobs whose bytes did not fit their key: not in the set.
    std::vector<Member> members;

    [[nodiscard]] std::int64_t all_rows() const;
    [[nodiscard]] std::uint64_t bytes() const;
};

enum class Condition : std::uint8_t {
    good,     ///< Complete, with all members at their size. verify() looks deeper.
    broken,   ///< Something is missing or the manifest does not hold.
    partial,  ///< A run ended before it was complete, or is still at work.
};
[[nodiscard]] std::string_view to_string(Condition condition);

struct Set {
    std::string name;
    std::filesystem::path path;
    Condition condition = Condition::broken;
    std::string detail;  ///< Why it is not good.
    std::optional<Manifest> manifest;
};

/// What verify() and restore() measured.
struct Proof {
    Manifest manifest;
    std::int64_t rows = 0;
    std::uint64_t media_files = 0;
    std::chrono::milliseconds duration{0};
};

/// What a restore would replace.
struct Preview {
    Manifest manifest;
    bool target_is_empty = true;
    std::map<std::string, std::int64_t> target_rows;
    std::int64_t program_schema = 0;  ///< Older sets are brought to this step.
};

struct Restored {
    Proof proof;
    std::string safety_set;     ///< Of what was replaced; empty when the target was.
    std::string set_aside;      ///< A live SQLite file that could not be read any more was kept under this name.
    std::int64_t migrated = 0;  ///< Steps applied because the set was older.
};

/// One thread at a time. Runs of several processes exclude each other by a lock on the folder (errc locked).
/// Errors of every call: unavailable (disk, database, a tool that failed), locked, configuration (a tool is missing).
class Vault {
public:
    /// Borrows `clock`.
    Vault(Place place, const Clock& clock, Progress progress = {});

    /// Writes do not wait for it: SQLite is copied online, PostgreSQL dumped from one snapshot.
    [[nodiscard]] Result<Set> create(std::string_view reason = "manual");

    /// By name, which is by age. A missing folder is an empty list.
    [[nodiscard]] Result<std::vector<Set>> list() const;

    /// Hashes of every member, then a real restore into scratch (PostgreSQL: a database that is made and dropped):
    /// integrity, foreign keys, row counts, ledger, every medium's hash. Errors: corrupt, not_found, too.
    [[nodiscard]] Result<Proof> verify(std::string_view name);

    /// Reads only. Errors: as restore().
    [[nodiscard]] Result<Preview> preview(std::string_view name);

    /// Into an empty database, or with `force` over a live one, of which a safety set is made first. The daemon has to
    /// stand still, force or not: it would go on with rows it remembers. SQLite: built and proven beside, then renamed
    /// over the old file. PostgreSQL: one transaction. Interrupted, it leaves the old or the new, never a mixture;
    /// media are only added, because their names are their hashes. An older set is migrated forward. Errors: conflict
    /// (not empty and no force; the daemon runs), unsupported (made on the other engine), configuration (newer than
    /// this program), corrupt, not_found.
    [[nodiscard]] Result<Restored> restore(std::string_view name, bool force);

private:
    Result<Set> create_locked(std::string_view reason);
    Result<Set> find(std::string_view name) const;
    Result<void> save_target(bool force, Restored& restored);
    Result<void> restore_sqlite(const Set& set, bool force, Restored& restored);
    Result<void> restore_postgres(const Set& set, bool force, Restored& restored);

    Place place_;
    const Clock& clock_;
    Progress progress_;
};

}  // namespace ss::backup

// Bringing a set back: prove it beside, save what is there, exchange.

#include "proof.hpp"
#include "swap.hpp"

#include <ss/crypto.hpp>
#include <ss/migrate.hpp>
#include <ss/sql/backup.hpp>
#include <ss/sql/migrations.hpp>

#include <fmt/core.h>

#include <chrono>
#include <utility>

namespace ss::backup {
namespace {

namespace fs = std::filesystem;

std::string_view name_of(storage::Engine engine)
{
    return engine == storage::Engine::sqlite ? "SQLite" : "PostgreSQL";
}

std::int64_t newest_step()
{
    return sql::migrations().empty() ? 0 : sql::migrations().back().version;
}

Result<void> check_fit(const Manifest& manifest, const storage::DatabaseOptions& target)
{
    if (manifest.engine != engine_of(target)) {
        return fail(Errc::unsupported,
                    fmt::format("the backup is of {}, and the configured database is {}", name_of(manifest.engine),
                                name_of(engine_of(target))),
                    "point database.url at the engine the backup was made on");
    }
    if (manifest.schema_version > newest_step()) {
        return fail(Errc::configuration,
                    fmt::format("the backup's schema is at step {}, newer than this program's {}",
                                manifest.schema_version, newest_step()),
                    "restore with the newer program");
    }
    return {};
}

/// Nothing when the SQLite file does not exist.
Result<Counts> rows_of(const storage::DatabaseOptions& options)
{
    std::error_code ignored;
    if (engine_of(options) == storage::Engine::sqlite && !fs::exists(sqlite_file(options), ignored)) {
        return Counts{};
    }
    RowCounter counter;
    const auto database = TRY(storage::Database::open(options));
    const auto connection = TRY(database->connect());
    return counter.count(*connection);
}

bool is_empty(const Counts& rows)
{
    return rows.empty();
}

Result<std::int64_t> migrate_forward(const storage::DatabaseOptions& options, const Clock& clock)
{
    const auto database = TRY(storage::Database::open(options));
    const auto report = TRY(migrate::Migrator(*database, clock).up());
    return static_cast<std::int64_t>(report.done.size());
}

/// Media are named by their content, so adding the set's changes nothing that is there.
Result<void> bring_media(const Set& set, const fs::path& media, const Progress& progress)
{
    if (set.manifest->media_files > 0 && media.empty()) {
        return fail(Errc::configuration, "the backup holds media, and no folder for them is configured");
    }
    std::unique_ptr<storage::Blobs> blobs;
    return each_medium(set, progress, [&](std::string_view content) -> Result<void> {
        if (blobs == nullptr) {
            blobs = TRY(storage::Blobs::open_folder(media));
        }
        TRY(blobs->put(content));
        return {};
    });
}

void remove_leftovers(const fs::path& database)
{
    const auto begin = database.filename().string() + ".restore-";
    std::error_code ignored;
    std::vector<fs::path> dead;
    for (const auto& entry : fs::directory_iterator{database.parent_path(), ignored}) {
        if (entry.path().filename().string().starts_with(begin)) {
            dead.push_back(entry.path());
        }
    }
    for (const auto& path : dead) {
        fs::remove_all(path, ignored);
    }
}

/// Built, proven and brought up to date in a folder beside the database, because a rename stays on one disk.
Result<std::int64_t> build_beside(const Set& set, const fs::path& file, const Clock& clock, const Progress& progress)
{
    const auto member = TRY(database_member(*set.manifest));
    TRY(unpack_to(set.path, member, file, progress));
    const auto options = patient({.url = Secret{"sqlite:" + file.string()}});
    {
        const auto database = TRY(storage::Database::open(options));
        TRY(prove(*database, *set.manifest, clock));
    }
    const auto migrated = TRY(migrate_forward(options, clock));
    // The last connection has written its log back and removed it.
    std::error_code ignored;
    if (fs::exists(file.string() + "-wal", ignored)) {
        return fail(Errc::internal, "the restored database was not closed completely");
    }
    auto built = TRY(File::open(file));
    TRY(built.sync());
    return migrated;
}

/// A file SQLite cannot read any more is no reason to refuse its replacement; it is kept for whoever can.
Result<std::string> set_aside(const fs::path& database, Timestamp at)
{
    const auto name = fmt::format("{}.unreadable-{}", database.string(),
                                  std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count());
    std::error_code error;
    fs::copy_file(database, name, error);
    if (!error && fs::exists(database.string() + "-wal")) {
        fs::rename(database.string() + "-wal", name + "-wal", error);
    }
    if (error) {
        return fail(Errc::unavailable, "the unreadable database cannot be kept aside: " + error.message());
    }
    return name;
}

}  // namespace

Result<Preview> Vault::preview(std::string_view name)
{
    const auto set = TRY(find(name));
    TRY(check_fit(*set.manifest, place_.database));
    Preview preview{
        .manifest = *set.manifest, .target_is_empty = false, .target_rows = {}, .program_schema = newest_step()};
    auto rows = rows_of(place_.database);
    if (rows) {  // one that cannot be read is not empty
        preview.target_is_empty = is_empty(*rows);
        preview.target_rows = std::move(*rows);
    } else if (engine_of(place_.database) == storage::Engine::postgres) {
        return fail(std::move(rows).error());
    }
    return preview;
}

Result<Restored> Vault::restore(std::string_view name, bool force)
{
    const auto start = std::chrono::steady_clock::now();
    TRY(make_folder(place_.folder));
    const auto lock = TRY(lock_folder(place_.folder));
    const auto set = TRY(find(name));
    TRY(check_fit(*set.manifest, place_.database));
    TRY(check_hashes(set, progress_));

    Restored restored;
    auto done = set.manifest->engine == storage::Engine::sqlite ? restore_sqlite(set, force, restored)
                                                                : restore_postgres(set, force, restored);
    TRY(std::move(done));
    restored.proof = {
        .manifest = *set.manifest,
        .rows = set.manifest->all_rows(),
        .media_files = set.manifest->media_files,
        .duration = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start)};
    return restored;
}

Result<void> Vault::save_target(bool force, Restored& restored)
{
    auto rows = rows_of(place_.database);
    const bool readable = rows.has_value();
    if (readable && is_empty(*rows)) {
        return {};
    }
    if (!force) {
        return fail(Errc::conflict, "the database is not empty",
                    "with --force it is replaced, after a safety backup of what is there");
    }
    auto safety = create_locked("before restore");
    if (safety) {
        restored.safety_set = safety->name;
        return {};
    }
    const bool damaged = safety.error().code == Errc::corrupt || (!readable && rows.error().code != Errc::locked);
    if (engine_of(place_.database) == storage::Engine::sqlite && damaged) {
        restored.set_aside = TRY(set_aside(sqlite_file(place_.database), clock_.now()));
        return {};
    }
    return fail(prefixed(std::move(safety).error(), "making the safety backup"));
}

Result<void> Vault::restore_sqlite(const Set& set, bool force, Restored& restored)
{
    const auto database = sqlite_file(place_.database);
    if (const auto process = user_of(database)) {
        return fail(Errc::conflict, fmt::format("process {} has the database open", *process),
                    "stop it first: systemctl stop social-selling", database.string());
    }
    remove_leftovers(database);
    TRY(save_target(force, restored));
    Scratch beside;
    TRY(beside.make(database.string() + ".restore-" + crypto::to_hex(crypto::random_bytes(6))));
    const auto fresh = beside.path() / "database.sqlite";
    restored.migrated = TRY(build_beside(set, fresh, clock_, progress_));
    TRY(bring_media(set, place_.media, progress_));
    const auto alone = TRY(Exclusion::take(database));
    return swap_in(fresh, database);
}

Result<void> Vault::restore_postgres(const Set& set, bool force, Restored& restored)
{
    std::string clear;
    {
        const auto database = TRY(storage::Database::open(place_.database));
        const auto connection = TRY(database->connect());
        const auto daemon = TRY(connection->one(sql::backup::OtherDaemons{}));
        if (daemon) {
            return fail(Errc::conflict,
                        fmt::format("the daemon is connected (server process {}, since {})", daemon->pid,
                                    to_rfc3339(from_micros(daemon->since))),
                        "stop it first: systemctl stop social-selling");
        }
    }
    TRY(save_target(force, restored));
    {
        const auto database = TRY(storage::Database::open(place_.database));
        const auto connection = TRY(database->connect());
        const auto lines = TRY(connection->all(sql::backup::DropLines{}));
        for (const auto& line : lines) {
            clear += line.line + "\n";
        }
    }
    TRY(bring_media(set, place_.media, progress_));
    TRY(load_postgres(place_.database, set.path, *set.manifest, clear, progress_));
    restored.migrated = TRY(migrate_forward(place_.database, clock_));
    return {};
}

}  // namespace ss::backup

// Saving a SQLite database while others write to it.

#include "database.hpp"

#include <ss/migrate.hpp>

namespace ss::backup {
namespace {

namespace fs = std::filesystem;

/// What the copy holds, read before it is packed.
Result<Saved> look_into(const storage::DatabaseOptions& options, const fs::path& copy, const Clock& clock)
{
    auto at_copy = options;
    at_copy.url = Secret{"sqlite:" + copy.string()};
    const auto database = TRY(storage::Database::open(at_copy));
    Saved saved;
    {
        RowCounter counter;
        const auto connection = TRY(database->connect());
        TRY(check_integrity(*connection, false));
        saved.rows = TRY(counter.count(*connection));
    }
    const auto status = TRY(migrate::Migrator(*database, clock).status());
    saved.schema_version = status.version;
    return saved;
}

Result<Member> pack(const fs::path& copy, const fs::path& target, const Progress& progress)
{
    std::error_code ignored;
    const auto total = fs::file_size(copy, ignored);
    auto from = TRY(File::open(copy));
    auto to = TRY(MemberWriter::create(target));
    std::string buffer(1U << 18U, '\0');
    for (;;) {
        const auto piece = TRY(from.read(buffer));
        if (piece.empty()) {
            return to.finish();
        }
        TRY(to.write(piece));
        progress("packing the database", to.content_bytes(), total);
    }
}

}  // namespace

Result<Saved> save_sqlite(const storage::DatabaseOptions& options, const fs::path& folder, const Clock& clock,
                          const Progress& progress)
{
    std::error_code ignored;
    if (!fs::exists(sqlite_file(options), ignored)) {
        return fail(Errc::not_found, "there is no database to save", "ssctl migrate up makes one",
                    sqlite_file(options).string());
    }
    const auto copy = folder / "database.sqlite";
    {
        const auto live = TRY(storage::Database::open(options));
        const auto connection = TRY(live->connect());
        TRY(connection->copy_to(copy, [&](int done, int total) {
            progress("copying the database", static_cast<std::uint64_t>(done), static_cast<std::uint64_t>(total));
        }));
    }
    auto saved = TRY(look_into(options, copy, clock));
    saved.member = TRY(pack(copy, folder / "database.sqlite.zst", progress));
    for (const auto* suffix : {"", "-wal", "-shm", "-journal"}) {
        fs::remove(copy.string() + suffix, ignored);
    }
    return saved;
}

}  // namespace ss::backup

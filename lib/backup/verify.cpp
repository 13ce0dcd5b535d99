// Proving a set: hashes, then a real restore into scratch.

#include "proof.hpp"
#include "tar.hpp"

#include <ss/crypto.hpp>

#include <fmt/core.h>

#include <chrono>

namespace ss::backup {

Result<void> check_hashes(const Set& set, const Progress& progress)
{
    std::uint64_t done = 0;
    for (const auto& member : set.manifest->members) {
        TRY(check_hash(set.path, member, [&](std::uint64_t bytes) {
            done += bytes;
            progress("checking hashes", done, set.manifest->bytes());
        }));
    }
    return {};
}

Result<void> each_medium(const Set& set, const Progress& progress,
                         const std::function<Result<void>(std::string_view content)>& visit)
{
    const auto member = TRY(media_member(*set.manifest));
    std::uint64_t files = 0;
    TarReader reader{[&](std::string_view key, std::string_view content) -> Result<void> {
        if (crypto::sha256_hex(content).insert(2, 1, '/') != key) {
            return fail(Errc::corrupt, fmt::format("the medium {} is not what was saved", key));
        }
        progress("reading media", ++files, set.manifest->media_files);
        return visit(content);
    }};
    TRY(unpack(set.path, member, [&](std::string_view piece) { return reader.feed(piece); }));
    TRY(reader.finish());
    if (files != set.manifest->media_files) {
        return fail(Errc::corrupt,
                    fmt::format("the archive holds {} media, the manifest says {}", files, set.manifest->media_files));
    }
    return {};
}

namespace {

Result<void> prove_sqlite(const Set& set, const std::filesystem::path& folder, const Clock& clock,
                          const Progress& progress)
{
    Scratch scratch;
    TRY(scratch.make(folder / (".verify-" + crypto::to_hex(crypto::random_bytes(6)))));
    const auto file = scratch.path() / "database.sqlite";
    const auto member = TRY(database_member(*set.manifest));
    TRY(unpack_to(set.path, member, file, progress));
    const auto database = TRY(storage::Database::open(patient({.url = Secret{"sqlite:" + file.string()}})));
    return prove(*database, *set.manifest, clock);
}

Result<void> prove_postgres(const Set& set, const storage::DatabaseOptions& options, const Clock& clock,
                            const Progress& progress)
{
    const auto scratch = TRY(ScratchDatabase::make(options));
    TRY(load_postgres(scratch->options(), set.path, *set.manifest, {}, progress));
    const auto database = TRY(storage::Database::open(scratch->options()));
    return prove(*database, *set.manifest, clock);
}

}  // namespace

Result<Proof> Vault::verify(std::string_view name)
{
    const auto start = std::chrono::steady_clock::now();
    const auto set = TRY(find(name));
    TRY(check_hashes(set, progress_));
    if (set.manifest->engine == storage::Engine::sqlite) {
        TRY(prove_sqlite(set, place_.folder, clock_, progress_));
    } else if (engine_of(place_.database) == storage::Engine::postgres) {
        TRY(prove_postgres(set, place_.database, clock_, progress_));
    } else {
        return fail(Errc::unsupported,
                    "this backup is of PostgreSQL, and the configuration names no server to try it on",
                    "verify it where DATABASE_URL names a PostgreSQL server");
    }
    TRY(each_medium(set, progress_, [](std::string_view) -> Result<void> { return {}; }));
    return Proof{
        .manifest = *set.manifest,
        .rows = set.manifest->all_rows(),
        .media_files = set.manifest->media_files,
        .duration = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start)};
}

}  // namespace ss::backup

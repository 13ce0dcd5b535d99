// Making sets and listing them.

#include "database.hpp"
#include "files.hpp"
#include "manifest.hpp"
#include "tar.hpp"

#include <ss/crypto.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace ss::backup {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "social-selling-";
constexpr std::size_t kTimeLength = std::string_view{"20261123T192708Z"}.size();
constexpr std::string_view kPartial = ".partial-";
constexpr std::string_view kScratch = ".verify-";

/// "2026-11-23T19:27:08.5Z" -> "20261123T192708Z".
std::string compact(Timestamp at)
{
    std::string text;
    for (const char c : to_rfc3339(std::chrono::floor<std::chrono::seconds>(at))) {
        if (c != '-' && c != ':') {
            text += c;
        }
    }
    return text;
}

struct SavedMedia {
    Member member;
    std::uint64_t files = 0;
    std::vector<std::string> damaged;
};

/// After the database: a blob is stored before the row that names it, so none of the snapshot's is missing.
Result<SavedMedia> save_media(const fs::path& media, const fs::path& target, Timestamp at, const Progress& progress)
{
    SavedMedia saved;
    auto writer = TRY(MemberWriter::create(target));
    std::error_code ignored;
    if (!media.empty() && fs::is_directory(media, ignored)) {
        const auto blobs = TRY(storage::Blobs::open_folder(media));
        auto all = blobs->each([&](const storage::BlobInfo& blob) -> Result<void> {
            auto content = blobs->get(blob.key);
            if (!content && (content.error().code == Errc::corrupt || content.error().code == Errc::not_found)) {
                if (content.error().code == Errc::corrupt) {  // not found: erased meanwhile
                    saved.damaged.push_back(blob.key);
                }
                return {};
            }
            const auto bytes = TRY(std::move(content));
            ++saved.files;
            progress("saving media", writer.content_bytes(), 0);
            return write_entry(writer, blob.key, bytes, at);
        });
        TRY(std::move(all));
    }
    TRY(write_end(writer));
    saved.member = TRY(writer.finish());
    return saved;
}

/// Left by runs that did not end.
void sweep(const fs::path& folder)
{
    std::error_code ignored;
    std::vector<fs::path> dead;
    for (const auto& entry : fs::directory_iterator{folder, ignored}) {
        const auto name = entry.path().filename().string();
        if ((name.starts_with(kPartial) || name.starts_with(kScratch)) && !Scratch::is_in_use(entry.path())) {
            dead.push_back(entry.path());
        }
    }
    for (const auto& path : dead) {
        fs::remove_all(path, ignored);
    }
}

Set look_at(const fs::path& path, std::string name)
{
    Set set{.name = std::move(name), .path = path, .condition = Condition::broken, .detail = {}, .manifest = {}};
    auto manifest = read_manifest(path);
    if (!manifest) {
        set.detail = manifest.error().message;
        return set;
    }
    for (const auto& member : manifest->members) {
        std::error_code error;
        const auto bytes = fs::file_size(path / member.name, error);
        if (error || bytes != member.bytes) {
            set.detail = fmt::format("{} {}", member.name, error ? "is missing" : "has another size than was written");
            return set;
        }
    }
    set.condition = Condition::good;
    set.manifest = std::move(*manifest);
    return set;
}

}  // namespace

Vault::Vault(Place place, const Clock& clock, Progress progress)
    : place_{std::move(place)}, clock_{clock}, progress_{std::move(progress)}
{
    place_.database = patient(std::move(place_.database));
    if (!progress_) {
        progress_ = [](std::string_view, std::uint64_t, std::uint64_t) {};
    }
}

Result<Set> Vault::create(std::string_view reason)
{
    TRY(make_folder(place_.folder));
    const auto lock = TRY(lock_folder(place_.folder));
    return create_locked(reason);
}

Result<Set> Vault::create_locked(std::string_view reason)
{
    sweep(place_.folder);
    Manifest manifest;
    manifest.created_at = clock_.now();
    manifest.name =
        fmt::format("{}{}-{}", kPrefix, compact(manifest.created_at), crypto::to_hex(crypto::random_bytes(4)));
    manifest.program = place_.program;
    manifest.reason = reason;
    manifest.engine = engine_of(place_.database);

    Scratch partial;
    TRY(partial.make(place_.folder / (std::string{kPartial} + manifest.name)));
    auto database = manifest.engine == storage::Engine::sqlite
                        ? save_sqlite(place_.database, partial.path(), clock_, progress_)
                        : save_postgres(place_.database, partial.path(), clock_, progress_);
    const auto saved = TRY(std::move(database));
    if (saved.member.content_bytes == 0) {
        return fail(Errc::unavailable, "the database gave no bytes to save");
    }
    auto media = TRY(save_media(place_.media, partial.path() / "media.tar.zst", manifest.created_at, progress_));
    manifest.schema_version = saved.schema_version;
    manifest.rows = saved.rows;
    manifest.media_files = media.files;
    manifest.damaged_media = std::move(media.damaged);
    manifest.members = {saved.member, media.member};
    TRY(write_manifest(partial.path(), manifest));
    TRY(sync_folder(partial.path()));

    const auto path = place_.folder / manifest.name;
    TRY(rename_durably(partial.path(), path));
    partial.keep();
    return Set{.name = manifest.name,
               .path = path,
               .condition = Condition::good,
               .detail = {},
               .manifest = std::move(manifest)};
}

Result<std::vector<Set>> Vault::list() const
{
    std::vector<Set> sets;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{place_.folder, error}) {
        auto name = entry.path().filename().string();
        if (name.starts_with(kPartial)) {
            sets.push_back({.name = name.substr(kPartial.size()),
                            .path = entry.path(),
                            .condition = Condition::partial,
                            .detail = Scratch::is_in_use(entry.path()) ? "is being written"
                                                                       : "its run ended before it was complete",
                            .manifest = {}});
        } else if (name.starts_with(kPrefix)) {
            sets.push_back(look_at(entry.path(), std::move(name)));
        }
    }
    if (error && error != std::errc::no_such_file_or_directory) {
        return fail(Errc::unavailable, "the folder of backups cannot be read: " + error.message(), {},
                    place_.folder.string());
    }
    // Names hold seconds; of two in one second the manifests know which came first.
    std::ranges::sort(sets, [](const Set& a, const Set& b) {
        const auto key = [](const Set& set) {
            return std::tuple{std::string_view{set.name}.substr(0, kPrefix.size() + kTimeLength),
                              set.manifest ? set.manifest->created_at : Timestamp{}, std::string_view{set.name}};
        };
        return key(a) < key(b);
    });
    return sets;
}

Result<Set> Vault::find(std::string_view name) const
{
    if (!name.starts_with(kPrefix) || name.find('/') != std::string_view::npos) {
        return fail(Errc::invalid, "a backup is named social-selling-<time>-<number>", "see: ssctl backup list");
    }
    const auto path = place_.folder / name;
    std::error_code ignored;
    if (!fs::is_directory(fs::symlink_status(path, ignored))) {
        return fail(Errc::not_found, fmt::format("there is no backup {}", name), "see: ssctl backup list",
                    place_.folder.string());
    }
    auto set = look_at(path, std::string{name});
    if (set.condition != Condition::good) {
        return fail(Errc::corrupt, fmt::format("the backup {} is broken: {}", name, set.detail),
                    "use another: ssctl backup list");
    }
    if (set.manifest->name != name) {
        return fail(Errc::corrupt, fmt::format("the backup {} was renamed from {}", name, set.manifest->name));
    }
    return set;
}

}  // namespace ss::backup

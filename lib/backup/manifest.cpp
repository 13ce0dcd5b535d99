// The manifest as JSON.

#include "manifest.hpp"

#include "files.hpp"

#include <ss/crypto.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <numeric>

namespace ss::backup {
namespace {

using nlohmann::json;

constexpr int kFormat = 1;
constexpr std::string_view kFile = "manifest.json";
constexpr std::string_view kHashFile = "manifest.json.sha256";
constexpr std::array<std::string_view, 3> kMembers{"database.sqlite.zst", "database.sql.zst", "media.tar.zst"};

std::string hash_line(std::string_view text)
{
    return fmt::format("{}  {}\n", crypto::sha256_hex(text), kFile);
}

json to_json(const Manifest& manifest)
{
    auto members = json::array();
    for (const auto& member : manifest.members) {
        members.push_back({{"name", member.name},
                           {"bytes", member.bytes},
                           {"sha256", member.sha256},
                           {"content_bytes", member.content_bytes}});
    }
    return {{"format", kFormat},
            {"name", manifest.name},
            {"program", manifest.program},
            {"reason", manifest.reason},
            {"engine", manifest.engine == storage::Engine::sqlite ? "sqlite" : "postgres"},
            {"created_at", to_rfc3339(manifest.created_at)},
            {"schema_version", manifest.schema_version},
            {"rows", manifest.rows},
            {"media_files", manifest.media_files},
            {"damaged_media", manifest.damaged_media},
            {"members", members}};
}

Manifest from_json(const json& from)
{
    Manifest manifest;
    manifest.name = from.at("name").get<std::string>();
    manifest.program = from.at("program").get<std::string>();
    manifest.reason = from.at("reason").get<std::string>();
    manifest.engine =
        from.at("engine").get<std::string>() == "sqlite" ? storage::Engine::sqlite : storage::Engine::postgres;
    manifest.created_at = parse_rfc3339(from.at("created_at").get<std::string>()).value_or(Timestamp{});
    manifest.schema_version = from.at("schema_version").get<std::int64_t>();
    manifest.rows = from.at("rows").get<std::map<std::string, std::int64_t>>();
    manifest.media_files = from.at("media_files").get<std::uint64_t>();
    manifest.damaged_media = from.at("damaged_media").get<std::vector<std::string>>();
    for (const auto& member : from.at("members")) {
        manifest.members.push_back({.name = member.at("name").get<std::string>(),
                                    .bytes = member.at("bytes").get<std::uint64_t>(),
                                    .sha256 = member.at("sha256").get<std::string>(),
                                    .content_bytes = member.at("content_bytes").get<std::uint64_t>()});
    }
    return manifest;
}

}  // namespace

std::int64_t Manifest::all_rows() const
{
    return std::accumulate(rows.begin(), rows.end(), std::int64_t{0},
                           [](std::int64_t sum, const auto& table) { return sum + table.second; });
}

std::uint64_t Manifest::bytes() const
{
    return std::accumulate(members.begin(), members.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const auto& member) { return sum + member.bytes; });
}

std::string_view to_string(Condition condition)
{
    switch (condition) {
        case Condition::good:
            return "good";
        case Condition::broken:
            return "broken";
        case Condition::partial:
            return "partial";
    }
    return "?";
}

Result<void> write_manifest(const std::filesystem::path& folder, const Manifest& manifest)
{
    std::string text;
    try {
        text = to_json(manifest).dump(2) + "\n";
    } catch (const json::exception&) {
        return fail(Errc::internal, "the manifest cannot be written as JSON");
    }
    TRY(write_durably(folder / kFile, text));
    return write_durably(folder / kHashFile, hash_line(text));
}

Result<Manifest> read_manifest(const std::filesystem::path& folder)
{
    const auto text = TRY(read_small(folder / kFile));
    const auto hash = TRY(read_small(folder / kHashFile));
    if (hash != hash_line(text)) {
        return fail(Errc::corrupt, "the manifest is not what was written: its SHA-256 differs", {}, folder.string());
    }
    try {
        const auto parsed = json::parse(text);
        if (parsed.at("format").get<int>() > kFormat) {
            return fail(Errc::unsupported, "the backup has a format of a newer program", "use the newer ssctl",
                        folder.string());
        }
        auto manifest = from_json(parsed);
        const bool ours = std::ranges::all_of(manifest.members, [](const Member& member) {
            return std::ranges::find(kMembers, member.name) != kMembers.end();
        });
        if (!ours || manifest.members.size() != 2) {
            return fail(Errc::corrupt, "the manifest names files that no backup has", {}, folder.string());
        }
        return manifest;
    } catch (const json::exception&) {
        return fail(Errc::corrupt, "the manifest is not the JSON it should be", {}, folder.string());
    }
}

}  // namespace ss::backup

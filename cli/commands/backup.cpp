// ssctl backup and ssctl restore.

#include "../commands.hpp"
#include "../database.hpp"

#include <ss/backup.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <ranges>

namespace ss::cli {
namespace {

using backup::Condition;
using nlohmann::json;

struct Options {
    std::string name{};
    bool force = false;
};

/// A vault whose work is shown, and what it borrows.
class Session {
public:
    Session(const config::Settings& settings, Context& context)
        : stages_{context.out},
          vault{backup_place(settings), clock_,
                [this](std::string_view stage, std::uint64_t done, std::uint64_t total) {
                    stages_.update(stage, done, total);
                }}
    {
    }

    /// The bar goes before anything else is said.
    template <class T>
    T finished(T result)
    {
        stages_.end();
        return result;
    }

private:
    SystemClock clock_;
    Stages stages_;

public:
    backup::Vault vault;
};

std::string_view word(storage::Engine engine)
{
    return engine == storage::Engine::sqlite ? "sqlite" : "postgres";
}

json to_json(const backup::Manifest& manifest)
{
    return {{"name", manifest.name},
            {"engine", word(manifest.engine)},
            {"created_at", to_rfc3339(manifest.created_at)},
            {"reason", manifest.reason},
            {"program", manifest.program},
            {"schema_version", manifest.schema_version},
            {"rows", manifest.all_rows()},
            {"media_files", manifest.media_files},
            {"bytes", manifest.bytes()}};
}

std::string sentence(const backup::Manifest& manifest)
{
    return fmt::format("{} rows in {} tables, {} media, {}", manifest.all_rows(), manifest.rows.size(),
                       manifest.media_files, human_bytes(manifest.bytes()));
}

Result<Exit> create(Context& context)
{
    const auto settings = TRY(context.settings());
    const auto place = backup_place(settings);
    if (context.dry_run()) {
        context.out.put("folder", place.folder.string());
        context.out.say(fmt::format("would save {} and {} into {}", storage::redacted_url(place.database.url.reveal()),
                                    place.media.string(), place.folder.string()));
        return Exit::done;
    }
    Session session{settings, context};
    const auto set = TRY(session.finished(session.vault.create()));
    context.out.put("backup", to_json(*set.manifest));
    context.out.put("path", set.path.string());
    context.out.put("damaged_media", set.manifest->damaged_media);
    context.out.say(fmt::format("{}: {}", set.name, sentence(*set.manifest)));
    for (const auto& key : set.manifest->damaged_media) {
        context.out.note(fmt::format("damaged on disk, not saved: {}", key));
    }
    return set.manifest->damaged_media.empty() ? Exit::done : Exit::partly;
}

Result<Exit> list(Context& context)
{
    const auto settings = TRY(context.settings());
    Session session{settings, context};
    const auto sets = TRY(session.vault.list());
    auto rows = json::array();
    Table table{.columns = {"NAME", "STATE", "SIZE", "ROWS", "MEDIA", "STEP", "WHY"}};
    for (const auto& set : sets) {
        auto row = set.manifest ? to_json(*set.manifest) : json{{"name", set.name}};
        row["state"] = to_string(set.condition);
        row["path"] = set.path.string();
        if (!set.detail.empty()) {
            row["detail"] = set.detail;
        }
        rows.push_back(std::move(row));
        std::vector<std::string> cells{set.name, std::string{to_string(set.condition)}, "", "", "", "", set.detail};
        if (set.manifest) {
            cells[2] = human_bytes(set.manifest->bytes());
            cells[3] = std::to_string(set.manifest->all_rows());
            cells[4] = std::to_string(set.manifest->media_files);
            cells[5] = std::to_string(set.manifest->schema_version);
            cells[6] = set.manifest->reason;
        }
        table.rows.push_back(std::move(cells));
    }
    context.out.put("backups", rows);
    if (sets.empty()) {
        context.out.say("no backups yet");
    } else {
        context.out.table(table);
    }
    return Exit::done;
}

/// "latest" and nothing mean the newest good one.
Result<std::string> chosen(const backup::Vault& vault, const std::string& name)
{
    if (!name.empty() && name != "latest") {
        return name;
    }
    const auto sets = TRY(vault.list());
    const auto newest = std::ranges::find(sets.rbegin(), sets.rend(), Condition::good, &backup::Set::condition);
    if (newest == sets.rend()) {
        return fail(Errc::not_found, "there is no good backup", "ssctl backup create makes one");
    }
    return newest->name;
}

json to_json(const backup::Proof& proof)
{
    return {{"rows", proof.rows}, {"media_files", proof.media_files}, {"duration_ms", proof.duration.count()}};
}

Result<Exit> verify(const Options& options, Context& context)
{
    const auto settings = TRY(context.settings());
    Session session{settings, context};
    const auto name = TRY(chosen(session.vault, options.name));
    context.out.put("name", name);
    if (context.dry_run()) {
        context.out.say(fmt::format("would restore {} into scratch and compare", name));
        return Exit::done;
    }
    const auto proof = TRY(session.finished(session.vault.verify(name)));
    context.out.put("proof", to_json(proof));
    context.out.say(fmt::format("{} holds: restored into scratch in {:.1f} s, {}", name,
                                static_cast<double>(proof.duration.count()) / 1000, sentence(proof.manifest)));
    return Exit::done;
}

std::int64_t sum(const std::map<std::string, std::int64_t>& rows)
{
    std::int64_t all = 0;
    for (const auto& [table, count] : rows) {
        all += count;
    }
    return all;
}

std::string loss(const backup::Preview& preview)
{
    if (preview.target_is_empty) {
        return "the database is empty";
    }
    return preview.target_rows.empty()
               ? std::string{"what is there cannot be read; its file is kept aside"}
               : fmt::format("it holds {} rows in {} tables, which are replaced (a safety backup is made first)",
                             sum(preview.target_rows), preview.target_rows.size());
}

Result<void> ask(const backup::Preview& preview, const Options& options, Context& context)
{
    if (preview.target_is_empty) {
        return {};
    }
    if (!options.force) {
        return fail(Errc::conflict, "the database is not empty: " + loss(preview),
                    "with --force it is replaced, after a safety backup of what is there");
    }
    return context.confirm(fmt::format("restore {}? {}", preview.manifest.name, loss(preview)));
}

Result<Exit> restore(const Options& options, Context& context)
{
    const auto settings = TRY(context.settings());
    Session session{settings, context};
    const auto name = TRY(chosen(session.vault, options.name));
    const auto preview = TRY(session.vault.preview(name));
    context.out.put("backup", to_json(preview.manifest));
    context.out.put("replaced_rows", sum(preview.target_rows));
    if (context.dry_run()) {
        context.out.say(fmt::format("would restore {} ({}); {}", name, sentence(preview.manifest), loss(preview)));
        return Exit::done;
    }
    TRY(ask(preview, options, context));
    const auto done = TRY(session.finished(session.vault.restore(name, options.force)));
    context.out.put("proof", to_json(done.proof));
    context.out.put("safety_backup", done.safety_set);
    context.out.put("set_aside", done.set_aside);
    context.out.put("migrated_steps", done.migrated);
    context.out.say(fmt::format("restored {} in {:.1f} s: {}", name,
                                static_cast<double>(done.proof.duration.count()) / 1000, sentence(preview.manifest)));
    if (!done.safety_set.empty()) {
        context.out.note(fmt::format("what was there is in {}", done.safety_set));
    }
    if (!done.set_aside.empty()) {
        context.out.note(fmt::format("what was there could not be read and is kept as {}", done.set_aside));
    }
    if (done.migrated > 0) {
        context.out.note(fmt::format("{} newer schema steps were applied to it", done.migrated));
    }
    return Exit::done;
}

}  // namespace

std::vector<Command> backup_commands()
{
    return {{.path = "backup create",
             .summary = "save database and media",
             .declare = [](CLI::App&) -> Run { return create; }},
            {.path = "backup list", .summary = "list the backups", .declare = [](CLI::App&) -> Run { return list; }},
            {.path = "backup verify",
             .summary = "prove a backup by restoring it into scratch",
             .declare = [](CLI::App& app) -> Run {
                 auto options = std::make_shared<Options>();
                 app.add_option("name", options->name, "the backup; the newest good one if none is named");
                 return [options](Context& context) { return verify(*options, context); };
             }},
            {.path = "restore", .summary = "bring a backup back", .declare = [](CLI::App& app) -> Run {
                 auto options = std::make_shared<Options>();
                 app.add_option("name", options->name, "the backup, or `latest`")->required();
                 app.add_flag("--force", options->force, "replace a database that is not empty");
                 return [options](Context& context) { return restore(*options, context); };
             }}};
}

}  // namespace ss::cli

// ssctl init: a folder in which sssd can run at once, with fresh secrets. For development; servers use env new.

#include "../commands.hpp"
#include "../files.hpp"

#include <ss/config.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <system_error>

namespace ss::cli {
namespace {

using config::setting_index;

struct Options {
    std::string folder = "state";
    std::string listen = "127.0.0.1:4000";
    std::string public_url{};
    std::string sandbox{};
};

Result<void> play_with_sandbox(config::Settings& settings, const std::string& base)
{
    TRY(give(settings, setting_index("instagram.authorize_url"), base + "/oauth/authorize", "--sandbox"));
    TRY(give(settings, setting_index("instagram.api_url"), base, "--sandbox"));
    TRY(give(settings, setting_index("instagram.graph_url"), base, "--sandbox"));
    TRY(give(settings, setting_index("instagram.upload_url"), base, "--sandbox"));
    TRY(give(settings, setting_index("instagram.app_id"), "990000000000001", "--sandbox"));
    TRY(give(settings, setting_index("instagram.app_secret"), "sandbox-app-secret", "--sandbox"));
    return {};
}

Result<config::Settings> make_settings(const Options& options)
{
    config::Settings settings;
    TRY(give(settings, setting_index("mode"), "development", "mode"));
    // Relative: the folder may be moved.
    TRY(give(settings, setting_index("data_dir"), ".", "data_dir"));
    TRY(give(settings, setting_index("http.listen"), options.listen, "--listen"));
    const auto url = options.public_url.empty() ? "http://" + options.listen : options.public_url;
    TRY(give(settings, setting_index("public_url"), url, "--public-url"));
    if (!options.sandbox.empty()) {
        TRY(play_with_sandbox(settings, options.sandbox));
    }
    generate_secrets(settings);
    if (const auto errors = config::check(settings); !errors.empty()) {
        auto error = config::as_one_error(errors);
        error.code = Errc::usage;
        return fail(std::move(error));
    }
    return settings;
}

Result<void> make_folder(const std::filesystem::path& folder)
{
    std::error_code failure;
    if (std::filesystem::create_directories(folder, failure)) {
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failure);
    }
    if (failure || !std::filesystem::is_directory(folder, failure)) {
        return fail(Errc::unavailable, "cannot create this folder", {}, folder.string());
    }
    return {};
}

Result<Exit> run(const Options& options, Context& context)
{
    const auto folder = std::filesystem::path{options.folder};
    const auto file = folder / "sssd.toml";
    std::error_code failure;
    context.out.put("file", file.string());
    if (std::filesystem::exists(file, failure)) {
        context.out.put("created", false);
        context.out.say(fmt::format("{} exists already; nothing was changed", file.string()));
        return Exit::done;
    }
    const auto settings = TRY(make_settings(options));
    context.out.put("created", false);
    if (context.dry_run()) {
        context.out.say(fmt::format("would write {} with fresh secrets", file.string()));
        return Exit::done;
    }
    TRY(make_folder(folder));
    TRY(write_new_private(
        file, "# Written by ssctl init; `ssctl env docs` explains every setting.\n" + config::print_toml(settings)));
    context.out.put("created", true);
    context.out.say(fmt::format("wrote {} with fresh secrets", file.string()));
    context.out.note(fmt::format("next: ssctl --config {} migrate up", file.string()));
    return Exit::done;
}

}  // namespace

std::vector<Command> init_commands()
{
    return {
        {.path = "init", .summary = "make a folder in which sssd can run at once", .declare = [](CLI::App& app) -> Run {
             auto options = std::make_shared<Options>();
             app.add_option("FOLDER", options->folder, "where everything is kept");
             app.add_option("--listen", options->listen, "address and port");
             app.add_option("--public-url", options->public_url, "where browsers reach it");
             app.add_option("--sandbox", options->sandbox, "base URL of a sandbox that plays Instagram");
             return [options](Context& context) { return run(*options, context); };
         }}};
}

}  // namespace ss::cli

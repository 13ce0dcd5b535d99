// ssctl env: make, check, show and explain a configuration.

#include "../commands.hpp"
#include "../files.hpp"

#include <ss/config.hpp>
#include <ss/text.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <memory>

namespace ss::cli {
namespace {

using config::kSettings;
using config::setting_index;
using nlohmann::json;

struct NewOptions {
    bool production = false;
    std::string output{};
    std::string public_url{};
};

std::string_view word(config::Origin origin)
{
    constexpr std::array<std::string_view, 4> kWords{"default", "file", "environment", "credential"};
    return kWords[static_cast<std::size_t>(origin)];
}

std::vector<std::string> still_missing(const config::Settings& settings)
{
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < kSettings.size(); ++i) {
        const bool given = settings.source(i).origin != config::Origin::standard;
        if (kSettings[i].need != config::Need::optional && (!given || settings.is_empty(i))) {
            keys.emplace_back(kSettings[i].key);
        }
    }
    return keys;
}

Result<Exit> make(const NewOptions& options, Context& context)
{
    config::Settings settings;
    TRY(give(settings, setting_index("mode"), options.production ? "production" : "development", "--production"));
    if (!options.public_url.empty()) {
        TRY(give(settings, setting_index("public_url"), options.public_url, "--public-url"));
    }
    generate_secrets(settings);
    const auto standard = options.production ? ".env.production" : ".env";
    const auto file = options.output.empty() ? std::string{standard} : options.output;
    const auto missing = options.production ? still_missing(settings) : std::vector<std::string>{};
    context.out.put("file", file);
    context.out.put("missing", missing);
    context.out.put("created", false);
    if (context.dry_run()) {
        context.out.say(fmt::format("would write {} with fresh secrets", file));
        return Exit::done;
    }
    TRY(write_new_private(file, config::print_env_file(settings)));
    context.out.put("created", true);
    context.out.say(fmt::format("wrote {} with every variable and fresh secrets; only you can read it", file));
    for (const auto& key : missing) {
        context.out.say(fmt::format("still to be filled in: {}", key));
    }
    context.out.note(fmt::format("next: ssctl --config {} env check", file));
    return Exit::done;
}

Result<Exit> check(Context& context)
{
    auto loaded = config::load(context.sources());
    auto errors = loaded ? config::missing_for_daemon(*loaded) : std::move(loaded).error();
    context.out.put("valid", errors.empty());
    if (!errors.empty()) {
        context.out.detail(errors);
        return fail(config::as_one_error(errors));
    }
    std::size_t given = 0;
    for (std::size_t i = 0; i < kSettings.size(); ++i) {
        given += loaded->source(i).origin == config::Origin::standard ? 0 : 1;
    }
    context.out.put("mode", loaded->get<"mode">());
    context.out.put("given", given);
    context.out.say(fmt::format("the configuration is valid: {} mode, {} settings given, {} defaults",
                                loaded->get<"mode">(), given, kSettings.size() - given));
    return Exit::done;
}

struct ShowOptions {
    std::string key{};
    bool given = false;
};

json row_of(const config::Settings& settings, std::size_t i)
{
    const auto& source = settings.source(i);
    return {{"key", kSettings[i].key},
            {"value", settings.shown(i)},
            {"source", word(source.origin)},
            {"where", source.where},
            {"secret", config::is_secret(kSettings[i].type)}};
}

Result<void> is_key(const std::string& key)
{
    std::vector<std::string_view> keys;
    std::ranges::transform(kSettings, std::back_inserter(keys), &config::Setting::key);
    if (key.empty() || std::ranges::find(keys, key) != keys.end()) {
        return {};
    }
    const auto near = closest(key, keys);
    return fail(Errc::usage, fmt::format("there is no setting \"{}\"", printable(key)),
                near ? fmt::format("did you mean \"{}\"?", *near) : "ssctl env docs lists them all");
}

Result<Exit> show(const ShowOptions& options, Context& context)
{
    TRY(is_key(options.key));
    const auto settings = TRY(context.settings());
    auto rows = json::array();
    Table table{.columns = {"KEY", "VALUE", "SOURCE"}};
    for (std::size_t i = 0; i < kSettings.size(); ++i) {
        const auto& source = settings.source(i);
        const bool hidden = options.given && source.origin == config::Origin::standard;
        if (hidden || (!options.key.empty() && options.key != kSettings[i].key)) {
            continue;
        }
        rows.push_back(row_of(settings, i));
        table.rows.push_back({std::string{kSettings[i].key}, settings.shown(i),
                              source.where.empty() ? std::string{word(source.origin)} : source.where});
    }
    context.out.put("settings", rows);
    context.out.table(table);
    return Exit::done;
}

Result<Exit> docs(const std::string& format, Context& context)
{
    struct Form {
        std::string_view name;
        std::string (*print)();
    };
    constexpr std::array kForms{Form{"markdown", config::print_markdown}, Form{"toml", config::print_sample},
                                Form{"man", config::print_manual}};
    for (const auto& form : kForms) {
        if (form.name == format) {
            context.out.put("text", form.print());
            context.out.print(form.print());
            return Exit::done;
        }
    }
    return fail(Errc::usage, fmt::format("there is no format \"{}\"", printable(format)), "markdown, toml or man");
}

Command new_command()
{
    return {.path = "env new",
            .summary = "write an environment file with every variable and fresh secrets",
            .declare = [](CLI::App& app) -> Run {
                auto options = std::make_shared<NewOptions>();
                app.add_flag("--production", options->production, "for a server");
                app.add_option("--output", options->output, "the file to write");
                app.add_option("--public-url", options->public_url, "where browsers and Meta reach it");
                return [options](Context& context) { return make(*options, context); };
            }};
}

Command show_command()
{
    return {.path = "env show", .summary = "what is in force, and whence it came", .declare = [](CLI::App& app) -> Run {
                auto options = std::make_shared<ShowOptions>();
                app.add_option("KEY", options->key, "only this setting");
                app.add_flag("--given", options->given, "leave out defaults");
                return [options](Context& context) { return show(*options, context); };
            }};
}

Command docs_command()
{
    return {.path = "env docs", .summary = "explain every setting", .declare = [](CLI::App& app) -> Run {
                auto format = std::make_shared<std::string>("markdown");
                app.add_option("--format", *format, "markdown, toml or man");
                return [format](Context& context) { return docs(*format, context); };
            }};
}

}  // namespace

std::vector<Command> env_commands()
{
    return {new_command(),
            {.path = "env check",
             .summary = "say everything that is wrong with the configuration",
             .declare = [](CLI::App&) -> Run { return check; }},
            show_command(),
            docs_command()};
}

}  // namespace ss::cli

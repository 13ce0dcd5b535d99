// From words to a command. CLI11 parses the options of the one command that was named; finding it, suggestions and
// help are ours, since CLI11's texts differ between its versions.
#include "dispatch.hpp"

#include "command.hpp"
#include "commands.hpp"
#include "manual.hpp"

#include <ss/text.hpp>

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace ss::cli {
namespace {

using Arguments = std::vector<std::string>;

void declare_globals(CLI::App& app, Globals& globals)
{
    app.add_option("-c,--config", globals.config, "the configuration file");
    app.add_flag("--json", globals.json, "one JSON document on stdout");
    app.add_flag("--dry-run", globals.dry_run, "say what would be done");
    app.add_flag("-y,--yes", globals.yes, "do not ask");
    app.add_flag("-q,--quiet", globals.quiet, "only results and errors");
    app.add_flag("--no-color", globals.no_color, "no colours");
}

bool has(const Arguments& arguments, std::string_view name)
{
    const auto end = std::ranges::find(arguments, "--");
    return std::find(arguments.begin(), end, name) != end;
}

// What the words before the command's own arguments say.
struct Words {
    std::vector<std::string> words;  // noun and verb, as typed
    const Command* command = nullptr;
    Arguments rest;  // all arguments without those words
};

std::string_view noun_of(const Command& command)
{
    return command.path.substr(0, command.path.find(' '));
}

bool is_noun(const std::vector<Command>& table, std::string_view word)
{
    return std::ranges::any_of(table, [&](const Command& row) { return noun_of(row) == word; });
}

const Command* find_command(const std::vector<Command>& table, std::string_view path)
{
    const auto found = std::ranges::find(table, path, &Command::path);
    return found == table.end() ? nullptr : &*found;
}

Words find_words(const std::vector<Command>& table, const Arguments& arguments)
{
    Words found;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto& argument = arguments[i];
        const bool looking = found.command == nullptr && found.words.size() < 2;
        if (!looking || argument.starts_with('-')) {
            found.rest.push_back(argument);
            if (looking && (argument == "--config" || argument == "-c") && i + 1 < arguments.size()) {
                found.rest.push_back(arguments[++i]);
            }
            continue;
        }
        if (found.words.empty() && argument == "help") {
            found.rest.emplace_back("--help");
            continue;
        }
        found.words.push_back(argument);
        found.command = find_command(table, fmt::format("{}", fmt::join(found.words, " ")));
    }
    return found;
}

std::string group_help(const std::vector<Command>& table, std::string_view noun)
{
    std::string text = fmt::format("usage: ssctl {} VERB\n\n", noun);
    for (const Command& row : table) {
        if (noun_of(row) == noun) {
            text += fmt::format("  {:<24}{}\n", row.path, row.summary);
        }
    }
    return text + fmt::format("\nMore about one: ssctl {} VERB --help\n", noun);
}

std::string overall_help(const std::vector<Command>& table)
{
    std::string commands;
    for (const Command& row : table) {
        commands += fmt::format("  {:<24}{}\n", row.path, row.summary);
    }
    const auto section = find_section("");
    return fmt::format("usage: ssctl [OPTIONS] NOUN VERB [OPTIONS]\n\n{}\n{}\nMore about one: ssctl NOUN VERB --help\n",
                       commands, section ? to_plain(section->text) : "");
}

std::string help_for(const std::vector<Command>& table, const Words& words)
{
    if (words.command != nullptr) {
        const auto section = find_section(words.command->path);
        return section ? to_plain(section->text) : std::string{words.command->summary} + "\n";
    }
    if (!words.words.empty() && is_noun(table, words.words.front())) {
        return group_help(table, words.words.front());
    }
    return overall_help(table);
}

Error unknown_words(const std::vector<Command>& table, const Words& words)
{
    std::vector<std::string_view> candidates;
    const auto& noun = words.words.front();
    const bool noun_is_known = is_noun(table, noun);
    for (const Command& row : table) {
        if (!noun_is_known) {
            candidates.push_back(noun_of(row));
        } else if (noun_of(row) == noun) {
            candidates.push_back(row.path.substr(std::min(noun.size() + 1, row.path.size())));
        }
    }
    const auto list = fmt::format("one of: {}", fmt::join(candidates, ", "));
    if (noun_is_known && words.words.size() == 1) {
        return {Errc::usage, fmt::format("\"{}\" needs a verb", noun), list, {}, {}};
    }
    const auto& wrong = noun_is_known ? words.words.back() : noun;
    const auto near = closest(wrong, candidates);
    const auto prefix = noun_is_known ? noun + " " : std::string{};
    return {Errc::usage,
            fmt::format("there is no command \"{}{}\"", prefix, printable(wrong)),
            near            ? fmt::format("did you mean \"{}{}\"?", prefix, *near)
            : noun_is_known ? list
                            : "ssctl --help lists them all",
            {},
            {}};
}

std::vector<std::string> long_names(const CLI::App& app)
{
    std::vector<std::string> names;
    for (const auto* option : app.get_options()) {
        for (const auto& name : option->get_lnames()) {
            names.push_back("--" + name);
        }
    }
    std::ranges::sort(names);
    return names;
}

Error unexpected(const CLI::App& app)
{
    const auto extras = app.remaining();
    const std::string word = extras.empty() ? "" : extras.front();
    if (!word.starts_with('-')) {
        return {Errc::usage,
                fmt::format("\"{}\" is one word too many", printable(word)),
                "--help shows what is expected",
                {},
                {}};
    }
    const auto name = word.substr(0, word.find('='));
    const auto names = long_names(app);
    const std::vector<std::string_view> candidates{names.begin(), names.end()};
    const auto near = closest(name, candidates);
    return {Errc::usage,
            fmt::format("there is no option {}", printable(name)),
            near ? fmt::format("did you mean {}?", *near) : "--help lists them",
            {},
            {}};
}

// CLI11's sentence, in the form of ours.
Error wrong_usage(std::string text)
{
    if (!text.empty() && text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0) {
        text.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(text.front())));
    }
    return {Errc::usage, std::move(text), "--help shows what is expected", {}, {}};
}

Result<Run> parse(const Command& command, const Arguments& rest, CLI::App& app, Globals& globals)
{
    declare_globals(app, globals);
    app.set_help_flag();
    app.allow_extras();
    auto run = command.declare(app);
    try {
        app.parse(Arguments{rest.rbegin(), rest.rend()});
    } catch (const CLI::ParseError& error) {
        return fail(wrong_usage(error.what()));
    }
    if (app.remaining_size() > 0) {
        return fail(unexpected(app));
    }
    return run;
}

Style style_of(const Arguments& arguments)
{
    const auto is_set = [](const char* name) {
        const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread is started
        return value != nullptr && *value != '\0';
    };
    const char* terminal = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe)
    const bool plain = is_set("NO_COLOR") || has(arguments, "--no-color") ||
                       (terminal != nullptr && std::string_view{terminal} == "dumb");
    return {.json = has(arguments, "--json"),
            .quiet = has(arguments, "--quiet") || has(arguments, "-q"),
            .color = !plain && ::isatty(STDOUT_FILENO) == 1,
            .progress = ::isatty(STDERR_FILENO) == 1};
}

int run_command(const Command& command, const Arguments& rest, Output& output)
{
    CLI::App app;
    Globals globals;
    auto run = parse(command, rest, app, globals);
    if (!run) {
        return output.finish(run.error());
    }
    if (globals.dry_run && command.refuses_dry_run) {
        return output.finish(Error{Errc::usage,
                                   fmt::format("\"{}\" has no dry run", command.path),
                                   "it does something each time it runs",
                                   "--dry-run",
                                   {}});
    }
    Context context{std::move(globals), output};
    const auto outcome = (*run)(context);
    return outcome ? output.finish(static_cast<int>(*outcome)) : output.finish(outcome.error());
}

}  // namespace

std::vector<std::string> declared_options(const Command& command)
{
    CLI::App app;
    app.set_help_flag();
    std::ignore = command.declare(app);
    return long_names(app);
}

const std::vector<std::string>& global_options()
{
    static const auto kNames = [] {
        CLI::App app;
        app.set_help_flag();
        Globals globals;
        declare_globals(app, globals);
        return long_names(app);
    }();
    return kNames;
}

int run(const std::vector<std::string>& arguments)
{
    Output output{style_of(arguments)};
    const auto table = all_commands();
    const auto words = find_words(table, arguments);
    if (has(words.rest, "--version")) {
        output.say("ssctl " SS_VERSION);
        output.put("version", SS_VERSION);
        return output.finish(0);
    }
    const bool known = words.command != nullptr || words.words.empty() ||
                       (words.words.size() == 1 && is_noun(table, words.words.front()));
    if (known && (has(words.rest, "--help") || has(words.rest, "-h"))) {
        const auto help = help_for(table, words);
        output.print(help);
        output.put("help", help);
        return output.finish(0);
    }
    if (words.words.empty()) {
        output.note(overall_help(table));
        return output.finish({Errc::usage, "no command was given", "ssctl --help lists them all", {}, {}});
    }
    if (words.command == nullptr) {
        return output.finish(unknown_words(table, words));
    }
    return run_command(*words.command, words.rest, output);
}

}  // namespace ss::cli

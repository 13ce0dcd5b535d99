// ssctl completion: scripts for three shells, printed from the table of commands.

#include "../commands.hpp"
#include "../dispatch.hpp"

#include <ss/text.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <set>

namespace ss::cli {
namespace {

struct Entry {
    std::string noun;
    std::string verb;  // empty for commands of one word
    std::string summary;
    std::string options;
};

std::vector<Entry> entries()
{
    std::vector<Entry> result;
    for (const Command& row : all_commands()) {
        const auto space = row.path.find(' ');
        result.push_back({.noun = std::string{row.path.substr(0, space)},
                          .verb = space == std::string_view::npos ? "" : std::string{row.path.substr(space + 1)},
                          .summary = std::string{row.summary},
                          .options = fmt::format("{}", fmt::join(declared_options(row), " "))});
    }
    return result;
}

std::string nouns(const std::vector<Entry>& all)
{
    std::vector<std::string> names;
    for (const auto& entry : all) {
        if (std::ranges::find(names, entry.noun) == names.end()) {
            names.push_back(entry.noun);
        }
    }
    return fmt::format("{}", fmt::join(names, " "));
}

std::string verbs(const std::vector<Entry>& all, const std::string& noun)
{
    std::vector<std::string> names;
    for (const auto& entry : all) {
        if (entry.noun == noun && !entry.verb.empty()) {
            names.push_back(entry.verb);
        }
    }
    return fmt::format("{}", fmt::join(names, " "));
}

std::string globals()
{
    return fmt::format("{} --help", fmt::join(global_options(), " "));
}

// What bash and zsh share: from noun and verb to the words that may follow.
std::string cases(const std::vector<Entry>& all)
{
    std::string text;
    std::set<std::string> seen;
    for (const auto& entry : all) {
        if (!entry.verb.empty() && seen.insert(entry.noun).second) {
            text += fmt::format("        \"{} \") choices=\"{}\" ;;\n", entry.noun, verbs(all, entry.noun));
        }
        const auto shells = entry.noun == "completion" ? "bash zsh fish " : "";
        const auto path = entry.verb.empty() ? entry.noun + " *" : entry.noun + " " + entry.verb;
        const auto pattern = entry.verb.empty() ? fmt::format("\"{} \"*", entry.noun) : fmt::format("\"{}\"", path);
        text += fmt::format("        {}) choices=\"{}{}\" ;;\n", pattern, shells, entry.options);
    }
    return text;
}

std::string print_bash()
{
    const auto all = entries();
    return fmt::format(R"(# bash completion for ssctl; printed by `ssctl completion bash`
_ssctl() {{
    local current="${{COMP_WORDS[COMP_CWORD]}}" noun="" verb="" choices="" word i
    for ((i = 1; i < COMP_CWORD; i++)); do
        word="${{COMP_WORDS[i]}}"
        case "$word" in
            --config|-c) ((i++)) ;;
            -*) ;;
            *) if [[ -z $noun ]]; then noun="$word"; elif [[ -z $verb ]]; then verb="$word"; fi ;;
        esac
    done
    case "${{COMP_WORDS[COMP_CWORD-1]}}" in
        --config|-c|--output) COMPREPLY=($(compgen -f -- "$current")); return ;;
    esac
    case "$noun $verb" in
        " ") choices="{}" ;;
{}    esac
    [[ $current == -* ]] && choices="$choices {}"
    COMPREPLY=($(compgen -W "$choices" -- "$current"))
}}
complete -F _ssctl ssctl
)",
                       nouns(all), cases(all), globals());
}

std::string print_zsh()
{
    const auto all = entries();
    return fmt::format(R"(#compdef ssctl
# zsh completion for ssctl; printed by `ssctl completion zsh`
_ssctl() {{
    local noun="" verb="" choices="" word
    integer i
    for ((i = 2; i < CURRENT; i++)); do
        word="${{words[i]}}"
        case "$word" in
            --config|-c) ((i++)) ;;
            -*) ;;
            *) if [[ -z $noun ]]; then noun="$word"; elif [[ -z $verb ]]; then verb="$word"; fi ;;
        esac
    done
    case "$noun $verb" in
        " ") choices="{}" ;;
{}    esac
    [[ $PREFIX == -* ]] && choices="$choices {}"
    compadd -- ${{=choices}}
}}
if [[ $funcstack[1] == _ssctl ]]; then _ssctl "$@"; else compdef _ssctl ssctl; fi
)",
                       nouns(all), cases(all), globals());
}

std::string fish_quoted(std::string_view text)
{
    std::string result = "'";
    for (const char c : text) {
        result += c == '\'' || c == '\\' ? std::string{'\\'} + c : std::string(1, c);
    }
    return result + "'";
}

std::string print_fish()
{
    const auto all = entries();
    std::string text = "# fish completion for ssctl; printed by `ssctl completion fish`\ncomplete -c ssctl -f\n";
    std::set<std::string> seen;
    for (const auto& entry : all) {
        if (seen.insert(entry.noun).second) {
            const auto what = entry.verb.empty() ? entry.summary : verbs(all, entry.noun);
            text +=
                fmt::format("complete -c ssctl -n __fish_use_subcommand -a {} -d {}\n", entry.noun, fish_quoted(what));
        }
        const auto below = fmt::format("__fish_seen_subcommand_from {}", entry.noun);
        if (!entry.verb.empty()) {
            text += fmt::format("complete -c ssctl -n '{}; and not __fish_seen_subcommand_from {}' -a {} -d {}\n",
                                below, verbs(all, entry.noun), entry.verb, fish_quoted(entry.summary));
        }
        const auto inside =
            entry.verb.empty() ? below : fmt::format("{}; and __fish_seen_subcommand_from {}", below, entry.verb);
        for (const auto option : split(entry.options, ' ')) {
            text += option.empty() ? "" : fmt::format("complete -c ssctl -n '{}' -l {}\n", inside, option.substr(2));
        }
    }
    text += "complete -c ssctl -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n";
    for (const auto& option : global_options()) {
        text += fmt::format("complete -c ssctl -l {}\n", option.substr(2));
    }
    return text;
}

Result<Exit> run(const std::string& shell, Context& context)
{
    const auto text = shell == "bash"   ? print_bash()
                      : shell == "zsh"  ? print_zsh()
                      : shell == "fish" ? print_fish()
                                        : "";
    if (text.empty()) {
        return fail(Errc::usage,
                    shell.empty() ? "name a shell" : fmt::format("there is no completion for \"{}\"", printable(shell)),
                    "one of: bash, zsh, fish");
    }
    context.out.put("shell", shell);
    context.out.put("script", text);
    context.out.print(text);
    return Exit::done;
}

}  // namespace

std::vector<Command> completion_commands()
{
    return {{.path = "completion",
             .summary = "print a script that completes ssctl's words",
             .declare = [](CLI::App& app) -> Run {
                 auto shell = std::make_shared<std::string>();
                 app.add_option("SHELL", *shell, "bash, zsh or fish");
                 return [shell](Context& context) { return run(*shell, context); };
             }}};
}

}  // namespace ss::cli

// Names and files of the environment: our own SS_… and those of the stack we replace.
#include "sources.hpp"

#include <ss/text.hpp>

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace ss::config {
namespace {

// SS_CONFIG names the file itself; SS_TEST_… belong to the tests.
bool is_other_name_of_ours(std::string_view name)
{
    return name == "SS_CONFIG" || name.starts_with("SS_TEST_");
}

std::vector<std::string> names_of(const Setting& setting)
{
    std::vector<std::string> names{variable_name(setting.key)};
    for (const auto name : split(setting.variables, ' ')) {
        if (!name.empty()) {
            names.emplace_back(name);
        }
    }
    return names;
}

std::vector<std::string> all_names()
{
    std::vector<std::string> names;
    for (const Setting& setting : kSettings) {
        std::ranges::move(names_of(setting), std::back_inserter(names));
    }
    return names;
}

const Variable* last_with_value(std::span<const Variable> variables, std::string_view name)
{
    const Variable* found = nullptr;
    for (const Variable& variable : variables) {
        if (variable.name == name && !variable.value.empty()) {
            found = &variable;
        }
    }
    return found;
}

void refuse_unknown(std::span<const Variable> variables, bool from_file, std::vector<Error>& errors)
{
    const auto names = all_names();
    const std::vector<std::string_view> candidates{names.begin(), names.end()};
    for (const Variable& variable : variables) {
        if (std::ranges::find(candidates, variable.name) != candidates.end() || is_other_name_of_ours(variable.name)) {
            continue;
        }
        const bool ours = variable.name.starts_with("SS_");
        const auto near = closest(variable.name, candidates);
        // A file may serve other programs too (compose), so of foreign names only near misses are refused.
        if (ours || (from_file && near && near->size() > 6)) {
            errors.push_back(wrong(fmt::format("there is no setting for the variable {}", printable(variable.name)),
                                   near ? fmt::format("did you mean {}?", *near) : "",
                                   variable.where.empty() ? variable.name : variable.where));
        }
    }
}

// systemd's EnvironmentFile= and docker's env files agree on this much.
std::string unquoted(std::string_view value)
{
    value = trim(value);
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front()) {
        return std::string{value.substr(1, value.size() - 2)};
    }
    return std::string{value};
}

}  // namespace

std::string variable_name(std::string_view key)
{
    std::string name = "SS_";
    for (const char c : key) {
        name += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    return name;
}

std::vector<Variable> environment()
{
    std::vector<Variable> variables;
    for (char** at = ::environ; at != nullptr && *at != nullptr; ++at) {
        const std::string_view line{*at};
        const auto equals = line.find('=');
        if (equals != std::string_view::npos) {
            const std::string name{line.substr(0, equals)};
            variables.push_back({name, std::string{line.substr(equals + 1)}, name});
        }
    }
    return variables;
}

Reading read_environment(std::span<const Variable> variables, bool from_file)
{
    Reading reading;
    refuse_unknown(variables, from_file, reading.errors);
    for (const Setting& setting : kSettings) {
        for (const auto& name : names_of(setting)) {
            // An empty variable counts as absent: compose files pass those for everything they do not know.
            if (const auto* variable = last_with_value(variables, name)) {
                reading.statements.push_back({.key = std::string{setting.key},
                                              .form = Form::bare,
                                              .text = variable->value,
                                              .entries = {},
                                              .where = variable->where.empty() ? name : variable->where});
                break;
            }
        }
    }
    return reading;
}

bool is_env_file(const std::filesystem::path& file)
{
    const auto name = file.filename().string();
    return name.starts_with(".env") || name.ends_with(".env");
}

std::vector<Variable> parse_env_file(std::string_view text, const std::string& name, std::vector<Error>& errors)
{
    std::vector<Variable> variables;
    int number = 0;
    for (auto line : split(text, '\n')) {
        ++number;
        line = trim(line);
        if (line.empty() || line.starts_with('#') || line.starts_with(';')) {
            continue;
        }
        if (line.starts_with("export ")) {
            line = trim(line.substr(7));
        }
        const auto where = fmt::format("{}:{}", name, number);
        const auto equals = line.find('=');
        const auto variable = trim(line.substr(0, equals));
        const bool is_name = !variable.empty() && std::ranges::all_of(variable, [](unsigned char c) {
            return std::isalnum(c) != 0 || c == '_';
        });
        if (equals == std::string_view::npos || !is_name) {
            errors.push_back(wrong("this line is not NAME=value", "comments start with #", where));
            continue;
        }
        variables.push_back({std::string{variable}, unquoted(line.substr(equals + 1)), where});
    }
    return variables;
}

Result<std::vector<Variable>> read_env_file(const std::filesystem::path& file)
{
    const auto read = TRY(read_file(file, Links::follow));
    std::vector<Error> errors;
    auto variables = parse_env_file(read.text, file.string(), errors);
    if (!errors.empty()) {
        return fail(as_one_error(errors));
    }
    return variables;
}

Sources process_sources(std::filesystem::path file)
{
    const auto text = [](const char* name) {
        const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread is started
        return value == nullptr ? std::filesystem::path{} : std::filesystem::path{value};
    };
    return {.file = file.empty() ? text("SS_CONFIG") : std::move(file),
            .environment = environment(),
            .credentials = text("CREDENTIALS_DIRECTORY")};
}

}  // namespace ss::config

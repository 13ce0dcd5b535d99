#pragma once
// What a source of settings says, before anybody asks whether it makes sense.

#include <ss/config.hpp>

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace ss::config {

// The form a TOML value has; variables and credentials are `bare`.
enum class Form : std::uint8_t { bare, string, integer, boolean, array };

struct Statement {
    std::string key;
    Form form = Form::bare;
    std::string text;                  // all but arrays
    std::vector<std::string> entries;  // arrays
    std::string where;
};

// One file's statements and what is wrong with its form. Unknown keys are among `errors` already.
struct Reading {
    std::vector<Statement> statements;
    std::vector<Error> errors;
};

Reading read_toml(std::string_view text, const std::string& name);
Reading read_environment(std::span<const Variable> variables, bool from_file);
Reading read_credentials(const std::filesystem::path& directory);

// "did you mean …?" for a key that does not exist.
std::string key_hint(std::string_view unknown);

// A file's text, and why it is not safe to keep secrets in it (empty when it is).
struct FileText {
    std::string text;
    std::string exposed;
};
enum class Links : std::uint8_t { follow, refuse };
Result<FileText> read_file(const std::filesystem::path& file, Links links);

std::vector<Variable> parse_env_file(std::string_view text, const std::string& name, std::vector<Error>& errors);
bool is_env_file(const std::filesystem::path& file);

inline Error wrong(std::string message, std::string hint, std::string where)
{
    return {Errc::configuration, std::move(message), std::move(hint), std::move(where), {}};
}

std::optional<std::size_t> find_setting(std::string_view key);

}  // namespace ss::config

#pragma once
/// Settings: loaded once from all their sources, checked all at once, then never changed.
///
///     auto loaded = config::load({.file = "/etc/social-selling/sssd.toml", .environment = config::environment()});
///     if (!loaded) { for (const Error& error : loaded.error()) … }
///     const std::string& listen = loaded->get<"http.listen">();
///
/// Later sources win: default, TOML or .env file, environment, systemd's credentials directory.

#include <ss/config_table.hpp>
#include <ss/error.hpp>
#include <ss/secret.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ss::config {

using Value = std::variant<std::string, std::int64_t, bool, std::chrono::milliseconds, std::filesystem::path,
                           std::vector<std::string>, Secret, std::vector<Secret>>;

/// Whence a value came; `where` is "sssd.toml:7:3", a variable's name or a credential's file.
enum class Origin : std::uint8_t { standard, file, environment, credential };
struct Source {
    Origin origin = Origin::standard;
    std::string where;
};

/// A string literal as template argument.
template <std::size_t N>
struct Key {
    std::array<char, N> text{};
    // NOLINTNEXTLINE(google-explicit-constructor): so that get<"http.listen">() can be written
    consteval Key(const char (&literal)[N])
    {
        for (std::size_t i = 0; i < N; ++i) {
            text[i] = literal[i];
        }
    }
    [[nodiscard]] constexpr std::string_view view() const { return {text.data(), N - 1}; }
};

/// Values of every setting, each of the type its row says. Copyable, safe to read from any thread.
class Settings {
public:
    Settings();  ///< The defaults.

    /// The value, by a key that is checked at compile time. Lives as long as these settings.
    template <Key key>
    [[nodiscard]] const auto& get() const
    {
        constexpr std::size_t index = setting_index(key.view());
        constexpr Type type = kSettings[index].type;
        if constexpr (type == Type::integer || type == Type::size) {
            return std::get<std::int64_t>(values_[index]);
        } else if constexpr (type == Type::boolean) {
            return std::get<bool>(values_[index]);
        } else if constexpr (type == Type::duration) {
            return std::get<std::chrono::milliseconds>(values_[index]);
        } else if constexpr (type == Type::path) {
            return std::get<std::filesystem::path>(values_[index]);
        } else if constexpr (type == Type::list) {
            return std::get<std::vector<std::string>>(values_[index]);
        } else if constexpr (type == Type::secret || type == Type::secret_url) {
            return std::get<Secret>(values_[index]);
        } else if constexpr (type == Type::secret_list) {
            return std::get<std::vector<Secret>>(values_[index]);
        } else {
            return std::get<std::string>(values_[index]);
        }
    }

    [[nodiscard]] bool is_production() const { return get<"mode">() == "production"; }

    /// By position in kSettings, for whoever walks the table.
    [[nodiscard]] const Value& value(std::size_t index) const { return values_[index]; }
    [[nodiscard]] const Source& source(std::size_t index) const { return sources_[index]; }
    [[nodiscard]] bool is_empty(std::size_t index) const;

    /// For a person: as one would write it; secrets as "(set, 3fa9c1d2)", the start of their SHA-256; URLs
    /// without their password.
    [[nodiscard]] std::string shown(std::size_t index) const;

    /// Every value as it is, secrets too: for the process that writes a configuration file.
    [[nodiscard]] std::string written(std::size_t index) const;

    void set(std::size_t index, Value value, Source source);

private:
    std::vector<Value> values_;
    std::vector<Source> sources_;
};

/// A text as the value of one setting. Errors: configuration; never quotes a secret.
[[nodiscard]] Result<Value> parse(std::size_t index, std::string_view text);

/// `where` is how errors name it: "SS_HTTP_LISTEN", or ".env.production:12".
struct Variable {
    std::string name;
    std::string value;
    std::string where{};  ///< Empty: the name.
};

/// This process's environment.
[[nodiscard]] std::vector<Variable> environment();

/// NAME=value lines as systemd's EnvironmentFile= and docker read them: # comments, quotes, optional `export`.
/// Errors: not_found, configuration (permissions, a line that is none).
[[nodiscard]] Result<std::vector<Variable>> read_env_file(const std::filesystem::path& file);

/// "SS_HTTP_LISTEN" for "http.listen".
[[nodiscard]] std::string variable_name(std::string_view key);

struct Sources {
    std::filesystem::path file{};         ///< TOML, or NAME=value when its name is or ends with .env…; empty: none.
    std::vector<Variable> environment{};  ///< Names that are not ours are ignored; unknown SS_… are errors.
    std::filesystem::path credentials{};  ///< $CREDENTIALS_DIRECTORY: files named by key; empty: none.
};

/// The sources a program of ours uses: `file` (or $SS_CONFIG), the environment, $CREDENTIALS_DIRECTORY.
[[nodiscard]] Sources process_sources(std::filesystem::path file = {});

/// Settings, or everything that is wrong with them: each error has code configuration, `where` (file:line:column,
/// variable or credential) and usually a hint; none holds a secret. Reads files only; connects to nothing.
[[nodiscard]] std::expected<Settings, std::vector<Error>> load(const Sources& sources);

/// The rules between settings, which load() has applied: for settings that were put together by hand.
[[nodiscard]] std::vector<Error> check(const Settings& settings);

/// What sssd needs beyond a valid configuration: the rows marked Need::daemon.
[[nodiscard]] std::vector<Error> missing_for_daemon(const Settings& settings);

/// Many errors as one, for callers that return a single one.
[[nodiscard]] Error as_one_error(std::span<const Error> errors);

/// What SIGHUP does: `settings` is `running` with the reloadable values of `fresh`.
struct Reload {
    Settings settings;
    std::vector<std::string_view> changed;        ///< Keys taken over.
    std::vector<std::string_view> needs_restart;  ///< Keys that differ but keep their running value.
};
[[nodiscard]] Reload reload(const Settings& running, const Settings& fresh);

/// First 8 hex digits of SHA-256: tells two secrets apart without showing either.
[[nodiscard]] std::string fingerprint(std::string_view secret);

/// Printed from the table; tests compare them with what is committed.
[[nodiscard]] std::string print_sample();    ///< etc/sssd.toml: every setting, commented out.
[[nodiscard]] std::string print_markdown();  ///< docs/operations/settings.md
[[nodiscard]] std::string print_manual();    ///< man/social-selling.toml.5 (mdoc)

/// A configuration file holding just what was given (is not a default), secrets in clear.
[[nodiscard]] std::string print_toml(const Settings& settings);
/// NAME=value lines under the seed's names; every setting is there, those neither given nor needed commented out.
[[nodiscard]] std::string print_env_file(const Settings& settings);

}  // namespace ss::config

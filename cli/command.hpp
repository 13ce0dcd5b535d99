#pragma once
/// What a command is, and what it is given. Add one: write commands/<noun>.cpp, name its function in commands.hpp and
/// commands.cpp, give it a section in man/ssctl.1.md; --help, the manual and completion follow.

#include "output.hpp"

#include <ss/config.hpp>
#include <ss/error.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace ss::cli {

/// How a command ended that did not fail with an Error (those have their own codes: ss::error_table).
enum class Exit : std::uint8_t {
    done = 0,
    failed = 1,      ///< A check said no.
    changes = 2,     ///< Changes, pending or drift found; only with --exit-code.
    partly = 3,      ///< Some of it is done.
    threshold = 99,  ///< A threshold was missed.
};

/// The options every command takes, before or after its words.
struct Globals {
    std::string config{};  ///< --config; empty: $SS_CONFIG, else the installed file when there is one.
    bool json = false;
    bool dry_run = false;
    bool yes = false;
    bool quiet = false;
    bool no_color = false;
};

/// Lent to a command while it runs.
class Context {
public:
    /// Borrows `output`.
    Context(Globals globals, Output& output) : globals_{std::move(globals)}, out{output} {}

    [[nodiscard]] bool dry_run() const { return globals_.dry_run; }

    /// What --config and the environment name. Errors: configuration; all of them are shown, in JSON as `details`.
    [[nodiscard]] Result<config::Settings> settings();
    [[nodiscard]] config::Sources sources() const;

    /// Asks on a terminal; --yes answers. Errors: usage (nobody to ask), cancelled (the answer was no).
    [[nodiscard]] Result<void> confirm(std::string_view question);

private:
    Globals globals_;

public:
    Output& out;
};

using Run = std::function<Result<Exit>(Context&)>;

/// A row of the table of commands. `declare` adds the command's options to an empty parser and returns what runs
/// after parsing; it must not do anything else, since completion and tests call it too.
struct Command {
    std::string_view path;  ///< "env new", or one word.
    std::string_view summary;
    std::function<Run(CLI::App&)> declare;
    bool refuses_dry_run = false;  ///< It changes something and cannot say what without doing it.
};

/// The configuration that packages install.
inline constexpr std::string_view kInstalledConfig = "/etc/social-selling/sssd.toml";

}  // namespace ss::cli

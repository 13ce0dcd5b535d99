#pragma once
/// What a command says. Results go to stdout, everything else to stderr; with --json stdout is exactly one document.
/// Text from outside is escaped before it reaches the terminal.

#include <ss/error.hpp>

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ss::cli {

struct Style {
    bool json = false;
    bool quiet = false;
    bool color = false;     ///< stdout is a terminal that shows colours, and nobody asked for none.
    bool progress = false;  ///< stderr is a terminal: a bar may be drawn over itself.
};

struct Table {
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows{};
};

class Output {
public:
    explicit Output(Style style);
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    ~Output();

    /// A line of the result, for a person; nothing with --json.
    void say(std::string_view line);
    /// Many lines, as they are (a generated file); nothing with --json.
    void print(std::string_view text);
    void table(const Table& table);
    /// About the work, not its result: stderr; nothing with --json or --quiet.
    void note(std::string_view line);

    /// A member of the JSON document; nothing for a person.
    void put(std::string_view name, const nlohmann::json& value);

    /// More errors than the one that is returned: listed as `details` of the JSON error.
    void detail(std::span<const Error> errors);

    /// Ends the run: prints the JSON document, or the error. Returns the exit code.
    int finish(const Error& error);
    int finish(int exit_code);

    [[nodiscard]] const Style& style() const { return style_; }

private:
    Style style_;
    std::unique_ptr<nlohmann::json> document_;
    std::unique_ptr<nlohmann::json> details_;
};

/// A bar on a terminal; elsewhere a line at the start, at each quarter and at the end. Nothing with --json or --quiet.
class Progress {
public:
    /// Borrows `output`. `total` of 0: not known yet.
    Progress(Output& output, std::string title, std::int64_t total);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();  ///< Leaves the line clean.

    void update(std::int64_t done, std::int64_t total);

private:
    void draw();

    Output& output_;
    std::string title_;
    std::int64_t done_ = 0;
    std::int64_t total_;
    std::int64_t drawn_percent_ = -1;
};

/// {"code", "message", "hint", "where"}; hint and where only when they say something.
[[nodiscard]] nlohmann::json to_json(const Error& error);

}  // namespace ss::cli

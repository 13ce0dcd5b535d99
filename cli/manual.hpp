#pragma once
/// man/ssctl.1.md, embedded: a section a command, "## ssctl env new".

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ss::cli {

struct Section {
    std::string_view path;  ///< "env new"; empty for ssctl itself.
    std::string_view text;  ///< Markdown.
};

[[nodiscard]] const std::vector<Section>& manual_sections();
[[nodiscard]] std::optional<Section> find_section(std::string_view path);

/// For a terminal: without Markdown's marks.
[[nodiscard]] std::string to_plain(std::string_view markdown);

/// The options a section documents: its bullets that start with `--name`.
[[nodiscard]] std::vector<std::string> documented_options(const Section& section);

}  // namespace ss::cli

// The embedded manual, cut into sections.
#include "manual.hpp"

#include <ss/embedded/manual.hpp>
#include <ss/text.hpp>

#include <algorithm>

namespace ss::cli {
namespace {

constexpr std::string_view kHeading = "## ssctl";

std::vector<Section> cut(std::string_view text)
{
    std::vector<Section> sections;
    std::size_t at = text.find(kHeading);
    while (at != std::string_view::npos) {
        const auto end_of_line = text.find('\n', at);
        const auto next = text.find("\n## ", end_of_line);
        const auto path = trim(text.substr(at + kHeading.size(), end_of_line - at - kHeading.size()));
        const auto body = text.substr(end_of_line, (next == std::string_view::npos ? text.size() : next) - end_of_line);
        sections.push_back({.path = path, .text = trim(body)});
        at = next == std::string_view::npos ? next : text.find(kHeading, next);
    }
    return sections;
}

std::string without_marks(std::string_view line)
{
    std::string plain{line};
    std::erase(plain, '`');
    for (auto at = plain.find("**"); at != std::string::npos; at = plain.find("**")) {
        plain.erase(at, 2);
    }
    return plain;
}

// "- `--option VALUE` what it does" becomes two columns.
std::string plain_line(std::string_view line)
{
    constexpr std::size_t kColumn = 24;
    if (!line.starts_with("- ")) {
        return without_marks(line);
    }
    const auto end = line.starts_with("- `--") ? line.find('`', 3) : std::string_view::npos;
    if (end == std::string_view::npos) {
        return "  " + without_marks(line.substr(2));
    }
    std::string name{line.substr(3, end - 3)};
    name.resize(std::max(kColumn, name.size() + 1), ' ');
    return "  " + name + without_marks(trim(line.substr(end + 1)));
}

}  // namespace

const std::vector<Section>& manual_sections()
{
    static const auto kSections = cut(embedded::manual().front().bytes);
    return kSections;
}

std::optional<Section> find_section(std::string_view path)
{
    const auto& sections = manual_sections();
    const auto found = std::ranges::find(sections, path, &Section::path);
    return found == sections.end() ? std::nullopt : std::optional{*found};
}

std::string to_plain(std::string_view markdown)
{
    std::string text;
    bool in_code = false;
    for (const auto line : split(markdown, '\n')) {
        if (line.starts_with("```")) {
            in_code = !in_code;
        } else {
            text += (in_code ? "    " + std::string{line} : plain_line(line)) + "\n";
        }
    }
    return text;
}

std::vector<std::string> documented_options(const Section& section)
{
    std::vector<std::string> names;
    for (const auto line : split(section.text, '\n')) {
        if (line.starts_with("- `--")) {
            const auto end = line.find_first_of(" =`", 3);
            names.emplace_back(line.substr(3, end - 3));
        }
    }
    std::ranges::sort(names);
    return names;
}

}  // namespace ss::cli

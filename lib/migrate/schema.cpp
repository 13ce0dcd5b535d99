// The fingerprint of the live schema, and in which tables and indexes two schemas differ.

#include "schema.hpp"

#include <ss/crypto.hpp>
#include <ss/sql/migrate.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <utility>

namespace ss::migrate {
namespace {

/// Runs of white space as one blank, so that indenting a table's text is not a change.
std::string even(std::string_view text)
{
    std::string result;
    bool gap = false;
    for (const char c : trim(text)) {
        if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
            gap = true;
            continue;
        }
        if (std::exchange(gap, false)) {
            result += ' ';
        }
        result += c;
    }
    return result;
}

/// "index message_by_time: create …" -> "index message_by_time"; "column message.text text not null" -> "column
/// message.text".
std::string_view subject_of(std::string_view line)
{
    const auto kind = line.find(' ');
    const auto end = line.find_first_of(": ", kind == std::string_view::npos ? 0 : kind + 1);
    return line.substr(0, end);
}

std::map<std::string_view, std::string_view> by_subject(std::string_view text)
{
    std::map<std::string_view, std::string_view> lines;
    for (const auto line : split(text, '\n')) {
        if (!line.empty()) {
            lines[subject_of(line)] = line;
        }
    }
    return lines;
}

}  // namespace

Result<std::string> describe(storage::Session& session)
{
    const auto rows = TRY(session.all(sql::migrate::DescribeSchema{}));
    std::vector<std::string> lines;
    lines.reserve(rows.size());
    for (const auto& row : rows) {
        lines.push_back(even(row.item));
    }
    std::ranges::sort(lines);
    std::string text;
    for (const auto& line : lines) {
        text += line;
        text += '\n';
    }
    return text;
}

std::string fingerprint_of(std::string_view schema_text)
{
    return crypto::sha256_hex(schema_text);
}

std::vector<Finding> differences(std::string_view recorded, std::string_view live)
{
    const auto before = by_subject(recorded);
    const auto now = by_subject(live);
    std::vector<Finding> findings;
    for (const auto& [subject, line] : before) {
        const auto found = now.find(subject);
        if (found == now.end()) {
            findings.push_back({Problem::schema, std::string{subject}, "is missing"});
        } else if (found->second != line) {
            findings.push_back(
                {Problem::schema, std::string{subject},
                 fmt::format("is `{}`, was `{}`", found->second.substr(subject.size()), line.substr(subject.size()))});
        }
    }
    for (const auto& [subject, line] : now) {
        if (!before.contains(subject)) {
            findings.push_back({Problem::schema, std::string{subject}, "is there but no step made it"});
        }
    }
    return findings;
}

}  // namespace ss::migrate

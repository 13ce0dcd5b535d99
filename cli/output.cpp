// What a command says, to a person or to a program.
#include "output.hpp"

#include <ss/text.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace ss::cli {
namespace {

using nlohmann::json;

void write(std::FILE* stream, std::string_view text)
{
    std::fwrite(text.data(), 1, text.size(), stream);
}

// Escapes what could move the cursor, line by line: our own line ends stay.
std::string safe(std::string_view text)
{
    std::string result;
    for (const auto line : split(text, '\n')) {
        result += (result.empty() && line.data() == text.data() ? "" : "\n") + printable(line);
    }
    return result;
}

std::string padded(const std::string& cell, std::size_t width)
{
    const auto length = is_valid_utf8(cell) ? count_code_points(cell) : cell.size();
    return cell + std::string(width > length ? width - length : 0, ' ');
}

}  // namespace

Output::Output(Style style) : style_{style}, document_{std::make_unique<json>()}, details_{std::make_unique<json>()} {}
Output::~Output() = default;

void Output::say(std::string_view line)
{
    if (!style_.json) {
        write(stdout, safe(line) + "\n");
    }
}

void Output::print(std::string_view text)
{
    if (!style_.json) {
        write(stdout, text);
    }
}

void Output::note(std::string_view line)
{
    if (!style_.json && !style_.quiet) {
        std::fflush(stdout);
        write(stderr, safe(line) + "\n");
    }
}

void Output::table(const Table& table)
{
    if (style_.json) {
        return;
    }
    std::vector<std::size_t> widths(table.columns.size(), 0);
    auto rows = table.rows;
    rows.insert(rows.begin(), table.columns);
    for (auto& row : rows) {
        for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
            row[i] = printable(row[i]);
            widths[i] = std::max(widths[i], is_valid_utf8(row[i]) ? count_code_points(row[i]) : row[i].size());
        }
    }
    for (std::size_t r = 0; r < rows.size(); ++r) {
        std::string line;
        for (std::size_t i = 0; i < rows[r].size() && i < widths.size(); ++i) {
            line += (i == 0 ? "" : "  ") + padded(rows[r][i], widths[i]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        write(stdout, style_.color && r == 0 ? fmt::format("\x1b[1m{}\x1b[0m\n", line) : line + "\n");
    }
}

void Output::put(std::string_view name, const json& value)
{
    (*document_)[std::string{name}] = value;
}

void Output::detail(std::span<const Error> errors)
{
    for (const Error& error : errors) {
        details_->push_back(to_json(error));
    }
}

int Output::finish(const Error& error)
{
    const int code = error_row(error.code).exit_code;
    if (style_.json) {
        auto document = *document_;
        document["error"] = to_json(error);
        if (!details_->is_null()) {
            // The sentence for a person lists them as well.
            document["error"]["message"] = error.message.substr(0, error.message.find('\n'));
            document["error"]["details"] = *details_;
        }
        write(stdout, document.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
    } else {
        std::fflush(stdout);
        write(stderr, fmt::format("error: {}\n", safe(to_string(error))));
    }
    return code;
}

int Output::finish(int exit_code)
{
    if (style_.json) {
        if (document_->is_null()) {
            (*document_)["done"] = exit_code == 0;
        }
        write(stdout, document_->dump(2, ' ', false, json::error_handler_t::replace) + "\n");
    }
    // A full disk or a closed pipe must not pass for success.
    return std::fflush(stdout) == 0 ? exit_code : 1;
}

Progress::Progress(Output& output, std::string title, std::int64_t total)
    : output_{output}, title_{std::move(title)}, total_{total}
{
    draw();
}

Progress::~Progress()
{
    if (output_.style().progress && !output_.style().quiet && !output_.style().json) {
        write(stderr, "\r\x1b[K");
        std::fflush(stderr);
    }
}

void Progress::update(std::int64_t done, std::int64_t total)
{
    done_ = done;
    total_ = total;
    draw();
}

void Progress::draw()
{
    const auto& style = output_.style();
    if (style.quiet || style.json) {
        return;
    }
    const auto percent = total_ > 0 ? std::clamp<std::int64_t>(done_ * 100 / total_, 0, 100) : 0;
    constexpr std::int64_t kQuarter = 25;
    const auto shown = style.progress ? percent : percent / kQuarter * kQuarter;
    if (shown == drawn_percent_) {
        return;
    }
    drawn_percent_ = shown;
    if (!style.progress) {
        output_.note(fmt::format("{}: {} %", title_, shown));
        return;
    }
    constexpr std::int64_t kWidth = 30;
    const auto filled = static_cast<std::size_t>(percent * kWidth / 100);
    write(stderr, fmt::format("\r{} [{}{}] {:3} %\x1b[K", printable(title_), std::string(filled, '#'),
                              std::string(kWidth - filled, ' '), percent));
    std::fflush(stderr);
}

json to_json(const Error& error)
{
    json document{{"code", to_string(error.code)}, {"message", error.message}};
    if (!error.hint.empty()) {
        document["hint"] = error.hint;
    }
    if (!error.where.empty()) {
        document["where"] = error.where;
    }
    return document;
}

}  // namespace ss::cli

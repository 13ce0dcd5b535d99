// One event as one line. Text from outside may hold anything: it is redacted, cut and escaped here.
#include "log_line.hpp"

#include <ss/text.hpp>

#include <fmt/format.h>

#include <cmath>

namespace ss::observe {
namespace {

constexpr std::size_t kMostMessage = 8192;
constexpr std::size_t kMostValue = 4096;

// Length of the UTF-8 sequence at the start of `text`, 0 when it is none.
std::size_t sequence_length(std::string_view text)
{
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    return length <= text.size() && is_valid_utf8(text.substr(0, length)) ? length : 0;
}

unsigned code_point(std::string_view sequence)
{
    auto value = static_cast<unsigned>(static_cast<unsigned char>(sequence.front()));
    value &= sequence.size() == 1 ? 0x7fU : sequence.size() == 2 ? 0x1fU : sequence.size() == 3 ? 0x0fU : 0x07U;
    for (const char c : sequence.substr(1)) {
        value = (value << 6U) | (static_cast<unsigned char>(c) & 0x3fU);
    }
    return value;
}

// Would end a line, move a cursor or turn the direction of what follows on somebody's screen.
bool is_unsafe(unsigned point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x2028 || point == 0x2029 ||
           (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) || point == 0xfeff;
}

void append_json(std::string& line, std::string_view text)
{
    line += '"';
    while (!text.empty()) {
        const auto length = sequence_length(text);
        if (length == 0) {
            line += "\\ufffd";
            text.remove_prefix(1);
            continue;
        }
        const auto point = code_point(text.substr(0, length));
        if (point == '"' || point == '\\') {
            line += '\\';
            line += static_cast<char>(point);
        } else if (is_unsafe(point)) {
            fmt::format_to(std::back_inserter(line), "\\u{:04x}", point);
        } else {
            line += text.substr(0, length);
        }
        text.remove_prefix(length);
    }
    line += '"';
}

void append_plain(std::string& line, std::string_view text)
{
    while (!text.empty()) {
        const auto length = sequence_length(text);
        const auto point = length == 0 ? 0xfffdU : code_point(text.substr(0, length));
        if (length == 0 || is_unsafe(point)) {
            fmt::format_to(std::back_inserter(line), "\\u{:04x}", point);
        } else {
            line += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
}

std::string shortened(std::string_view text, std::size_t most)
{
    if (text.size() <= most) {
        return redacted(text);
    }
    return fmt::format("{}… ({} bytes)", redacted(text.substr(0, most)), text.size());
}

bool is_hidden(const Field& field)
{
    if (is_secret_name(field.name)) {
        return true;
    }
    // A field "code" is usually an error's; what is as long as an OAuth code is taken for one.
    constexpr std::size_t kOauthCode = 24;
    const auto* text = std::get_if<std::string_view>(&field.value);
    return field.name == "code" && text != nullptr && text->size() >= kOauthCode;
}

void append_json_value(std::string& line, const Field& field)
{
    if (std::holds_alternative<std::string_view>(field.value) || is_hidden(field)) {
        append_json(line, field_text(field));
    } else {
        line += field_text(field);
    }
}

}  // namespace

std::string_view level_word(Level level)
{
    constexpr std::array<std::string_view, 5> kWords{"trace", "debug", "info", "warning", "error"};
    return kWords[static_cast<std::size_t>(level)];
}

std::string field_text(const Field& field)
{
    if (is_hidden(field)) {
        return "***";
    }
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
        return shortened(*text, kMostValue);
    }
    if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
        return std::to_string(*number);
    }
    if (const auto* flag = std::get_if<bool>(&field.value)) {
        return *flag ? "true" : "false";
    }
    const double number = std::get<double>(field.value);
    return std::isfinite(number) ? fmt::format("{}", number) : "null";
}

std::string plain(std::string_view text)
{
    std::string result;
    append_plain(result, text);
    return result;
}

std::string plain_message(const Event& event)
{
    return plain(shortened(event.message, kMostMessage));
}

std::string json_line(const Event& event)
{
    auto line = fmt::format(R"({{"time":"{}","level":"{}","message":)", to_rfc3339(event.at), level_word(event.level));
    append_json(line, shortened(event.message, kMostMessage));
    if (!event.request.empty()) {
        line += ",\"request\":";
        append_json(line, event.request);
    }
    for (const Field& field : event.fields) {
        line += ',';
        append_json(line, field.name);
        line += ':';
        append_json_value(line, field);
    }
    return line + '}';
}

std::string text_line(const Event& event)
{
    auto line = fmt::format("{} {:7} ", to_rfc3339(event.at), level_word(event.level));
    line += plain_message(event);
    for (const Field& field : event.fields) {
        line += ' ';
        append_plain(line, field.name);
        line += '=';
        append_plain(line, field_text(field));
    }
    if (!event.request.empty()) {
        line += " request=";
        append_plain(line, event.request);
    }
    return line;
}

}  // namespace ss::observe

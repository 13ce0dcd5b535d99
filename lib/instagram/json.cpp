// Careful reading of Meta's JSON.

#include "json.hpp"

#include <ss/text.hpp>

#include <algorithm>

namespace ss::instagram {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// Without a parser, so that the depth is known before anything recurses or is allocated.
bool is_too_deep(std::string_view text)
{
    int depth = 0;
    bool in_string = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (in_string) {
            at += c == '\\' ? 1 : 0;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > kMaxDepth) {
                return true;
            }
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return false;
}

// How many bytes from `at` are one valid UTF-8 character; 0: none.
std::size_t valid_bytes(std::string_view text, std::size_t at)
{
    for (std::size_t size = 1; size <= 4 && at + size <= text.size(); ++size) {
        if (is_valid_utf8(text.substr(at, size))) {
            return size;
        }
    }
    return 0;
}

// The value of the \uXXXX at `at`, or nothing.
std::optional<unsigned> escape_at(std::string_view text, std::size_t at)
{
    if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') {
        return std::nullopt;
    }
    unsigned value = 0;
    for (const char c : text.substr(at + 2, 4)) {
        const auto digit =
            std::string_view{"0123456789abcdef"}.find(c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c);
        if (digit == std::string_view::npos) {
            return std::nullopt;
        }
        value = value * 16 + static_cast<unsigned>(digit);
    }
    return value;
}

bool is_high(unsigned value)
{
    return value >= 0xd800 && value <= 0xdbff;
}

bool is_low(unsigned value)
{
    return value >= 0xdc00 && value <= 0xdfff;
}

std::string repaired(std::string_view text)
{
    std::string out;
    out.reserve(text.size() + 8);
    for (std::size_t at = 0; at < text.size();) {
        if (const auto value = escape_at(text, at)) {
            const auto next = escape_at(text, at + 6);
            const bool is_pair = is_high(*value) && next && is_low(*next);
            const bool is_lone = !is_pair && (is_high(*value) || is_low(*value));
            out += is_lone ? kReplacement : text.substr(at, is_pair ? 12 : 6);
            at += is_pair ? 12 : 6;
        } else if (text[at] == '\\' && at + 1 < text.size()) {
            out += text.substr(at, 2);
            at += 2;
        } else if (const auto size = valid_bytes(text, at); size > 0) {
            out += text.substr(at, size);
            at += size;
        } else {
            out += kReplacement;
            ++at;
        }
    }
    return out;
}

std::string without_nul(std::string text)
{
    if (text.find('\0') == std::string::npos) {
        return text;
    }
    std::string out;
    for (const char c : text) {
        out += c == '\0' ? kReplacement : std::string_view{&c, 1};
    }
    return out;
}

std::optional<Timestamp> time_of_number(std::int64_t number)
{
    constexpr std::int64_t kMilliseconds = 100'000'000'000;      // as seconds: the year 5138
    constexpr std::int64_t kMicroseconds = 100'000'000'000'000;  // as milliseconds: the same
    constexpr std::int64_t kNonsense = 100'000'000'000'000'000;
    if (number <= 0 || number >= kNonsense) {
        return std::nullopt;
    }
    const std::int64_t factor = number < kMilliseconds ? 1'000'000 : number < kMicroseconds ? 1'000 : 1;
    return from_micros(number * factor);
}

}  // namespace

json parse_json(std::string_view text)
{
    if (is_too_deep(text)) {
        return json(json::value_t::discarded);
    }
    auto parsed = json::parse(text, nullptr, false);
    return parsed.is_discarded() ? json::parse(repaired(text), nullptr, false) : parsed;
}

const json& member(const json& object, std::string_view key)
{
    static const json kNull;
    if (!object.is_object()) {
        return kNull;
    }
    const auto found = object.find(key);
    return found == object.end() ? kNull : *found;
}

std::string text_of(const json& object, std::string_view key)
{
    const auto& value = member(object, key);
    if (value.is_string()) {
        return without_nul(value.get<std::string>());
    }
    return value.is_number_integer() ? value.dump() : std::string{};
}

std::optional<std::int64_t> integer_of(const json& object, std::string_view key)
{
    return to_integer(text_of(object, key));
}

bool flag_of(const json& object, std::string_view key)
{
    const auto& value = member(object, key);
    return value.is_boolean() ? value.get<bool>() : text_of(object, key) == "true" || text_of(object, key) == "1";
}

std::optional<Timestamp> time_of(const json& object, std::string_view key)
{
    const auto& value = member(object, key);
    if (value.is_number_float()) {
        const auto number = value.get<double>();
        return number > 0 && number < 1e15 ? time_of_number(static_cast<std::int64_t>(number)) : std::nullopt;
    }
    const auto text = text_of(object, key);
    if (const auto number = to_integer(text)) {
        return time_of_number(*number);
    }
    const auto parsed = parse_rfc3339(text);
    return parsed ? std::optional{*parsed} : std::nullopt;
}

std::string dump(const json& value)
{
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace ss::instagram

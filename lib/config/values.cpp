// Text to typed values and back, by the type a row names.
#include "values.hpp"

#include "units.hpp"
#include "url.hpp"

#include <ss/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>

namespace ss::config {
namespace {

using Parsed = std::expected<Value, Complaint>;

std::unexpected<Complaint> complain(std::string message, std::string hint = {})
{
    return std::unexpected(Complaint{std::move(message), std::move(hint)});
}

std::string in_quotes(std::string_view text)
{
    constexpr std::size_t kMost = 60;
    return fmt::format("\"{}{}\"", printable(text.substr(0, kMost)), text.size() > kMost ? "…" : "");
}

std::optional<std::int64_t> to_number(Type type, std::string_view text)
{
    switch (type) {
        case Type::duration:
            return parse_units(text, kDurations);
        case Type::size:
            return parse_units(text, kSizes);
        default:
            return parse_units(text, kNone);
    }
}

std::optional<Complaint> outside_limits(const Setting& setting, Type measure, std::int64_t number)
{
    const auto [least, most] = split_limits(setting.limits);
    if (least.empty() || (number >= *to_number(measure, least) && number <= *to_number(measure, most))) {
        return std::nullopt;
    }
    return Complaint{"out of range", fmt::format("from {} to {}", least, most)};
}

Parsed parse_number(const Setting& setting, std::string_view text)
{
    const auto number = to_number(setting.type, text);
    if (!number) {
        const auto hint = setting.type == Type::duration
                              ? "a whole number with its unit, as \"500ms\", \"30s\", \"15m\", \"24h\", \"60d\""
                          : setting.type == Type::size
                              ? "a whole number, with a unit if need be, as \"64KiB\" or \"10MiB\""
                              : "a whole number";
        return complain(fmt::format("{} is not {}", in_quotes(text), type_word(setting.type)), hint);
    }
    if (auto complaint = outside_limits(setting, setting.type, *number)) {
        complaint->message = fmt::format("{} is out of range", in_quotes(text));
        return std::unexpected(*complaint);
    }
    if (setting.type == Type::duration) {
        return Value{std::chrono::milliseconds{*number}};
    }
    return Value{*number};
}

Parsed parse_boolean(std::string_view text)
{
    const auto word = to_lower_ascii(text);
    if (word == "true" || word == "1" || word == "yes" || word == "on") {
        return Value{true};
    }
    if (word == "false" || word == "0" || word == "no" || word == "off") {
        return Value{false};
    }
    return complain(fmt::format("{} is neither true nor false", in_quotes(text)), "true or false");
}

Parsed parse_choice(const Setting& setting, std::string_view text)
{
    const auto words = split(setting.limits, '|');
    if (std::ranges::find(words, text) != words.end()) {
        return Value{std::string{text}};
    }
    const auto near = closest(text, words);
    auto hint = near ? fmt::format("did you mean \"{}\"?", *near) : fmt::format("one of: {}", fmt::join(words, ", "));
    return complain(fmt::format("{} is not a choice", in_quotes(text)), std::move(hint));
}

Parsed parse_web_url(std::string_view text)
{
    const auto url = parse_url(text);
    if (!url || (url->scheme != "http" && url->scheme != "https")) {
        return complain(fmt::format("{} is not a web address",
                                    in_quotes(text.find('@') == std::string_view::npos ? std::string{text}
                                                                                       : without_password(text))),
                        "as \"https://shop.example\"");
    }
    if (!url->user.empty()) {
        return complain("a web address must not hold a user name or password", "write it without \"user:password@\"");
    }
    if (text.ends_with('/')) {
        return complain(fmt::format("{} ends with a slash", in_quotes(text)),
                        fmt::format("write {}", in_quotes(text.substr(0, text.size() - 1))));
    }
    return Value{std::string{text}};
}

Parsed parse_secret(const Setting& setting, std::string_view text)
{
    if (auto complaint = outside_limits(setting, Type::integer, static_cast<std::int64_t>(text.size()))) {
        complaint->message = fmt::format("this secret has {} bytes", text.size());
        complaint->hint += " bytes; `openssl rand -base64 48` makes one";
        return std::unexpected(*complaint);
    }
    return Value{Secret{std::string{text}}};
}

bool may_be_empty(Type type)
{
    return type == Type::text || type == Type::path || type == Type::list || is_secret(type);
}

template <class Number>
std::string number_with_unit(Number number, std::span<const Unit> units)
{
    for (const Unit& unit : units) {
        if (unit.factor > 1 && number != 0 && number % unit.factor == 0) {
            return fmt::format("{}{}", number / unit.factor, unit.name);
        }
    }
    return std::to_string(number);
}

std::string duration_text(std::chrono::milliseconds value)
{
    const auto text = number_with_unit(value.count(), kDurations);
    return text.find_first_not_of("-0123456789") == std::string::npos ? text + (value.count() == 0 ? "s" : "ms") : text;
}

std::string size_text(std::int64_t value)
{
    return number_with_unit(value, std::span{kSizes}.first(3));
}

std::string joined(const std::vector<Secret>& secrets)
{
    std::string text;
    for (const Secret& secret : secrets) {
        text += (text.empty() ? "" : ",");
        text += secret.reveal();
    }
    return text;
}

}  // namespace

std::string_view type_word(Type type)
{
    switch (type) {
        case Type::text:
            return "a text";
        case Type::choice:
            return "one of some words";
        case Type::url:
            return "a web address";
        case Type::integer:
            return "a whole number";
        case Type::size:
            return "a size";
        case Type::duration:
            return "a duration";
        case Type::boolean:
            return "true or false";
        case Type::path:
            return "a path";
        case Type::list:
            return "a list of texts";
        case Type::secret:
            return "a secret";
        case Type::secret_url:
            return "an address that may hold a password";
        case Type::secret_list:
            return "a list of secrets";
    }
    return "";
}

Value empty_value(Type type)
{
    switch (type) {
        case Type::integer:
        case Type::size:
            return std::int64_t{0};
        case Type::duration:
            return std::chrono::milliseconds{0};
        case Type::boolean:
            return false;
        case Type::path:
            return std::filesystem::path{};
        case Type::list:
            return std::vector<std::string>{};
        case Type::secret:
        case Type::secret_url:
            return Secret{};
        case Type::secret_list:
            return std::vector<Secret>{};
        default:
            return std::string{};
    }
}

std::expected<Value, Complaint> parse_entries(const Setting& setting, const std::vector<std::string>& entries)
{
    if (auto complaint = outside_limits(setting, Type::integer, static_cast<std::int64_t>(entries.size()))) {
        complaint->message = fmt::format("{} entries", entries.size());
        return std::unexpected(*complaint);
    }
    if (setting.type == Type::secret_list) {
        std::vector<Secret> secrets;
        for (const auto& entry : entries) {
            secrets.emplace_back(entry);
        }
        return Value{std::move(secrets)};
    }
    return Value{entries};
}

std::expected<Value, Complaint> parse_value(const Setting& setting, std::string_view text)
{
    if (!is_valid_utf8(text) ||
        std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; })) {
        return complain("holds a control character or bytes that are not UTF-8");
    }
    if (text.empty() && may_be_empty(setting.type)) {
        return empty_value(setting.type);
    }
    switch (setting.type) {
        case Type::integer:
        case Type::size:
        case Type::duration:
            return parse_number(setting, text);
        case Type::boolean:
            return parse_boolean(text);
        case Type::choice:
            return parse_choice(setting, text);
        case Type::url:
            return parse_web_url(text);
        case Type::path:
            return Value{std::filesystem::path{text}};
        case Type::secret:
            return parse_secret(setting, text);
        case Type::secret_url:
            return Value{Secret{std::string{text}}};
        case Type::list:
        case Type::secret_list: {
            std::vector<std::string> entries;
            for (const auto entry : split(text, ',')) {
                if (!trim(entry).empty()) {
                    entries.emplace_back(trim(entry));
                }
            }
            return parse_entries(setting, entries);
        }
        case Type::text:
            break;
    }
    return Value{std::string{text}};
}

bool same_value(const Value& left, const Value& right)
{
    return std::visit(
        [&right](const auto& value) {
            using T = std::decay_t<decltype(value)>;
            const auto& other = std::get<T>(right);
            if constexpr (std::is_same_v<T, Secret>) {
                return value.reveal() == other.reveal();
            } else if constexpr (std::is_same_v<T, std::vector<Secret>>) {
                return joined(value) == joined(other);
            } else {
                return value == other;
            }
        },
        left);
}

std::string Settings::written(std::size_t index) const
{
    const Type type = kSettings[index].type;
    const Value& value = values_[index];
    switch (type) {
        case Type::integer:
            return std::to_string(std::get<std::int64_t>(value));
        case Type::size:
            return size_text(std::get<std::int64_t>(value));
        case Type::duration:
            return duration_text(std::get<std::chrono::milliseconds>(value));
        case Type::boolean:
            return std::get<bool>(value) ? "true" : "false";
        case Type::path:
            return std::get<std::filesystem::path>(value).string();
        case Type::list:
            return fmt::format("{}", fmt::join(std::get<std::vector<std::string>>(value), ","));
        case Type::secret:
        case Type::secret_url:
            return std::string{std::get<Secret>(value).reveal()};
        case Type::secret_list:
            return joined(std::get<std::vector<Secret>>(value));
        default:
            return std::get<std::string>(value);
    }
}

std::string Settings::shown(std::size_t index) const
{
    const Type type = kSettings[index].type;
    if (is_empty(index) || !is_secret(type)) {
        return written(index);
    }
    if (type == Type::secret_url) {
        return without_password(written(index));
    }
    if (type == Type::secret) {
        return fmt::format("(set, {})", fingerprint(written(index)));
    }
    std::string text;
    for (const Secret& secret : std::get<std::vector<Secret>>(values_[index])) {
        // "id:key": the id is no secret, and tells which key this is.
        const auto colon = secret.reveal().find(':');
        const auto id =
            colon == std::string_view::npos ? std::string{} : printable(secret.reveal().substr(0, colon)) + ":";
        text += fmt::format("{}{}(set, {})", text.empty() ? "" : ", ", id, fingerprint(secret.reveal()));
    }
    return text;
}

bool Settings::is_empty(std::size_t index) const
{
    switch (kSettings[index].type) {
        case Type::integer:
        case Type::size:
        case Type::duration:
        case Type::boolean:
            return false;
        default:
            return written(index).empty();
    }
}

}  // namespace ss::config

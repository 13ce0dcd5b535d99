// The row's fields are the only values a request may carry: unknown names, wrong types and ranges are refused here.
#include "validate.hpp"

#include "strict_json.hpp"

#include <ss/text.hpp>
#include <ss/time.hpp>

#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>

namespace ss::http {
namespace {

using nlohmann::json;

constexpr auto kNoMinimum = std::numeric_limits<std::int64_t>::min();
constexpr auto kNoMaximum = std::numeric_limits<std::int64_t>::max();

/// Collects the errors of one request under their places.
class Report {
public:
    explicit Report(std::vector<Error>& errors) : errors_{errors} {}

    void add(std::string where, std::string message, std::string hint = {})
    {
        if (errors_.size() < kMaxReportedErrors) {
            errors_.push_back({Errc::invalid, std::move(message), std::move(hint), std::move(where), {}});
        }
    }

private:
    std::vector<Error>& errors_;
};

std::string range_words(const Field& field, std::string_view unit)
{
    if (field.minimum == kNoMinimum) {
        return fmt::format("at most {}{}", field.maximum, unit);
    }
    if (field.maximum == kNoMaximum) {
        return fmt::format("at least {}{}", field.minimum, unit);
    }
    return fmt::format("{} to {}{}", field.minimum, field.maximum, unit);
}

bool out_of_range(const Field& field, std::int64_t value)
{
    return value < field.minimum || value > field.maximum;
}

void check_integer(const Field& field, std::int64_t value, std::string where, Report& report)
{
    if (out_of_range(field, value)) {
        report.add(std::move(where), fmt::format("must be {}", range_words(field, "")));
    }
}

void check_number(const Field& field, double value, std::string where, Report& report)
{
    const bool low = field.minimum != kNoMinimum && value < static_cast<double>(field.minimum);
    const bool high = field.maximum != kNoMaximum && value > static_cast<double>(field.maximum);
    if (!std::isfinite(value) || low || high) {
        report.add(std::move(where), fmt::format("must be {}", range_words(field, "")));
    }
}

std::string list_words(const std::vector<std::string_view>& values)
{
    std::string words;
    for (const auto value : values) {
        words += words.empty() ? "" : ", ";
        words += value;
    }
    return words;
}

void check_string(const Field& field, const std::string& value, std::string where, Report& report)
{
    if (value.find('\0') != std::string::npos) {
        return report.add(std::move(where), "must not contain the character U+0000");
    }
    if (!is_valid_utf8(value)) {
        return report.add(std::move(where), "must be valid UTF-8");
    }
    if (out_of_range(field, static_cast<std::int64_t>(count_code_points(value)))) {
        return report.add(std::move(where), fmt::format("must have {}", range_words(field, " characters")));
    }
    if (!field.values.empty() && std::ranges::find(field.values, std::string_view{value}) == field.values.end()) {
        const auto near = closest(value, field.values);
        report.add(std::move(where), fmt::format("must be one of: {}", list_words(field.values)),
                   near ? fmt::format("did you mean {}?", *near) : std::string{});
    }
}

void check_timestamp(const std::string& value, std::string where, Report& report)
{
    if (!parse_rfc3339(value)) {
        report.add(std::move(where), "must be a time as 2026-11-23T19:03:44Z (RFC 3339)");
    }
}

std::optional<double> to_number(std::string_view text)
{
    double value = 0;
    const auto* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc{} && stop == end ? std::optional{value} : std::nullopt;
}

/// A path or query value, which is text until its row says what it is.
void check_text_value(const Field& field, const std::string& value, const std::string& where, Report& report)
{
    switch (field.type) {
        case Type::integer:
            if (const auto number = to_integer(value)) {
                return check_integer(field, *number, where, report);
            }
            return report.add(where, "must be a whole number");
        case Type::number:
            if (const auto number = to_number(value)) {
                return check_number(field, *number, where, report);
            }
            return report.add(where, "must be a number");
        case Type::boolean:
            if (value != "true" && value != "false") {
                report.add(where, "must be true or false");
            }
            return;
        case Type::timestamp:
            return check_timestamp(value, where, report);
        default:
            return check_string(field, value, where, report);
    }
}

const Field* find_field(std::span<const Field> fields, std::string_view name, In in)
{
    const auto found =
        std::ranges::find_if(fields, [&](const Field& field) { return field.in == in && field.name == name; });
    return found == fields.end() ? nullptr : &*found;
}

std::vector<std::string_view> names_of(std::span<const Field> fields, In in)
{
    std::vector<std::string_view> names;
    for (const auto& field : fields) {
        if (field.in == in) {
            names.push_back(field.name);
        }
    }
    return names;
}

void report_unknown(std::string where, std::string_view name, std::span<const std::string_view> known, Report& report)
{
    const auto near = closest(name, known);
    report.add(std::move(where), "is not a field of this request",
               near ? fmt::format("did you mean {}?", *near) : std::string{});
}

/// Objects and arrays with their schemas, as deep as the table says.
class BodyCheck {
public:
    BodyCheck(const Schemas& schemas, Report& report) : schemas_{schemas}, report_{report} {}

    void object(std::span<const Field> fields, const json& value, const std::string& where)
    {
        for (const auto& [name, member] : value.items()) {
            if (const auto* field = find_field(fields, name, In::body)) {
                one(*field, member, pointer_to(where, name));
            } else {
                report_unknown(pointer_to(where, name), name, names_of(fields, In::body), report_);
            }
        }
        for (const auto& field : fields) {
            if (field.in == In::body && field.required && !value.contains(field.name)) {
                report_.add(pointer_to(where, field.name), "is required");
            }
        }
    }

private:
    void one(const Field& field, const json& value, const std::string& where)
    {
        if (value.is_null() && field.nullable) {
            return;
        }
        switch (field.type) {
            case Type::integer:
                return integer(field, value, where);
            case Type::number:
                return value.is_number() ? check_number(field, value.get<double>(), where, report_)
                                         : report_.add(where, "must be a number");
            case Type::boolean:
                return value.is_boolean() ? void() : report_.add(where, "must be true or false");
            case Type::string:
                return value.is_string() ? check_string(field, value.get_ref<const std::string&>(), where, report_)
                                         : report_.add(where, "must be a string");
            case Type::timestamp:
                return value.is_string() ? check_timestamp(value.get_ref<const std::string&>(), where, report_)
                                         : report_.add(where, "must be a string with a time");
            case Type::object:
                return value.is_object() ? nested(field, value, where) : report_.add(where, "must be an object");
            case Type::array:
                return value.is_array() ? elements(field, value, where) : report_.add(where, "must be an array");
        }
    }

    void integer(const Field& field, const json& value, const std::string& where)
    {
        if (!value.is_number_integer()) {
            return report_.add(where, "must be a whole number");
        }
        if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(kNoMaximum)) {
            return report_.add(where, "is too large a number");
        }
        check_integer(field, value.get<std::int64_t>(), where, report_);
    }

    void nested(const Field& field, const json& value, const std::string& where)
    {
        if (const auto schema = schemas_.find(field.schema); schema != schemas_.end()) {
            object(schema->second->fields, value, where);
        }
    }

    void elements(const Field& field, const json& value, const std::string& where)
    {
        if (out_of_range(field, static_cast<std::int64_t>(value.size()))) {
            report_.add(where, fmt::format("must have {}", range_words(field, " elements")));
            return;
        }
        Field element{
            .name = field.name, .type = Type::object, .about = field.about, .schema = field.schema, .values = {}};
        if (field.schema.empty()) {
            return;
        }
        if (field.schema == "string") {
            element.type = Type::string;
            element.values = field.values;
        } else if (field.schema == "integer") {
            element.type = Type::integer;
        } else if (field.schema == "number") {
            element.type = Type::number;
        } else if (field.schema == "boolean") {
            element.type = Type::boolean;
        }
        std::size_t index = 0;
        for (const auto& item : value) {
            one(element, item, pointer_to(where, std::to_string(index++)));
        }
    }

    const Schemas& schemas_;
    Report& report_;
};

}  // namespace

void check_values(const Route& route, const Request& request, std::vector<Error>& errors)
{
    Report report{errors};
    for (const auto& [name, value] : request.path_values) {
        if (const auto* field = find_field(route.fields, name, In::path)) {
            check_text_value(*field, value, "{" + name + "}", report);
        }
    }
    for (auto pair = request.query_values.begin(); pair != request.query_values.end(); ++pair) {
        const auto& [name, value] = *pair;
        const auto where = "?" + name;
        const auto* field = find_field(route.fields, name, In::query);
        if (field == nullptr) {
            report_unknown(where, name, names_of(route.fields, In::query), report);
        } else if (std::any_of(request.query_values.begin(), pair, [&](const auto& b) { return b.first == name; })) {
            report.add(where, "stands there twice");
        } else {
            check_text_value(*field, value, where, report);
        }
    }
    for (const auto& field : route.fields) {
        const bool given =
            std::ranges::any_of(request.query_values, [&](const auto& b) { return b.first == field.name; });
        if (field.in == In::query && field.required && !given) {
            report.add("?" + std::string{field.name}, "is required");
        }
    }
}

void check_body(const Route& route, const Schemas& schemas, const json& body, std::vector<Error>& errors)
{
    Report report{errors};
    if (!body.is_object()) {
        return report.add("/", "the body must be a JSON object");
    }
    BodyCheck{schemas, report}.object(route.fields, body, "");
}

}  // namespace ss::http

// What a handler reads from a request.
#include <ss/http.hpp>
#include <ss/text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace ss::http {
namespace {

const std::string* find_value(const std::vector<std::pair<std::string, std::string>>& values, std::string_view name)
{
    const auto found = std::find_if(values.begin(), values.end(), [&](const auto& pair) { return pair.first == name; });
    return found == values.end() ? nullptr : &found->second;
}

const std::string* find_value(const Request& request, std::string_view name)
{
    if (const auto* value = find_value(request.path_values, name)) {
        return value;
    }
    return find_value(request.query_values, name);
}

}  // namespace

std::string_view Request::header(std::string_view lower_case_name) const
{
    for (const auto& [name, value] : headers) {
        if (name == lower_case_name) {
            return value;
        }
    }
    return {};
}

std::string_view Request::sole_header(std::string_view lower_case_name) const
{
    return std::ranges::count(headers, lower_case_name, &Header::name) == 1 ? header(lower_case_name)
                                                                            : std::string_view{};
}

std::string_view Request::text(std::string_view name) const
{
    const auto* value = find_value(*this, name);
    return value == nullptr ? std::string_view{} : std::string_view{*value};
}

std::optional<std::string> Request::optional_text(std::string_view name) const
{
    const auto* value = find_value(*this, name);
    return value == nullptr ? std::nullopt : std::optional{*value};
}

std::int64_t Request::number(std::string_view name, std::int64_t otherwise) const
{
    const auto* value = find_value(*this, name);
    return value == nullptr ? otherwise : to_integer(*value).value_or(otherwise);
}

const nlohmann::json& Request::json() const
{
    static const nlohmann::json kEmpty = nlohmann::json::object();
    return parsed ? *parsed : kEmpty;
}

}  // namespace ss::http

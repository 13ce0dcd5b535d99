#pragma once
/// Fields and JSON forms that several resources share.

#include <ss/http.hpp>
#include <ss/time.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ss::daemon {

[[nodiscard]] inline nlohmann::json or_null(std::optional<Timestamp> at)
{
    return at ? nlohmann::json(to_rfc3339(*at)) : nlohmann::json(nullptr);
}

[[nodiscard]] inline nlohmann::json or_null(std::optional<std::int64_t> number)
{
    return number ? nlohmann::json(*number) : nlohmann::json(nullptr);
}

/// The body of a list: {"items":[…],"next":"…"}; `next` is null on the last page.
template <class T, class ToJson>
[[nodiscard]] http::Response page_response(const T& page, ToJson&& to_json)
{
    auto items = nlohmann::json::array();
    for (const auto& item : page.items) {
        items.push_back(to_json(item));
    }
    return http::json_response(200,
                               {{"items", std::move(items)},
                                {"next", page.next.empty() ? nlohmann::json(nullptr) : nlohmann::json(page.next)}});
}

/// The schema of such a list.
[[nodiscard]] inline http::Schema list_schema(std::string_view name, std::string_view item)
{
    return {.name = name,
            .about = "A page, and where the next one begins.",
            .fields = {
                {.name = "items", .type = http::Type::array, .schema = item},
                {.name = "next", .about = "give it back as `cursor`; null: this is the last page", .nullable = true}}};
}

[[nodiscard]] inline http::Field id_field(std::string_view about)
{
    return {.name = "id",
            .in = http::In::path,
            .type = http::Type::integer,
            .about = about,
            .required = true,
            .minimum = 1};
}

[[nodiscard]] inline http::Field cursor_field()
{
    return {.name = "cursor", .in = http::In::query, .about = "`next` of the page before", .maximum = 500};
}

[[nodiscard]] inline http::Field limit_field()
{
    return {.name = "limit",
            .in = http::In::query,
            .type = http::Type::integer,
            .about = "1 to 100, default 50",
            .minimum = 1,
            .maximum = 100};
}

/// A query value that names a row of ours, when it was given.
template <class Id>
[[nodiscard]] std::optional<Id> optional_id(const http::Request& request, std::string_view name)
{
    const auto value = request.number(name);
    return value == 0 ? std::nullopt : std::optional{Id{value}};
}

/// A body text; empty when absent or null.
[[nodiscard]] inline std::string body_text(const http::Request& request, std::string_view name)
{
    const auto& body = request.json();
    const auto found = body.find(name);
    return found == body.end() || found->is_null() ? std::string{} : found->template get<std::string>();
}

/// A timestamp that the router has validated.
[[nodiscard]] inline std::optional<Timestamp> optional_time(std::string_view text)
{
    const auto at = parse_rfc3339(text);
    return at ? std::optional{*at} : std::nullopt;
}

}  // namespace ss::daemon

#pragma once
/// One call to the pretend Graph API, taken apart, and what is answered.

#include "world.hpp"

#include <httplib.h>

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace ss::sandbox {

struct Answer {
    int status = 200;
    std::string body{};
    std::string content_type = "application/json; charset=UTF-8";
    std::string location{};
};

[[nodiscard]] Answer answer(const json& body);
[[nodiscard]] Answer answer(const GraphError& error);
[[nodiscard]] json to_json(const GraphError& error);

/// Query, form (urlencoded or multipart) and JSON body in one object, as Graph accepts them all.
struct Call {
    std::string method;
    std::vector<std::string> path;  ///< Without the version.
    json fields = json::object();
    std::string bearer;

    explicit Call(const httplib::Request& request);

    [[nodiscard]] std::string text(std::string_view name) const;  ///< "" when absent; numbers as text.
    [[nodiscard]] json object(std::string_view name) const;       ///< Also when it came as JSON inside a form field.
    [[nodiscard]] std::vector<std::string> list(std::string_view name) const;  ///< Array, repeated or comma-separated.
    [[nodiscard]] std::string token() const;
};

/// The account's token, with `scope` granted (empty: any). Errors: 104, 190, 10.
[[nodiscard]] std::expected<Token, GraphError> authorize(const World& world, const Call& call, std::string_view scope);

/// `fields=a,b{c},d.limit(5){e}`
struct Field {
    std::string name;
    int limit = 0;
    std::vector<Field> children;
};
[[nodiscard]] std::vector<Field> parse_fields(std::string_view text);

/// Only what was asked for (and `id`). Errors: (#100) for a name not in `known`.
[[nodiscard]] std::expected<json, GraphError> select_fields(const json& object, const std::vector<Field>& fields,
                                                            const std::vector<std::string_view>& known);

}  // namespace ss::sandbox

// OpenAPI 3.1 and the Markdown list, printed from the table.
#include "router_table.hpp"

#include <ss/http.hpp>

#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <map>
#include <set>

namespace ss::http {
namespace {

using json = nlohmann::ordered_json;

constexpr auto kNoMinimum = std::numeric_limits<std::int64_t>::min();
constexpr auto kNoMaximum = std::numeric_limits<std::int64_t>::max();

std::string reference(std::string_view schema)
{
    return "#/components/schemas/" + std::string{schema};
}

std::string_view type_name(Type type)
{
    switch (type) {
        case Type::integer:
            return "integer";
        case Type::number:
            return "number";
        case Type::boolean:
            return "boolean";
        case Type::object:
            return "object";
        case Type::array:
            return "array";
        default:
            return "string";
    }
}

void add_range(json& schema, const Field& field, const char* minimum, const char* maximum)
{
    if (field.minimum != kNoMinimum) {
        schema[minimum] = field.minimum;
    }
    if (field.maximum != kNoMaximum) {
        schema[maximum] = field.maximum;
    }
}

bool is_scalar_name(std::string_view name)
{
    constexpr std::array<std::string_view, 4> kScalars{"string", "integer", "number", "boolean"};
    return std::ranges::find(kScalars, name) != kScalars.end();
}

json element_schema(const Field& field)
{
    if (field.schema.empty()) {
        return json::object();
    }
    if (!is_scalar_name(field.schema)) {
        return {{"$ref", reference(field.schema)}};
    }
    json element{{"type", field.schema}};
    if (!field.values.empty()) {
        element["enum"] = field.values;
    }
    return element;
}

json bare_schema(const Field& field)
{
    if (field.type == Type::object && !field.schema.empty()) {
        return {{"$ref", reference(field.schema)}};
    }
    json schema{{"type", type_name(field.type)}};
    if (field.type == Type::integer) {
        schema["format"] = "int64";
    }
    if (field.type == Type::timestamp) {
        schema["format"] = "date-time";
    }
    if (field.type == Type::integer || field.type == Type::number) {
        add_range(schema, field, "minimum", "maximum");
    }
    if (field.type == Type::string) {
        add_range(schema, field, "minLength", "maxLength");
        if (!field.values.empty()) {
            schema["enum"] = field.values;
        }
    }
    if (field.type == Type::array) {
        add_range(schema, field, "minItems", "maxItems");
        schema["items"] = element_schema(field);
    }
    return schema;
}

json field_schema(const Field& field)
{
    auto schema = bare_schema(field);
    if (field.nullable) {
        schema = {{"anyOf", json::array({schema, {{"type", "null"}}})}};
    }
    return schema;
}

json object_schema(std::span<const Field> fields, bool closed)
{
    json properties = json::object();
    json required = json::array();
    for (const auto& field : fields) {
        if (field.in != In::body) {
            continue;
        }
        auto schema = field_schema(field);
        if (!field.about.empty()) {
            schema["description"] = field.about;
        }
        properties[std::string{field.name}] = std::move(schema);
        if (field.required) {
            required.push_back(field.name);
        }
    }
    json schema{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) {
        schema["required"] = std::move(required);
    }
    if (closed) {
        schema["additionalProperties"] = false;
    }
    return schema;
}

json problem_schema()
{
    const auto text = [](std::string_view about) { return json{{"type", "string"}, {"description", about}}; };
    json codes = json::array();
    for (const auto& row : error_table()) {
        codes.push_back(row.name);
    }
    json place{{"type", "object"},
               {"properties", {{"where", text("Which field.")}, {"detail", text("What is wrong with it.")}}}};
    json properties{
        {"type", text("A URN that ends in the code.")},
        {"title", text("What the code means.")},
        {"status", {{"type", "integer"}}},
        {"detail", text("What happened this time.")},
        {"code", {{"type", "string"}, {"enum", std::move(codes)}}},
        {"hint", text("What to try.")},
        {"where", text("A JSON pointer into the body, ?name of the query, {name} of the path, or a header.")},
        {"request_id", text("Also in X-Request-Id and in the server's log.")},
        {"errors", {{"type", "array"}, {"items", std::move(place)}}}};
    return {{"type", "object"},
            {"description", "RFC 9457 problem document."},
            {"properties", std::move(properties)},
            {"required", {"type", "title", "status", "detail", "code", "request_id"}}};
}

json parameters(const Route& route)
{
    json list = json::array();
    for (const auto& field : route.fields) {
        if (field.in != In::body) {
            list.push_back({{"name", field.name},
                            {"in", field.in == In::path ? "path" : "query"},
                            {"required", field.in == In::path || field.required},
                            {"description", field.about},
                            {"schema", field_schema(field)}});
        }
    }
    if (takes_idempotency_key(route)) {
        list.push_back({{"$ref", "#/components/parameters/IdempotencyKey"}});
    }
    return list;
}

std::set<int> error_statuses(const Route& route)
{
    std::set<int> statuses{400, 429, 500, 503};
    if (route.access != Access::open) {
        statuses.insert({401, 403});
    }
    if (!route.returns.empty()) {
        statuses.insert(406);
    }
    if (takes_json(route) || route.raw_body) {
        statuses.insert({413, 415});
    }
    for (const auto code : route.errors) {
        statuses.insert(error_row(code).http_status);
    }
    return statuses;
}

std::string codes_of(const Route& route, int status)
{
    std::string codes;
    for (const auto code : route.errors) {
        const auto& row = error_row(code);
        if (row.http_status == status && codes.find(row.name) == std::string::npos) {
            codes += fmt::format("{}`{}`: {}", codes.empty() ? "" : "; ", row.name, row.sentence);
        }
    }
    return codes.empty() ? "A problem document." : codes;
}

json responses(const Route& route)
{
    json list = json::object();
    json success{{"description", route.about}};
    if (!route.returns.empty()) {
        success["content"] = {{"application/json", {{"schema", {{"$ref", reference(route.returns)}}}}}};
    }
    list[std::to_string(route.success)] = std::move(success);
    for (const auto status : error_statuses(route)) {
        list[std::to_string(status)] = {
            {"description", codes_of(route, status)},
            {"content", {{"application/problem+json", {{"schema", {{"$ref", reference("Problem")}}}}}}}};
    }
    return list;
}

std::string operation_id(const Route& route)
{
    std::string id{method_name(route.method)};
    std::ranges::transform(id, id.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const char c : route.path) {
        const bool letter = std::isalnum(static_cast<unsigned char>(c)) != 0;
        if (letter || (c == '/' && id.back() != '_')) {
            id += letter ? c : '_';
        } else if (c == '.' || c == '-') {
            id += '_';
        }
    }
    return id;
}

std::string_view access_name(Access access)
{
    constexpr std::array<std::string_view, 6> kNames{"open", "viewer", "agent", "admin", "owner", "operations"};
    return kNames[static_cast<std::size_t>(access)];
}

json security(const Route& route)
{
    json list = json::array();
    if (route.access != Access::open) {
        list.push_back({{"bearer", json::array()}});
        if (!route.scope.empty()) {
            list.push_back({{"apiKey", json::array({route.scope})}});
        }
    }
    return list;
}

json operation(const Route& route)
{
    std::string description;
    for (const auto alias : route.aliases) {
        description += fmt::format("{}`{}`", description.empty() ? "Also served as " : ", ", alias);
    }
    json result{{"operationId", operation_id(route)}, {"summary", route.about}, {"tags", {route.tag}}};
    if (!description.empty()) {
        result["description"] = description + ".";
    }
    result["security"] = security(route);
    result["x-access"] = access_name(route.access);
    if (route.per_minute > 0) {
        result["x-per-minute"] = route.per_minute;
    }
    result["parameters"] = parameters(route);
    if (takes_json(route)) {
        const bool required =
            std::ranges::any_of(route.fields, [](const Field& f) { return f.in == In::body && f.required; });
        result["requestBody"] = {{"required", required},
                                 {"content", {{"application/json", {{"schema", object_schema(route.fields, true)}}}}}};
    } else if (route.raw_body) {
        result["requestBody"] = {{"required", true}, {"content", {{"application/octet-stream", json::object()}}}};
    }
    result["responses"] = responses(route);
    return result;
}

/// A reference to nothing makes the document useless; found at start-up and by tests.
void check_references(std::span<const Route> routes, std::span<const Schema> schemas)
{
    std::set<std::string_view> known{"", "Problem", "string", "integer", "number", "boolean"};
    for (const auto& schema : schemas) {
        known.insert(schema.name);
    }
    const auto check = [&](std::string_view name, std::string_view who) {
        if (!known.contains(name)) {
            fmt::print(stderr, "defective table: {} names the schema {}, which is not there\n", who, name);
            std::abort();
        }
    };
    for (const auto& schema : schemas) {
        for (const auto& field : schema.fields) {
            check(field.schema, schema.name);
        }
    }
    for (const auto& route : routes) {
        check(route.returns, route.path);
        for (const auto& field : route.fields) {
            check(field.schema, route.path);
        }
    }
}

json components(std::span<const Schema> schemas)
{
    json list{{"Problem", problem_schema()}};
    for (const auto& schema : schemas) {
        auto object = object_schema(schema.fields, false);
        object["description"] = schema.about;
        list[std::string{schema.name}] = std::move(object);
    }
    json key{{"name", "Idempotency-Key"},
             {"in", "header"},
             {"required", false},
             {"description", "The same key with the same request runs once; later calls get the first answer again."},
             {"schema", {{"type", "string"}, {"minLength", 1}, {"maxLength", 255}}}};
    return {{"schemas", std::move(list)},
            {"parameters", {{"IdempotencyKey", std::move(key)}}},
            {"securitySchemes",
             {{"bearer", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}},
              {"apiKey", {{"type", "apiKey"}, {"in", "header"}, {"name", "X-API-Key"}}}}}};
}

}  // namespace

std::string Router::openapi(std::string_view title, std::string_view version) const
{
    check_references(table_->routes, table_->schemas);
    json paths = json::object();
    for (const auto& route : table_->routes) {
        auto method = std::string{method_name(route.method)};
        std::ranges::transform(method, method.begin(),
                               [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        paths[std::string{route.path}][method] = operation(route);
    }
    const json document{{"openapi", "3.1.0"},
                        {"info", {{"title", title}, {"version", version}}},
                        {"paths", std::move(paths)},
                        {"components", components(table_->schemas)}};
    return document.dump(2) + "\n";
}

std::string Router::markdown() const
{
    std::map<std::string_view, std::vector<const Route*>> tags;
    for (const auto& route : table_->routes) {
        tags[route.tag].push_back(&route);
    }
    std::string text = "# Routes\n";
    for (const auto& [tag, rows] : tags) {
        text += fmt::format("\n## {}\n\n| call | what it does | access | also as |\n|---|---|---|---|\n", tag);
        for (const auto* route : rows) {
            std::string aliases;
            for (const auto alias : route->aliases) {
                aliases += fmt::format("{}`{}`", aliases.empty() ? "" : " ", alias);
            }
            text += fmt::format("| `{} {}` | {} | {}{} | {} |\n", method_name(route->method), route->path, route->about,
                                access_name(route->access),
                                route->scope.empty() ? "" : fmt::format(", `{}`", route->scope), aliases);
        }
    }
    return text;
}

}  // namespace ss::http

// Calls and answers in Graph's manner.

#include "graph.hpp"

#include <ss/crypto.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace ss::sandbox {
namespace {

std::string as_text(const json& value)
{
    return value.is_string() ? value.get<std::string>() : value.is_null() ? std::string{} : value.dump();
}

bool is_version(std::string_view segment)
{
    return segment.size() > 2 && segment.front() == 'v' &&
           std::ranges::all_of(segment.substr(1), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

void add(json& fields, std::string name, std::string value)
{
    const bool is_array = name.ends_with("[]");
    if (is_array) {
        name.resize(name.size() - 2);
        fields[name].push_back(std::move(value));
    } else {
        fields[name] = std::move(value);
    }
}

std::size_t matching_brace(std::string_view text, std::size_t open)
{
    int depth = 0;
    for (auto at = open; at < text.size(); ++at) {
        depth += text[at] == '{' ? 1 : text[at] == '}' ? -1 : 0;
        if (depth == 0) {
            return at;
        }
    }
    return text.size();
}

Field parse_field(std::string_view text, std::size_t& at)
{
    Field field;
    const auto end = std::min(text.find_first_of(",{.", at), text.size());
    field.name = trim(text.substr(at, end - at));
    at = end;
    while (at < text.size() && text[at] == '.') {  // .limit(5).since(1)
        const auto close = std::min(text.find(')', at), text.size());
        const auto modifier = text.substr(at, close - at);
        if (modifier.starts_with(".limit(")) {
            field.limit = static_cast<int>(to_integer(modifier.substr(7)).value_or(0));
        }
        at = std::min(close + 1, text.size());
    }
    if (at < text.size() && text[at] == '{') {
        const auto close = matching_brace(text, at);
        field.children = parse_fields(text.substr(at + 1, close - at - 1));
        at = std::min(close + 1, text.size());
    }
    return field;
}

json pick(const json& object, const std::vector<Field>& fields)
{
    if (fields.empty()) {
        return object;
    }
    json chosen = json::object();
    if (object.contains("id")) {
        chosen["id"] = object["id"];
    }
    for (const auto& field : fields) {
        const auto found = object.find(field.name);
        if (found == object.end() || found->is_null()) {
            continue;
        }
        json value = *found;
        if (value.is_object() && value.contains("data")) {
            json data = json::array();
            for (const auto& item : value["data"]) {
                if (field.limit == 0 || data.size() < static_cast<std::size_t>(field.limit)) {
                    data.push_back(item.is_object() ? pick(item, field.children) : item);
                }
            }
            value["data"] = std::move(data);
        } else if (value.is_object()) {
            value = pick(value, field.children);
        }
        chosen[field.name] = std::move(value);
    }
    return chosen;
}

}  // namespace

Answer answer(const json& body)
{
    return {.body = body.dump()};
}

json to_json(const GraphError& error)
{
    json object{{"message", error.message}, {"type", error.type}, {"code", error.code}};
    if (error.subcode != 0) {
        object["error_subcode"] = error.subcode;
    }
    if (!error.user_message.empty()) {
        object["is_transient"] = false;
        object["error_user_title"] = error.message;
        object["error_user_msg"] = error.user_message;
    }
    object["fbtrace_id"] = "A" + crypto::random_token(16);
    return {{"error", std::move(object)}};
}

Answer answer(const GraphError& error)
{
    return {.status = error.status, .body = to_json(error).dump()};
}

Call::Call(const httplib::Request& request) : method{request.method}
{
    for (const auto segment : split(std::string_view{request.path}.substr(0, request.path.find('?')), '/')) {
        if (!segment.empty() && !(path.empty() && is_version(segment))) {
            path.emplace_back(segment);
        }
    }
    for (const auto& [name, value] : request.params) {
        add(fields, name, value);
    }
    for (const auto& [name, file] : request.files) {
        add(fields, name, file.content);
    }
    if (request.get_header_value("Content-Type").starts_with("application/json")) {
        const auto body = json::parse(request.body, nullptr, false);
        if (body.is_object()) {
            fields.update(body);
        }
    }
    const auto header = request.get_header_value("Authorization");
    for (const std::string_view scheme : {"Bearer ", "OAuth "}) {
        if (header.starts_with(scheme)) {
            bearer = trim(std::string_view{header}.substr(scheme.size()));
        }
    }
}

std::string Call::text(std::string_view name) const
{
    const auto found = fields.find(name);
    return found == fields.end() ? std::string{} : as_text(*found);
}

json Call::object(std::string_view name) const
{
    const auto found = fields.find(name);
    if (found == fields.end()) {
        return nullptr;
    }
    return found->is_string() ? json::parse(found->get_ref<const std::string&>(), nullptr, false) : *found;
}

std::vector<std::string> Call::list(std::string_view name) const
{
    std::vector<std::string> values;
    const auto value = object(name);
    if (value.is_array()) {
        std::ranges::transform(value, std::back_inserter(values), as_text);
        return values;
    }
    const auto joined = text(name);
    for (const auto part : split(joined, ',')) {
        if (!trim(part).empty()) {
            values.emplace_back(trim(part));
        }
    }
    return values;
}

std::string Call::token() const
{
    return bearer.empty() ? text("access_token") : bearer;
}

std::expected<Token, GraphError> authorize(const World& world, const Call& call, std::string_view scope)
{
    const auto text = call.token();
    if (text.empty()) {
        return std::unexpected(
            GraphError{.code = 104, .message = "An access token is required to request this resource.", .status = 401});
    }
    auto token = world.check_token(text);
    if (!token) {
        return token;
    }
    const auto granted = split(token->scopes, ',');
    if (!scope.empty() && std::ranges::find(granted, scope) == granted.end()) {
        return std::unexpected(GraphError{
            .code = 10, .message = "(#10) Application does not have permission for this action", .status = 403});
    }
    return token;
}

std::vector<Field> parse_fields(std::string_view text)
{
    std::vector<Field> fields;
    for (std::size_t at = 0; at < text.size();) {
        auto field = parse_field(text, at);
        if (!field.name.empty()) {
            fields.push_back(std::move(field));
        }
        at += at < text.size() ? 1 : 0;  // the comma
    }
    return fields;
}

std::expected<json, GraphError> select_fields(const json& object, const std::vector<Field>& fields,
                                              const std::vector<std::string_view>& known)
{
    for (const auto& field : fields) {
        if (std::ranges::find(known, field.name) == known.end()) {
            return std::unexpected(GraphError{
                .code = 100, .message = fmt::format("(#100) Tried accessing nonexisting field ({})", field.name)});
        }
    }
    return fields.empty() ? json{{"id", object["id"]}} : pick(object, fields);
}

}  // namespace ss::sandbox

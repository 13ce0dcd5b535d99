#pragma once
/// A table with one row of each sort.

#include <ss/http.hpp>

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ss::http::test {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

inline Response echo(const Request& request)
{
    json values = json::object();
    for (const auto& [name, value] : request.path_values) {
        values[name] = value;
    }
    return json_response(200, {{"route", request.route}, {"values", values}, {"body", request.json()}});
}

inline Route row(Method method, std::string_view path, std::vector<Field> fields = {})
{
    return {.method = method,
            .path = path,
            .about = "Does a thing.",
            .tag = "things",
            .access = Access::open,
            .scope = {},
            .fields = std::move(fields),
            .returns = {},
            .errors = {},
            .handler = [](const Request& request) -> Result<Response> { return echo(request); },
            .aliases = {}};
}

inline Field field(std::string_view name, In in, Type type)
{
    Field result;
    result.name = name;
    result.in = in;
    result.type = type;
    return result;
}

inline Request call(Method method, std::string path, std::string body = {})
{
    Request request;
    request.method = method;
    request.path = std::move(path);
    request.id = "request-1";
    request.body = std::move(body);
    if (!request.body.empty()) {
        request.headers.push_back({"content-type", "application/json; charset=utf-8"});
    }
    return request;
}

inline json body_of(const Response& response)
{
    return json::parse(response.body);
}

inline std::string header_of(const Response& response, std::string_view name)
{
    for (const auto& header : response.headers) {
        if (header.name == name) {
            return header.value;
        }
    }
    return {};
}

class RouterTest : public testing::Test {
protected:
    RouterTest()
    {
        auto message = row(Method::post, "/messages");
        message.fields = {
            {.name = "text", .about = {}, .required = true, .minimum = 1, .maximum = 5, .schema = {}, .values = {}},
            {.name = "count",
             .type = Type::integer,
             .about = {},
             .minimum = 1,
             .maximum = 10,
             .schema = {},
             .values = {}},
            {.name = "kind", .about = {}, .schema = {}, .values = {"image", "video"}},
            {.name = "at", .type = Type::timestamp, .about = {}, .schema = {}, .values = {}, .nullable = true},
            {.name = "ratio", .type = Type::number, .about = {}, .schema = {}, .values = {}},
            {.name = "urgent", .type = Type::boolean, .about = {}, .schema = {}, .values = {}},
            {.name = "place", .type = Type::object, .about = {}, .schema = "Place", .values = {}},
            {.name = "places", .type = Type::array, .about = {}, .maximum = 2, .schema = "Place", .values = {}},
            {.name = "tags", .type = Type::array, .about = {}, .schema = "string", .values = {}}};
        message.aliases = {"/m"};
        router_.add(Schema{.name = "Place",
                           .about = "Where.",
                           .fields = {{.name = "city", .about = {}, .required = true, .schema = {}, .values = {}}}});
        router_.add(std::move(message));
        router_.add(row(Method::get, "/messages",
                        {field("limit", In::query, Type::integer), field("q", In::query, Type::string),
                         field("unread", In::query, Type::boolean)}));
        router_.add(row(Method::get, "/messages/{id}", {field("id", In::path, Type::integer)}));
        router_.add(row(Method::get, "/messages/search"));
        router_.add(row(Method::del, "/messages/{message}", {field("message", In::path, Type::integer)}));
        router_.add(row(Method::get, "/a/{x}/end", {field("x", In::path, Type::string)}));
        router_.add(row(Method::get, "/a/b/other"));
        auto raw = row(Method::post, "/raw");
        raw.raw_body = true;
        raw.handler = [](const Request& request) -> Result<Response> {
            return json_response(200, request.body.size());
        };
        router_.add(std::move(raw));
    }

    json refused(std::string body, int status = 400)
    {
        const auto response = router_.handle(call(Method::post, "/messages", std::move(body)));
        EXPECT_EQ(response.status, status) << response.body;
        EXPECT_EQ(response.content_type, "application/problem+json");
        return body_of(response);
    }

    Router router_;
};

}  // namespace ss::http::test

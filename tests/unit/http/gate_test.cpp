// What stands around a handler, and what is printed from the table.
#include "router_fixture.hpp"

#include <stdexcept>

namespace ss::http::test {
namespace {

TEST_F(RouterTest, The_gate_is_asked_before_the_request_is_judged)
{
    router_.set_gate({.admit = [](const Route&, const Request&) -> Result<Caller> {
                          Error error{Errc::limited, "too many", {}, {}, std::chrono::seconds{7}};
                          return fail(error);
                      },
                      .once = {},
                      .done = {},
                      .failed = {}});
    const auto response = router_.handle(call(Method::post, "/messages", "{"));
    EXPECT_EQ(response.status, 429);
    EXPECT_EQ(header_of(response, "Retry-After"), "7");
}

TEST_F(RouterTest, Without_a_gate_only_open_routes_answer)
{
    auto route = row(Method::get, "/closed");
    route.access = Access::viewer;
    router_.add(std::move(route));
    const auto response = router_.handle(call(Method::get, "/closed"));
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(header_of(response, "WWW-Authenticate"), "Bearer");
}

/// The same row with an Idempotency-Key, for somebody who is logged in.
Route closed(std::string_view path)
{
    auto route = row(Method::post, path);
    route.access = Access::viewer;
    return route;
}

Request with_key(std::string_view path, std::string key = "abc")
{
    auto request = call(Method::post, std::string{path});
    request.headers.push_back({"idempotency-key", std::move(key)});
    return request;
}

Gate gate_that_counts(int& calls)
{
    Gate gate;
    gate.admit = [](const Route&, const Request&) -> Result<Caller> { return Caller{}; };
    gate.once = [&](const Request&, const auto& work) -> Result<Response> {
        ++calls;
        return work();
    };
    return gate;
}

TEST_F(RouterTest, An_Idempotency_Key_goes_through_the_gate)
{
    int calls = 0;
    router_.set_gate(gate_that_counts(calls));
    router_.add(closed("/kept"));
    auto upload = closed("/upload");
    upload.raw_body = true;
    router_.add(std::move(upload));
    EXPECT_EQ(router_.handle(call(Method::post, "/kept")).status, 200);
    EXPECT_EQ(calls, 0);
    EXPECT_EQ(router_.handle(with_key("/kept")).status, 200);
    EXPECT_EQ(router_.handle(with_key("/upload")).status, 200);
    EXPECT_EQ(calls, 2);
    for (const auto& key : {std::string{}, std::string(256, 'k'), std::string{"a b"}, std::string{"\xc3\xa7"}}) {
        EXPECT_EQ(router_.handle(with_key("/kept", key)).status, 400) << key;
    }
    EXPECT_EQ(calls, 2);
}

TEST_F(RouterTest, An_Idempotency_Key_is_refused_where_there_are_secrets_and_ignored_where_all_may_call)
{
    int calls = 0;
    router_.set_gate(gate_that_counts(calls));
    auto secret = closed("/secret");
    secret.holds_secret = true;
    router_.add(std::move(secret));
    EXPECT_EQ(router_.handle(call(Method::post, "/secret")).status, 200);
    EXPECT_EQ(router_.handle(with_key("/secret")).status, 400);
    EXPECT_EQ(router_.handle(with_key("/raw")).status, 200) << "a webhook";
    EXPECT_EQ(calls, 0);
    const auto document = nlohmann::json::parse(router_.openapi("t", "1"));
    for (const auto* path : {"/secret", "/raw"}) {
        EXPECT_EQ(document.at("paths").at(path).at("post").dump().find("IdempotencyKey"), std::string::npos) << path;
    }
}

TEST_F(RouterTest, An_Idempotency_Key_without_a_store_is_refused_instead_of_ignored)
{
    router_.add(closed("/kept"));
    router_.set_gate({.admit = [](const Route&, const Request&) -> Result<Caller> { return Caller{}; },
                      .once = {},
                      .done = {},
                      .failed = {}});
    EXPECT_EQ(router_.handle(with_key("/kept")).status, 415);
}

TEST_F(RouterTest, A_defect_shows_no_internals_but_is_told_to_the_gate)
{
    auto route = row(Method::get, "/broken");
    route.handler = [](const Request&) -> Result<Response> { throw std::runtime_error("secret table user_account"); };
    router_.add(std::move(route));
    auto failing = row(Method::get, "/failing");
    failing.handler = [](const Request&) -> Result<Response> {
        return fail(Errc::internal, "secret words", "secret hint", "secret place");
    };
    router_.add(std::move(failing));
    std::vector<std::string> told;
    std::vector<int> done;
    router_.set_gate({.admit = [](const Route&, const Request&) -> Result<Caller> { return Caller{}; },
                      .once = {},
                      .done = [&](const Request&, int status, auto) { done.push_back(status); },
                      .failed = [&](const Request&, const Error& error) { told.push_back(error.message); }});
    for (const auto* path : {"/broken", "/failing"}) {
        const auto response = router_.handle(call(Method::get, path));
        EXPECT_EQ(response.status, 500);
        EXPECT_THAT(response.body, Not(HasSubstr("secret")));
        EXPECT_EQ(body_of(response)["request_id"], "request-1");
        EXPECT_EQ(body_of(response)["code"], "internal");
    }
    EXPECT_EQ(told, (std::vector<std::string>{"secret table user_account", "secret words"}));
    EXPECT_EQ(done, (std::vector<int>{500, 500}));
}

TEST_F(RouterTest, Find_gives_the_row_whose_body_limit_counts)
{
    ASSERT_NE(router_.find(Method::post, "/m"), nullptr);
    EXPECT_EQ(router_.find(Method::post, "/m")->path, "/messages");
    EXPECT_EQ(router_.find(Method::put, "/m"), nullptr);
    EXPECT_EQ(router_.find(Method::get, "/none"), nullptr);
}

TEST_F(RouterTest, OpenAPI_is_printed_from_the_rows)
{
    const auto document = json::parse(router_.openapi("Social Selling", "1.0"));
    EXPECT_EQ(document["openapi"], "3.1.0");
    const auto& post = document["paths"]["/messages"]["post"];
    EXPECT_EQ(post["operationId"], "post_messages");
    EXPECT_THAT(post["description"].get<std::string>(), HasSubstr("`/m`"));
    const auto& schema = post["requestBody"]["content"]["application/json"]["schema"];
    EXPECT_EQ(schema["required"], json({"text"}));
    EXPECT_EQ(schema["additionalProperties"], false);
    EXPECT_EQ(schema["properties"]["text"]["maxLength"], 5);
    EXPECT_EQ(schema["properties"]["kind"]["enum"], json({"image", "video"}));
    EXPECT_EQ(schema["properties"]["at"]["anyOf"][0]["format"], "date-time");
    EXPECT_EQ(schema["properties"]["places"]["items"]["$ref"], "#/components/schemas/Place");
    EXPECT_EQ(schema["properties"]["tags"]["items"]["type"], "string");
    const auto& get = document["paths"]["/messages/{id}"]["get"];
    EXPECT_EQ(get["parameters"][0]["in"], "path");
    EXPECT_EQ(get["parameters"][0]["required"], true);
    EXPECT_EQ(get["responses"]["400"]["content"]["application/problem+json"]["schema"]["$ref"],
              "#/components/schemas/Problem");
    EXPECT_EQ(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    EXPECT_TRUE(document["components"]["schemas"].contains("Place"));
    EXPECT_THAT(router_.markdown(), HasSubstr("| `POST /messages` | Does a thing. | open | `/m` |"));
}

TEST(RouterDeath, A_defective_row_ends_the_program)
{
    testing::GTEST_FLAG(death_test_style) = "threadsafe";
    EXPECT_DEATH(Router{}.add(row(Method::get, "/x/{id}")), "names in braces");
    EXPECT_DEATH(
        {
            Router router;
            router.add(row(Method::get, "/x"));
            router.add(row(Method::get, "/x"));
        },
        "twice");
    EXPECT_DEATH(
        {
            Router router;
            router.add(row(Method::post, "/x",
                           {{.name = "a", .type = Type::object, .about = {}, .schema = "Gone", .values = {}}}));
            (void)router.openapi("t", "1");
        },
        "Gone");
}

}  // namespace
}  // namespace ss::http::test

// The table: which row answers, and what a row refuses.
#include "router_fixture.hpp"

namespace ss::http::test {
namespace {

TEST_F(RouterTest, A_literal_segment_is_preferred_to_a_name)
{
    EXPECT_EQ(body_of(router_.handle(call(Method::get, "/messages/search")))["route"], "/messages/search");
    EXPECT_EQ(body_of(router_.handle(call(Method::get, "/messages/7")))["values"]["id"], "7");
}

TEST_F(RouterTest, The_search_goes_back_when_a_literal_leads_nowhere)
{
    EXPECT_EQ(body_of(router_.handle(call(Method::get, "/a/b/end")))["values"]["x"], "b");
    EXPECT_EQ(body_of(router_.handle(call(Method::get, "/a/b/other")))["route"], "/a/b/other");
}

TEST_F(RouterTest, Two_methods_may_name_the_same_segment_differently)
{
    EXPECT_EQ(body_of(router_.handle(call(Method::del, "/messages/7")))["values"]["message"], "7");
}

TEST_F(RouterTest, An_alias_is_the_same_route)
{
    EXPECT_EQ(body_of(router_.handle(call(Method::post, "/m", R"({"text":"hi"})")))["route"], "/messages");
}

TEST_F(RouterTest, An_unknown_path_is_404_and_an_unknown_method_405_with_Allow)
{
    for (const auto* path : {"/nothing", "/messages/", "//", "", "messages", "/messages/7/8", "/a//end"}) {
        EXPECT_EQ(router_.handle(call(Method::get, path)).status, 404) << path;
    }
    const auto response = router_.handle(call(Method::put, "/messages"));
    EXPECT_EQ(response.status, 405);
    EXPECT_EQ(header_of(response, "Allow"), "GET, HEAD, POST, OPTIONS");
}

TEST_F(RouterTest, A_path_of_a_hundred_thousand_segments_is_404)
{
    std::string path;
    for (int i = 0; i < 100'000; ++i) {
        path += "/a";
    }
    EXPECT_EQ(router_.handle(call(Method::get, path)).status, 404);
}

TEST_F(RouterTest, A_path_value_of_the_wrong_type_is_refused)
{
    const auto response = router_.handle(call(Method::get, "/messages/abc"));
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(body_of(response)["where"], "{id}");
}

TEST_F(RouterTest, Unknown_double_and_wrong_query_values_are_refused_under_their_names)
{
    const auto with = [&](std::vector<std::pair<std::string, std::string>> values) {
        auto request = call(Method::get, "/messages");
        request.query_values = std::move(values);
        return router_.handle(std::move(request));
    };
    EXPECT_EQ(with({{"limit", "5"}, {"q", "\xc3\xa7"}, {"unread", "true"}}).status, 200);
    EXPECT_EQ(body_of(with({{"limti", "5"}}))["where"], "?limti");
    EXPECT_THAT(body_of(with({{"limti", "5"}}))["hint"].get<std::string>(), HasSubstr("limit"));
    EXPECT_EQ(body_of(with({{"limit", "5"}, {"limit", "6"}}))["where"], "?limit");
    EXPECT_EQ(with({{"limit", "5x"}}).status, 400);
    EXPECT_EQ(with({{"unread", "1"}}).status, 400);
    EXPECT_EQ(with({{"q", "\xff"}}).status, 400);
}

TEST_F(RouterTest, A_body_that_fits_reaches_the_handler)
{
    const auto response = router_.handle(call(Method::post, "/messages",
                                              R"({"text":"çãéíó","count":10,"kind":"image","at":null,"ratio":0.5,
            "urgent":true,"place":{"city":"X"},"places":[{"city":"Y"}],"tags":["a"]})"));
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(body_of(response)["body"]["places"][0]["city"], "Y");
}

TEST_F(RouterTest, All_field_errors_of_one_request_are_told_at_once)
{
    const auto problem = refused(R"({"text":"toolong","count":11,"kind":"vidoe","unknown":1})");
    EXPECT_EQ(problem["code"], "invalid");
    EXPECT_EQ(problem["errors"].size(), 4U);
}

TEST_F(RouterTest, Each_wrong_field_is_named_by_its_pointer)
{
    const std::vector<std::pair<std::string, std::string>> rows{
        {R"({})", "/text"},
        {R"({"text":1})", "/text"},
        {R"({"text":""})", "/text"},
        {R"({"text":null})", "/text"},
        {R"({"text":"a\u0000b"})", "/text"},
        {R"({"text":"a","tex~t/":1})", "/tex~0t~1"},
        {R"({"text":"a","count":1.5})", "/count"},
        {R"({"text":"a","count":"1"})", "/count"},
        {R"({"text":"a","count":99999999999999999999})", "/count"},
        {R"({"text":"a","count":18446744073709551615})", "/count"},
        {R"({"text":"a","at":"yesterday"})", "/at"},
        {R"({"text":"a","urgent":"true"})", "/urgent"},
        {R"({"text":"a","ratio":"1"})", "/ratio"},
        {R"({"text":"a","place":{}})", "/place/city"},
        {R"({"text":"a","place":{"city":"x","town":1}})", "/place/town"},
        {R"({"text":"a","places":[{"city":"x"},{"city":2}]})", "/places/1/city"},
        {R"({"text":"a","places":[{},{},{}]})", "/places"},
        {R"({"text":"a","tags":["x",1]})", "/tags/1"},
        {R"([])", "/"},
        {R"("text")", "/"},
    };
    for (const auto& [body, where] : rows) {
        EXPECT_EQ(refused(body)["where"], where) << body;
    }
}

TEST_F(RouterTest, What_is_not_strict_JSON_is_refused)
{
    const std::string deep_65 = R"({"text":)" + std::string(64, '[') + std::string(64, ']') + "}";
    for (const auto& body : {std::string{"{"}, std::string{R"({"text":"a","text":"b"})"},
                             std::string{R"({"place":{"city":"a","city":"b"}})"}, std::string{R"({"text":"a",})"},
                             std::string{R"({"text":'a'})"}, std::string{R"({"text":NaN})"},
                             std::string{R"({"text":"a"}x)"}, std::string{R"({"count":1e999})"},
                             std::string{"{\"text\":\"\xff\"}"}, std::string{"{\"text\":\"\xed\xa0\x80\"}"},
                             std::string{"// comment\n{}"}, deep_65, std::string(100'000, '[')}) {
        refused(body);
    }
    EXPECT_THAT(refused(deep_65)["detail"].get<std::string>(), HasSubstr("deeper"));
    EXPECT_THAT(refused(R"({"text":"a","text":"b"})")["detail"].get<std::string>(), HasSubstr("twice"));
}

TEST_F(RouterTest, A_JSON_body_needs_its_content_type)
{
    auto request = call(Method::post, "/messages", R"({"text":"a"})");
    for (const auto* type :
         {"text/plain", "application/x-www-form-urlencoded", "", "application/json; charset=latin1"}) {
        request.headers = {{"content-type", type}};
        EXPECT_EQ(router_.handle(request).status, 415) << type;
    }
    request.headers = {};
    EXPECT_EQ(router_.handle(request).status, 415);
}

TEST_F(RouterTest, A_client_that_refuses_JSON_gets_406)
{
    auto route = row(Method::get, "/typed");
    route.returns = "Place";
    router_.add(std::move(route));
    auto request = call(Method::get, "/typed");
    for (const auto* accept : {"text/html", "application/json;q=0", "image/*, text/plain;q=0.5"}) {
        request.headers = {{"accept", accept}};
        EXPECT_EQ(router_.handle(request).status, 406) << accept;
    }
    for (const auto* accept : {"*/*", "application/json", "text/html, application/*;q=0.1", ""}) {
        request.headers = {{"accept", accept}};
        EXPECT_EQ(router_.handle(request).status, 200) << accept;
    }
}

TEST_F(RouterTest, A_raw_body_is_left_alone)
{
    auto request = call(Method::post, "/raw", "not json \xff");
    request.headers = {{"content-type", "application/octet-stream"}};
    EXPECT_EQ(router_.handle(std::move(request)).body, "10");
}

}  // namespace
}  // namespace ss::http::test

#include <ss/sandbox.hpp>
#include <ss/text.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

namespace ss::sandbox {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr auto kRedirect = "http://127.0.0.1:4000/auth/instagram/callback";
constexpr auto kScopes =
    "instagram_business_basic,instagram_business_manage_messages,instagram_business_content_publish,instagram_business_"
    "manage_insights";

class Graph : public testing::Test {
protected:
    void SetUp() override
    {
        ASSERT_TRUE(sandbox.start());
        http = std::make_unique<httplib::Client>("127.0.0.1", sandbox.port());
        http->set_tcp_nodelay(true);
        http->set_keep_alive(true);
    }

    std::string authorize()
    {
        const auto result =
            http->Get("/oauth/authorize?client_id=990000000000001&response_type=code&state=s1&redirect_uri=" +
                      percent_encode(kRedirect) + "&scope=" + percent_encode(kScopes));
        EXPECT_EQ(result->status, 302);
        return result->get_header_value("Location");
    }
    static std::string code_in(const std::string& location)
    {
        const auto begin = location.find("code=") + 5;
        return location.substr(begin, location.find('&', begin) - begin);
    }
    httplib::Result exchange(const std::string& code)
    {
        return http->Post("/oauth/access_token", httplib::Params{{"client_id", "990000000000001"},
                                                                 {"client_secret", "sandbox-app-secret"},
                                                                 {"grant_type", "authorization_code"},
                                                                 {"redirect_uri", kRedirect},
                                                                 {"code", code}});
    }
    std::string connect()
    {
        const auto short_token = json::parse(exchange(code_in(authorize()))->body)["access_token"].get<std::string>();
        return get("/access_token?grant_type=ig_exchange_token&client_secret=sandbox-app-secret&access_token=" +
                   short_token)
            .second["access_token"];
    }
    std::pair<int, json> get(const std::string& path)
    {
        const auto result = http->Get(path, {{"Authorization", "Bearer " + token}});
        return result ? std::pair{result->status, json::parse(result->body, nullptr, false)} : std::pair{0, json{}};
    }
    std::pair<int, json> post(const std::string& path, const json& body)
    {
        const auto result = http->Post(path, {{"Authorization", "Bearer " + token}}, body.dump(), "application/json");
        return result ? std::pair{result->status, json::parse(result->body, nullptr, false)} : std::pair{0, json{}};
    }
    std::pair<int, json> send(const std::string& text)
    {
        return post("/v25.0/me/messages", {{"recipient", {{"id", customer}}}, {"message", {{"text", text}}}});
    }

    Sandbox sandbox;
    std::unique_ptr<httplib::Client> http;
    std::string token;
    std::string customer = "6100000000000001";
};

TEST_F(Graph, logs_in_and_hands_out_tokens)
{
    const auto location = authorize();
    EXPECT_THAT(location, testing::StartsWith(kRedirect));
    EXPECT_THAT(location, testing::EndsWith("&state=s1#_"));
    const auto first = exchange(code_in(location));
    EXPECT_EQ(first->status, 200);
    EXPECT_EQ(json::parse(first->body)["user_id"], sandbox.business().app_scoped_id);
    const auto again = exchange(code_in(location));
    EXPECT_EQ(again->status, 400);
    EXPECT_EQ(json::parse(again->body)["error_message"], "Matching code was not found or was already used");

    token = connect();
    EXPECT_EQ(get("/v25.0/me?fields=user_id,username").second["user_id"], "17841400000000001");
    EXPECT_EQ(get("/v25.0/me?fields=nonsense").second["error"]["message"],
              "(#100) Tried accessing nonexisting field (nonsense)");
}

TEST_F(Graph, refuses_an_unregistered_app_with_a_page)
{
    const auto result = http->Get("/oauth/authorize?client_id=1&response_type=code&redirect_uri=x&scope=y");
    EXPECT_EQ(result->status, 400);
    EXPECT_THAT(result->body, testing::HasSubstr("Invalid platform app"));
}

TEST_F(Graph, tokens_grow_old_and_can_be_refreshed_in_between)
{
    token = connect();
    const auto refresh = "/refresh_access_token?grant_type=ig_refresh_token&access_token=" + token;
    EXPECT_EQ(get(refresh).second["error"]["code"], 100) << "not a day old";
    sandbox.advance(25h);
    const auto fresh = get(refresh).second;
    EXPECT_EQ(fresh["expires_in"], 5'183'944);
    sandbox.advance(59 * 24h);
    EXPECT_EQ(get("/v25.0/me").second["error"]["error_subcode"], 463);
    token = fresh["access_token"];
    EXPECT_EQ(get("/v25.0/me").first, 200);
    sandbox.revoke_tokens();
    EXPECT_EQ(get("/v25.0/me").second["error"]["error_subcode"], 458);
}

TEST_F(Graph, tokens_survive_a_restart)
{
    token = connect();
    Sandbox second;
    ASSERT_TRUE(second.start());
    http = std::make_unique<httplib::Client>("127.0.0.1", second.port());
    EXPECT_EQ(get("/v25.0/me").first, 200);
    token.back() = token.back() == '0' ? '1' : '0';
    EXPECT_EQ(get("/v25.0/me").second["error"]["code"], 190);
}

TEST_F(Graph, sends_only_inside_the_window)
{
    token = connect();
    EXPECT_EQ(send("oi").second["error"]["error_subcode"], 2'534'022) << "never wrote";
    sandbox.write(customer, "quanto custa?");
    EXPECT_EQ(send("oi").second["recipient_id"], customer);
    sandbox.advance(25h);
    EXPECT_EQ(send("oi").second["error"]["error_subcode"], 2'534'022);
    const json tagged{{"recipient", {{"id", customer}}},
                      {"message", {{"text", "oi"}}},
                      {"messaging_type", "MESSAGE_TAG"},
                      {"tag", "HUMAN_AGENT"}};
    EXPECT_EQ(post("/v25.0/me/messages", tagged).first, 200);
    sandbox.advance(7 * 24h);
    EXPECT_EQ(post("/v25.0/me/messages", tagged).second["error"]["error_subcode"], 2'534'022);
    ASSERT_EQ(sandbox.sent().size(), 2U);
    EXPECT_EQ(sandbox.sent()[1].tag, "HUMAN_AGENT");
}

TEST_F(Graph, counts_text_in_bytes_and_knows_its_customers)
{
    token = connect();
    sandbox.write(customer, "oi");
    std::string long_text;
    for (int i = 0; i < 500; ++i) {
        long_text += "é";
    }
    EXPECT_EQ(send(long_text).first, 200);
    EXPECT_EQ(send(long_text + "x").second["error"]["code"], 100);
    customer = "999";
    EXPECT_EQ(send("oi").second["error"]["error_subcode"], 2'534'014);
}

TEST_F(Graph, shows_conversations_newest_first_and_limits_their_rate)
{
    token = connect();
    for (int i = 0; i < 25; ++i) {
        sandbox.write(customer, "mensagem " + std::to_string(i));
    }
    send("resposta");
    const auto [status, body] = get("/v25.0/me/conversations?platform=instagram&user_id=" + customer +
                                    "&fields=id,messages.limit(5){id,from,message}");
    ASSERT_EQ(status, 200) << body;
    const auto& messages = body["data"][0]["messages"]["data"];
    ASSERT_EQ(messages.size(), 5U);
    EXPECT_EQ(messages[0]["message"], "resposta");
    EXPECT_EQ(messages[0]["from"]["id"], sandbox.business().id);
    get("/v25.0/me/conversations");
    EXPECT_EQ(get("/v25.0/me/conversations").second["error"]["code"], 613);
}

TEST_F(Graph, hides_a_profile_until_the_customer_wrote)
{
    token = connect();
    EXPECT_EQ(get("/v25.0/" + customer + "?fields=name").second["error"]["code"], 230);
    sandbox.write(customer, "oi");
    EXPECT_EQ(get("/v25.0/" + customer + "?fields=name,username").second["name"], "Joana Sampaio");
}

TEST_F(Graph, publishes_in_two_steps_and_only_once)
{
    token = connect();
    const auto picture = sandbox.base_url() + "/cdn/x.jpg";
    const std::string id = post("/v25.0/me/media", {{"image_url", picture}, {"caption", "Buquê"}}).second["id"];
    EXPECT_EQ(post("/v25.0/me/media_publish", {{"creation_id", id}}).second["error"]["error_subcode"], 2'207'027);
    EXPECT_EQ(get("/v25.0/" + id + "?fields=status_code").second["status_code"], "IN_PROGRESS");
    EXPECT_EQ(get("/v25.0/" + id + "?fields=status_code").second["status_code"], "FINISHED");
    const std::string post_id = post("/v25.0/me/media_publish", {{"creation_id", id}}).second["id"];
    EXPECT_EQ(get("/v25.0/" + id + "?fields=status_code").second["status_code"], "PUBLISHED");
    EXPECT_EQ(post("/v25.0/me/media_publish", {{"creation_id", id}}).second["error"]["error_subcode"], 2'207'008);
    EXPECT_EQ(sandbox.posts().size(), 1U);
    EXPECT_THAT(get("/v25.0/" + post_id + "?fields=permalink").second["permalink"].get<std::string>(),
                testing::StartsWith("https://www.instagram.com/p/"));
    EXPECT_EQ(get("/v25.0/me/content_publishing_limit?fields=quota_usage,config").second["data"][0]["quota_usage"], 1);
}

TEST_F(Graph, looks_at_the_picture_it_is_to_publish)
{
    token = connect();
    const auto subcode = [&](const std::string& url, const std::string& caption = "") {
        return post("/v25.0/me/media", {{"image_url", url}, {"caption", caption}}).second["error"]["error_subcode"];
    };
    EXPECT_EQ(subcode("http://127.0.0.1:1/x.jpg"), 2'207'052);
    EXPECT_EQ(subcode(sandbox.base_url() + "/__sandbox/state"), 2'207'005);
    EXPECT_EQ(subcode(sandbox.base_url() + "/cdn/x.jpg", std::string(2'201, 'x')), 2'207'010);
}

TEST_F(Graph, allows_100_posts_in_24_hours_and_says_how_many_are_used)
{
    token = connect();
    const auto container = [&] {
        const auto id =
            post("/v25.0/me/media", {{"image_url", sandbox.base_url() + "/cdn/x.jpg"}}).second["id"].get<std::string>();
        (void)get("/v25.0/" + id + "?fields=status_code");  // it is being processed once
        return id;
    };
    const auto publish = [&](const std::string& id) { return post("/v25.0/me/media_publish", {{"creation_id", id}}); };
    const auto limit = [&] {
        return get("/v25.0/" + sandbox.business().id + "/content_publishing_limit?fields=quota_usage,config")
            .second["data"][0];
    };
    EXPECT_EQ(limit()["config"], (json{{"quota_total", 100}, {"quota_duration", 86'400}}));
    EXPECT_EQ(limit()["quota_usage"], 0);

    ASSERT_EQ(publish(container()).first, 200);
    sandbox.advance(1h);
    for (int i = 1; i < 100; ++i) {
        ASSERT_EQ(publish(container()).first, 200) << i;
    }
    EXPECT_EQ(limit()["quota_usage"], 100);
    const auto waiting = container();
    const auto [status, refused] = publish(waiting);
    EXPECT_EQ(status, 400);
    EXPECT_EQ(refused["error"]["code"], 9);
    EXPECT_EQ(refused["error"]["error_subcode"], 2'207'042);
    EXPECT_EQ(sandbox.posts().size(), 100U);

    sandbox.advance(23h);  // the window rolls: the first post leaves it, and one place is free
    EXPECT_EQ(limit()["quota_usage"], 99);
    EXPECT_EQ(publish(waiting).first, 200) << "the container was not used up by the refusal";
    EXPECT_EQ(publish(container()).second["error"]["error_subcode"], 2'207'042);
    sandbox.advance(1h);
    EXPECT_EQ(limit()["quota_usage"], 1);
}

TEST_F(Graph, has_numbers_for_the_account_and_its_posts)
{
    token = connect();
    const auto body =
        get("/v25.0/me/insights?metric=reach,likes,profile_views&period=day&metric_type=total_value").second;
    ASSERT_EQ(body["data"].size(), 2U) << "profile_views is silently dropped";
    EXPECT_GT(body["data"][0]["total_value"]["value"], 0);
    EXPECT_EQ(
        get("/v25.0/me/insights?metric=likes,impressions&period=day&metric_type=total_value").second["error"]["code"],
        100);
}

TEST_F(Graph, misbehaves_as_it_is_told)
{
    token = connect();
    sandbox.inject({.route = "me", .times = 2, .status = 429, .code = 4, .retry_after = 7});
    const auto limited = http->Get("/v25.0/me", {{"Authorization", "Bearer " + token}});
    EXPECT_EQ(limited->status, 429);
    EXPECT_EQ(limited->get_header_value("Retry-After"), "7");
    EXPECT_EQ(get("/v25.0/me").second["error"]["code"], 4);
    EXPECT_EQ(get("/v25.0/me").first, 200) << "twice and no more";

    sandbox.inject({.route = "me", .effect = Effect::error_in_200, .code = 10});
    EXPECT_EQ(get("/v25.0/me").first, 200);
    sandbox.inject({.route = "me", .effect = Effect::html});
    EXPECT_EQ(get("/v25.0/me").first, 502);
    sandbox.inject({.route = "me", .effect = Effect::reset_before});
    EXPECT_EQ(get("/v25.0/me").first, 0);
    sandbox.inject({.route = "me", .effect = Effect::truncated});
    EXPECT_EQ(get("/v25.0/me").first, 0);
    EXPECT_EQ(get("/v25.0/me").first, 200);
}

TEST_F(Graph, can_do_its_work_and_then_break_the_connection)
{
    token = connect();
    sandbox.write(customer, "oi");
    sandbox.inject({.route = "send", .effect = Effect::reset_after});
    EXPECT_EQ(send("chegou?").first, 0);
    ASSERT_EQ(sandbox.sent().size(), 1U);
    EXPECT_EQ(sandbox.sent()[0].text, "chegou?");
}

TEST_F(Graph, shows_how_much_of_the_limit_is_used)
{
    token = connect();
    sandbox.set_usage(87, 12);
    const auto result = http->Get("/v25.0/me", {{"Authorization", "Bearer " + token}});
    EXPECT_EQ(json::parse(result->get_header_value("X-App-Usage"))["call_count"], 87);
    const auto use = json::parse(result->get_header_value("X-Business-Use-Case-Usage"));
    EXPECT_EQ(use[sandbox.business().id][0]["estimated_time_to_regain_access"], 12);
}

TEST_F(Graph, is_steered_over_http_too)
{
    const auto command = [&](const std::string& name, const json& body) {
        return json::parse(http->Post("/__sandbox/" + name, body.dump(), "application/json")->body);
    };
    token = connect();
    EXPECT_EQ(json::parse(http->Get("/__sandbox/state")->body)["customers"].size(), 6U);
    const auto mid = command("write", {{"text", "Olá"}})["mid"].get<std::string>();
    EXPECT_THAT(mid, testing::StartsWith("aWdf"));
    EXPECT_EQ(command("act", {{"kind", "reaction"}, {"mid", mid}, {"emoji", "❤️"}})["mid"], mid);
    EXPECT_EQ(command("faults", {{"effect", "explode"}}).contains("error"), true);
    EXPECT_EQ(command("faults", {{"route", "send"}, {"code", 613}, {"subcode", 2534040}})["ok"], true);
    EXPECT_EQ(send("oi").second["error"]["code"], 613);
    EXPECT_EQ(send("oi").first, 200);
    EXPECT_EQ(json::parse(http->Get("/__sandbox/messages")->body)["messages"].size(), 1U);
}

}  // namespace
}  // namespace ss::sandbox

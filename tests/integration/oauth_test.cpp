// The seed's Instagram OAuth cases: the real daemon against the pretend Instagram, over HTTP.
#include "shop.hpp"

#include <ss/storage.hpp>

#include <fmt/core.h>

namespace ss::testing {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

std::string cookie_of(const Answer& answer)
{
    const auto cookie = answer.header("set-cookie");
    return cookie.substr(0, cookie.find(';'));
}

std::string path_of(const std::string& url)
{
    return url.substr(url.find('/', url.find("://") + 3));
}

class OAuth : public ::testing::TestWithParam<Backend> {
protected:
    void SetUp() override
    {
        shop.open();
        client = shop.owner();
    }

    /// The callback's address, after the person said yes (or no) on Instagram's page.
    std::string go_to_instagram(const Answer& begun) const
    {
        const Api browser{client.url()};
        const auto page = browser.get(begun.json.at("authorize_url").get<std::string>());
        EXPECT_EQ(page.status, 302) << page.body;
        auto path = path_of(page.header("location"));
        return path.substr(0, path.find('#'));
    }

    Answer come_back(const std::string& path, const std::string& cookie) const
    {
        return Api{client.url()}.call("GET", path, {}, {{"Cookie", cookie}});
    }

    json only_account() const { return client.get("/api/v1/accounts").json.at("items").at(0); }

    Shop shop{GetParam()};
    Api client{""};
};

TEST_P(OAuth, starts_the_flow_and_redirects_to_instagram)
{
    const auto answer = client.get("/api/v1/auth/instagram");
    EXPECT_EQ(answer.status, 302);
    const auto location = answer.header("location");
    EXPECT_TRUE(location.starts_with(shop.sandbox->base_url() + "/oauth/authorize?")) << location;
    for (const auto* part :
         {"client_id=990000000000001", "response_type=code", "state=", "instagram_business_manage_messages"}) {
        EXPECT_NE(location.find(part), std::string::npos) << part;
    }
    EXPECT_NE(answer.header("set-cookie").find("HttpOnly"), std::string::npos);
    EXPECT_EQ(shop.api().get("/api/v1/auth/instagram").status, 401);
}

TEST_P(OAuth, handles_the_callback_exchanges_the_code_and_fetches_the_accounts_metadata)
{
    const auto account = shop.connect(client);
    ASSERT_GT(account, 0);
    const auto shown = client.get(fmt::format("/api/v1/accounts/{}", account));
    ASSERT_EQ(shown.status, 200) << shown.body;
    EXPECT_EQ(shown.json.at("external_id"), shop.sandbox->business().id);
    EXPECT_EQ(shown.json.at("username"), shop.sandbox->business().username);
    EXPECT_EQ(shown.json.at("state"), "connected");
    EXPECT_GE(shop.sandbox->calls("subscribed_apps"), 1);
}

TEST_P(OAuth, stores_the_token_encrypted)
{
    ASSERT_GT(shop.connect(client), 0);
    shop.daemon->stop();
    const auto database = storage::Database::open({.url = Secret{shop.database_url}});
    ASSERT_TRUE(database);
    static constexpr std::array columns{storage::ColumnType::text};
    static constexpr storage::Statement statement{
        "test.tokens", "select token_sealed from account", "select token_sealed from account", columns, {}};
    const auto rows = (*database)->read([&](storage::Session& session) { return session.execute(statement, {}); });
    ASSERT_TRUE(rows) << rows.error().message;
    ASSERT_EQ(rows->values.size(), 1U);
    EXPECT_TRUE(std::get<std::string>(rows->values[0]).starts_with("v1.k1."));
    EXPECT_EQ(shop.daemon->log().find("IGAA"), std::string::npos) << "a token stands in the log";
}

TEST_P(OAuth, the_state_is_single_use_and_bound_to_the_browser)
{
    const auto begun = client.post("/api/v1/accounts/connect");
    const auto path = go_to_instagram(begun);
    EXPECT_EQ(come_back(path, "ss_connect=another-browsers-value").status, 403);
    EXPECT_EQ(come_back(path, cookie_of(begun)).status, 400) << "the state was used";
    EXPECT_EQ(come_back("/auth/instagram/callback?code=x&state=invented", cookie_of(begun)).status, 400);
    EXPECT_TRUE(client.get("/api/v1/accounts").json.at("items").empty());
}

TEST_P(OAuth, handles_oauth_denial)
{
    shop.sandbox->set_oauth({.deny = true});
    const auto begun = client.post("/api/v1/accounts/connect");
    const auto answer = come_back(go_to_instagram(begun), cookie_of(begun));
    EXPECT_EQ(answer.status, 403) << answer.body;
    EXPECT_TRUE(client.get("/api/v1/accounts").json.at("items").empty());
}

TEST_P(OAuth, handles_an_invalid_authorization_code)
{
    const auto begun = client.post("/api/v1/accounts/connect");
    auto path = go_to_instagram(begun);
    const auto at = path.find("code=") + 5;
    path.replace(at, path.find('&', at) - at, "wrong");
    const auto answer = come_back(path, cookie_of(begun));
    EXPECT_EQ(answer.status / 100, 4) << answer.body;
    EXPECT_FALSE(answer.json.value("detail", "").empty());
}

TEST_P(OAuth, handles_instagram_api_errors_such_as_its_rate_limit)
{
    shop.sandbox->inject({.route = "me", .status = 400, .code = 4, .message = "Application request limit reached"});
    const auto begun = client.post("/api/v1/accounts/connect");
    const auto answer = come_back(go_to_instagram(begun), cookie_of(begun));
    EXPECT_EQ(answer.status, 429) << answer.body;
    EXPECT_EQ(answer.code(), "limited");
    EXPECT_TRUE(client.get("/api/v1/accounts").json.at("items").empty());
}

TEST_P(OAuth, accepts_every_shape_of_the_token_answer)
{
    int number = 0;
    for (const auto& shape : {sandbox::OAuthShape{.wrapped = true}, sandbox::OAuthShape{.numeric_id = true},
                              sandbox::OAuthShape{.csv = true}}) {
        shop.sandbox->set_oauth(shape);
        EXPECT_GT(shop.connect(client), 0) << ++number;
    }
    EXPECT_EQ(client.get("/api/v1/accounts").json.at("items").size(), 1U)
        << "the same account is connected again, not twice";
}

TEST_P(OAuth, disconnects_the_account_and_deletes_its_token)
{
    const auto account = shop.connect(client);
    EXPECT_EQ(client.call("DELETE", fmt::format("/api/v1/accounts/{}", account)).status, 204);
    EXPECT_EQ(only_account().at("state"), "disconnected");
    shop.daemon->stop();
    const auto database = storage::Database::open({.url = Secret{shop.database_url}});
    ASSERT_TRUE(database);
    static constexpr std::array columns{storage::ColumnType::text};
    static constexpr storage::Statement statement{"test.no_tokens",
                                                  "select coalesce(token_sealed, '') from account",
                                                  "select coalesce(token_sealed, '') from account",
                                                  columns,
                                                  {}};
    const auto rows = (*database)->read([&](storage::Session& session) { return session.execute(statement, {}); });
    ASSERT_TRUE(rows);
    EXPECT_EQ(std::get<std::string>(rows->values.at(0)), "");
}

INSTANTIATE_TEST_SUITE_P(Storage, OAuth, ::testing::Values(Backend::sqlite, Backend::postgres_and_redis), name_of);

}  // namespace
}  // namespace ss::testing

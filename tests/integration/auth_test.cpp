// The seed's authentication cases, against the real daemon on both kinds of storage.
#include "shop.hpp"

#include <ss/storage.hpp>

#include <atomic>
#include <thread>
#include <vector>

namespace ss::testing {
namespace {

using nlohmann::json;

class Auth : public ::testing::TestWithParam<Backend> {
protected:
    void SetUp() override { shop.open(); }

    Answer log_in(std::string_view email, std::string_view password) const
    {
        return shop.api().post("/api/v1/auth/login", {{"email", email}, {"password", password}});
    }

    Shop shop{GetParam(), settings()};

    static std::map<std::string, std::string> settings() { return {}; }
};

TEST_P(Auth, registers_a_new_user_with_valid_data)
{
    const auto client = shop.owner();
    const auto me = client.get("/api/v1/auth/me");
    EXPECT_EQ(me.status, 200) << me.body;
    EXPECT_EQ(me.json.value("email", ""), "maria@loja.example");
    EXPECT_EQ(me.json.value("role", ""), "owner");
    EXPECT_EQ(me.body.find("argon2"), std::string::npos);
}

TEST_P(Auth, rejects_registration_with_duplicate_email)
{
    (void)shop.owner();
    const auto again =
        shop.api().post("/api/v1/auth/register", {{"email", "MARIA@loja.example"}, {"password", kPassword}});
    EXPECT_EQ(again.status, 409) << again.body;
    EXPECT_EQ(again.code(), "email_taken");
}

TEST_P(Auth, rejects_registration_with_weak_password)
{
    for (const auto* password : {"short", "passwordpassword", "mariamariamaria"}) {
        const auto answer =
            shop.api().post("/api/v1/auth/register", {{"email", "maria@loja.example"}, {"password", password}});
        EXPECT_EQ(answer.status, 422) << password << answer.body;
        EXPECT_EQ(answer.code(), "weak_password") << password;
    }
}

TEST_P(Auth, logs_in_with_valid_credentials)
{
    (void)shop.owner();
    const auto answer = log_in("maria@loja.example", kPassword);
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_FALSE(answer.json.value("access_token", "").empty());
    EXPECT_EQ(answer.json.value("token_type", ""), "Bearer");
    EXPECT_EQ(answer.header("ratelimit-limit"), "5");
}

TEST_P(Auth, gives_the_same_answer_for_wrong_password_and_unknown_email)
{
    (void)shop.owner();
    const auto wrong = log_in("maria@loja.example", "not the password at all");
    const auto unknown = log_in("nobody@loja.example", "not the password at all");
    EXPECT_EQ(wrong.status, 401);
    EXPECT_EQ(unknown.status, 401);
    auto a = wrong.json;
    auto b = unknown.json;
    for (auto* body : {&a, &b}) {
        body->erase("request_id");
        body->erase("instance");
    }
    EXPECT_EQ(a, b);
    EXPECT_EQ(a.value("code", ""), "bad_credentials");
}

TEST_P(Auth, creates_a_session_at_login_and_deletes_it_at_logout)
{
    auto client = shop.owner();
    if (shop.redis) {
        EXPECT_EQ(shop.redis->command({"EXISTS", "ss:session:" + client.session}).substr(0, 1), "1");
    }
    EXPECT_EQ(client.get("/api/v1/auth/sessions").json.at("items").size(), 1U);
    EXPECT_EQ(client.post("/api/v1/auth/logout").status, 204);
    const auto after = client.get("/api/v1/auth/me");
    EXPECT_EQ(after.status, 401) << after.body;
}

TEST_P(Auth, refreshes_the_access_token_with_a_valid_refresh_token)
{
    auto client = shop.owner();
    const auto fresh = shop.api().post("/api/v1/auth/refresh", {{"refresh_token", client.refresh_token}});
    ASSERT_EQ(fresh.status, 200) << fresh.body;
    client.token = fresh.json.at("access_token");
    EXPECT_EQ(client.get("/api/v1/auth/me").status, 200);
    EXPECT_NE(fresh.json.at("refresh_token"), client.refresh_token);
}

TEST_P(Auth, rejects_tokens_that_are_none)
{
    auto client = shop.owner();
    const auto good = client.token;
    const auto dot = good.rfind('.');
    const std::vector<std::string> bad{"",
                                       "x",
                                       "a.b.c",
                                       good + "x",
                                       good.substr(0, dot) + ".AAAA",
                                       "eyJhbGciOiJub25lIn0" + good.substr(good.find('.'), dot - good.find('.')) + ".",
                                       client.refresh_token};
    for (const auto& token : bad) {
        client.token = token;
        EXPECT_EQ(client.get("/api/v1/auth/me").status, 401) << token;
    }
    EXPECT_EQ(shop.api().post("/api/v1/auth/refresh", {{"refresh_token", good}}).status, 401);
}

TEST_P(Auth, rate_limits_login_attempts_to_five_a_minute)
{
    (void)shop.owner();
    std::atomic<int> passed{0};
    std::atomic<int> limited{0};
    std::vector<std::jthread> threads;
    for (int i = 0; i < 20; ++i) {
        threads.emplace_back([&] {
            const auto answer = log_in("maria@loja.example", kPassword);
            passed += answer.status == 200 ? 1 : 0;
            limited += answer.status == 429 && !answer.header("retry-after").empty() ? 1 : 0;
        });
    }
    threads.clear();
    EXPECT_EQ(passed, 5);
    EXPECT_EQ(limited, 15);
}

TEST_P(Auth, rate_limits_registration_to_three_a_minute)
{
    int created = 0;
    int limited = 0;
    for (int i = 0; i < 5; ++i) {
        const auto answer =
            shop.api().post("/api/v1/auth/register",
                            {{"email", "user" + std::to_string(i) + "@loja.example"}, {"password", kPassword}});
        created += answer.status == 201 ? 1 : 0;
        limited += answer.status == 429 ? 1 : 0;
    }
    EXPECT_EQ(created, 3);
    EXPECT_EQ(limited, 2);
}

TEST_P(Auth, an_api_key_may_do_what_its_scopes_say_and_nothing_else)
{
    const auto client = shop.owner();
    const auto made = client.post("/api/v1/api-keys", {{"name", "relatório"}, {"scopes", {"messages:read"}}});
    ASSERT_EQ(made.status, 201) << made.body;
    const auto key = made.json.at("key").get<std::string>();
    const auto with_key = shop.api();
    EXPECT_EQ(with_key.call("GET", "/api/v1/messages", {}, {{"X-API-Key", key}}).status, 200);
    EXPECT_EQ(with_key.call("GET", "/api/v1/posts", {}, {{"X-API-Key", key}}).status, 403);
    EXPECT_EQ(with_key.call("GET", "/api/v1/users", {}, {{"X-API-Key", key}}).status, 403);
    EXPECT_EQ(client.get("/api/v1/api-keys").body.find(key), std::string::npos);
    const auto id = made.json.at("id").get<std::int64_t>();
    EXPECT_EQ(client.call("DELETE", "/api/v1/api-keys/" + std::to_string(id)).status, 204);
    EXPECT_EQ(with_key.call("GET", "/api/v1/messages", {}, {{"X-API-Key", key}}).status, 401);
}

INSTANTIATE_TEST_SUITE_P(Storage, Auth, ::testing::Values(Backend::sqlite, Backend::postgres_and_redis), name_of);

class AuthWithBcrypt : public Auth {
protected:
    AuthWithBcrypt() { shop.daemon->environment()["SS_AUTH_PASSWORD_HASH"] = "bcrypt"; }
};

TEST_P(AuthWithBcrypt, hashes_the_password_with_bcrypt)
{
    (void)shop.owner();
    EXPECT_EQ(log_in("maria@loja.example", kPassword).status, 200);
    const auto too_long = shop.api().post(
        "/api/v1/auth/register",
        {{"email", "longa@loja.example"},
         {"password", "um girassol, duas janelas, três gatos, quatro cadeiras, cinco barcos e um mar inteiro azul"}});
    EXPECT_EQ(too_long.status, 422) << too_long.body;
    EXPECT_NE(too_long.body.find("72 bytes"), std::string::npos) << "said in a sentence, never cut";
    shop.daemon->stop();
    const auto database = storage::Database::open({.url = Secret{shop.database_url}});
    ASSERT_TRUE(database);
    static constexpr std::array columns{storage::ColumnType::text};
    static constexpr storage::Statement statement{
        "test.hashes", "select password_hash from user_account", "select password_hash from user_account", columns, {}};
    const auto rows = (*database)->read([&](storage::Session& session) { return session.execute(statement, {}); });
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->values.size(), 1U);
    EXPECT_EQ(std::get<std::string>(rows->values[0]).substr(0, 4), "$2b$");
}

INSTANTIATE_TEST_SUITE_P(Storage, AuthWithBcrypt, ::testing::Values(Backend::sqlite, Backend::postgres_and_redis),
                         name_of);

}  // namespace
}  // namespace ss::testing

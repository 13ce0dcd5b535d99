// The cases of "Instagram OAuth".

#include "channel_fixture.hpp"

namespace ss::instagram::test {
namespace {

using OAuth = ChannelTest;

TEST_F(OAuth, starts_the_flow_and_redirects)
{
    EXPECT_THAT(
        instagram->authorize_url("a b"),
        StartsWith(sandbox.base_url() + "/oauth/authorize?client_id=990000000000001&redirect_uri=http%3A%2F%2F"));
    EXPECT_THAT(instagram->authorize_url("a b"), HasSubstr("&state=a%20b"));
    EXPECT_THAT(instagram->authorize_url("x"), HasSubstr("instagram_business_manage_messages"));
    EXPECT_THAT(visit(), StartsWith(std::string{kRedirect} + "?code="));
}

TEST_F(OAuth, handles_the_callback_with_a_code_and_exchanges_it)
{
    const auto token = instagram->exchange_code(code() + "#_");
    ASSERT_TRUE(token) << token.error().detail;
    EXPECT_THAT(std::string{token->value.reveal()}, StartsWith("IGAA"));
    EXPECT_NEAR(static_cast<double>(to_micros(token->expires_at) - to_micros(clock.now())), 5'183'944e6, 10e6);
    EXPECT_THAT(token->permissions, testing::Contains("instagram_business_manage_messages"));
}

TEST_F(OAuth, accepts_every_shape_of_metas_answers)
{
    for (const auto& shape :
         {sandbox::OAuthShape{.wrapped = true}, sandbox::OAuthShape{.numeric_id = true},
          sandbox::OAuthShape{.csv = true}, sandbox::OAuthShape{.wrapped = true, .numeric_id = true, .csv = true}}) {
        sandbox.set_oauth(shape);
        const auto token = instagram->exchange_code(code());
        ASSERT_TRUE(token);
        EXPECT_EQ(token->permissions.size(), 5U);
        const auto profile = instagram->profile({"", token->value});
        ASSERT_TRUE(profile);
        EXPECT_EQ(profile->external_id, "17841400000000001");
    }
}

TEST_F(OAuth, fetches_account_metadata)
{
    const auto profile = instagram->profile(connect());
    ASSERT_TRUE(profile);
    EXPECT_EQ(profile->external_id, sandbox.business().id);
    EXPECT_EQ(profile->app_scoped_id, sandbox.business().app_scoped_id);
    EXPECT_EQ(profile->username, "atelie.flordelis");
    EXPECT_EQ(profile->followers, 1'284);
    EXPECT_EQ(profile->account_type, "business");
}

TEST_F(OAuth, handles_denial)
{
    sandbox.set_oauth({.deny = true});
    EXPECT_THAT(visit(), HasSubstr("error=access_denied&error_reason=user_denied"));
}

TEST_F(OAuth, says_so_when_the_permissions_were_not_ticked)
{
    sandbox.set_oauth({.permissions = "instagram_business_content_publish"});
    const auto token = instagram->exchange_code(code());
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().kind, FailureClass::permission);
}

TEST_F(OAuth, handles_an_invalid_code)
{
    const auto used = code();
    ASSERT_TRUE(instagram->exchange_code(used));
    for (const auto& bad : {used, std::string{"nonsense"}, std::string{}}) {
        const auto token = instagram->exchange_code(bad);
        ASSERT_FALSE(token);
        EXPECT_EQ(token.error().kind, FailureClass::permanent);
        EXPECT_THAT(token.error().detail, HasSubstr("Matching code was not found"));
    }
    const auto old = code();
    sandbox.advance(61min);
    EXPECT_FALSE(instagram->exchange_code(old));
}

TEST_F(OAuth, refreshes_a_token)
{
    const auto access = connect();
    EXPECT_FALSE(instagram->refresh(access)) << "younger than a day";
    sandbox.advance(50 * 24h);
    const auto fresh = instagram->refresh(access);
    ASSERT_TRUE(fresh) << fresh.error().detail;
    EXPECT_GT(fresh->expires_at, clock.now() + 59 * 24h);
    sandbox.advance(20 * 24h);
    EXPECT_TRUE(instagram->profile({access.external_id, fresh->value}));
    EXPECT_EQ(instagram->profile(access).error().kind, FailureClass::reconnect);
}

TEST_F(OAuth, survives_a_failed_refresh)
{
    const auto access = connect();
    sandbox.advance(2 * 24h);
    sandbox.inject({.route = "refresh", .status = 500, .code = 2});
    const auto failed = instagram->refresh(access);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind, FailureClass::transient);
    EXPECT_TRUE(instagram->profile(access)) << "the old token still works";
    EXPECT_TRUE(instagram->refresh(access));
}

TEST_F(OAuth, tells_expired_from_revoked_from_checkpoint)
{
    auto access = connect();
    sandbox.expire_tokens();
    EXPECT_EQ(instagram->profile(access).error().code, "190/463");
    access = connect();
    sandbox.revoke_tokens(458);
    EXPECT_EQ(instagram->profile(access).error().code, "190/458");
    access = connect();
    sandbox.revoke_tokens(459);
    EXPECT_EQ(instagram->profile(access).error().kind, FailureClass::restricted);
}

TEST_F(OAuth, handles_api_errors_like_the_rate_limit)
{
    const auto access = connect();
    sandbox.inject({.route = "me", .status = 400, .code = 4});
    sandbox.set_usage(100, 7);
    const auto limited = instagram->profile(access);
    ASSERT_FALSE(limited);
    EXPECT_EQ(limited.error().kind, FailureClass::throttled);
    EXPECT_EQ(limited.error().retry_after, 7min);
    sandbox.inject({.route = "me", .status = 429, .code = 613, .retry_after = 90});
    sandbox.set_usage(50);
    EXPECT_EQ(instagram->profile(access).error().retry_after, 90s);
}

TEST_F(OAuth, subscribes_and_believes_only_what_it_can_read_back)
{
    const auto access = connect();
    ASSERT_TRUE(instagram->subscribe(access));
    sandbox.inject({.route = "subscribed_apps",
                    .skip = 1,
                    .status = 200,
                    .body = R"({"data":[{"subscribed_fields":["comments"]}]})"});
    const auto silent = instagram->subscribe(access);
    ASSERT_FALSE(silent);
    EXPECT_EQ(silent.error().code, "local/not_subscribed");
}

TEST_F(OAuth, subscribes_to_less_where_a_field_is_not_offered)
{
    const auto access = connect();
    sandbox.inject(
        {.route = "subscribed_apps", .code = 100, .message = "(#100) Param subscribed_fields[6] must be one of {…}"});
    EXPECT_TRUE(instagram->subscribe(access));
}

TEST_F(OAuth, disconnects_an_account)
{
    const auto access = connect();
    ASSERT_TRUE(instagram->subscribe(access));
    ASSERT_TRUE(instagram->disconnect(access));
    EXPECT_EQ(instagram->profile(access).error().kind, FailureClass::reconnect);
}

TEST_F(OAuth, checks_the_webhooks_signature_and_handshake)
{
    EXPECT_TRUE(instagram->verify_handshake("subscribe", "sandbox-verify-token", "42"));
    EXPECT_FALSE(instagram->verify_signature("{}", "sha256=0"));
}

}  // namespace
}  // namespace ss::instagram::test

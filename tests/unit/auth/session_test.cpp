// Sessions: tokens, refresh, log-out, and what holds when the key-value store or the database is away.
#include "fixture.hpp"

#include <ss/jwt.hpp>

#include <algorithm>
#include <mutex>
#include <set>
#include <thread>

namespace ss::auth {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class SessionTest : public AuthTest {};
INSTANTIATE_TEST_SUITE_P(Engines, SessionTest, testing::engines(), testing::engine_name);

TEST_P(SessionTest, creates_a_session_in_redis_at_login)
{
    const auto tokens = registered().tokens;
    EXPECT_TRUE(key_value.get("session:" + tokens.session));
    const auto second = log_in("ana@loja.example", kPassword).value().tokens;
    EXPECT_TRUE(key_value.get("session:" + second.session));
}

TEST_P(SessionTest, a_request_costs_no_database_call_while_the_session_is_mirrored)
{
    const auto tokens = registered().tokens;
    const auto before = database.calls();
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(auth->authenticate(tokens.access).value().role, Role::owner);
    }
    EXPECT_EQ(database.calls(), before);
    clock.advance(seconds{61});
    EXPECT_TRUE(auth->authenticate(tokens.access));
    EXPECT_EQ(database.calls(), before + 1) << "read anew after the mirror's lifetime";
    EXPECT_TRUE(auth->authenticate(tokens.access));
    EXPECT_EQ(database.calls(), before + 1) << "and mirrored again";
}

TEST_P(SessionTest, validates_the_jwt_on_protected_routes)
{
    const auto tokens = registered().tokens;
    EXPECT_TRUE(auth->authenticate(tokens.access));
    for (const auto& token : {std::string{}, std::string{"garbage"}, tokens.refresh, tokens.access + "x",
                              tokens.access.substr(0, tokens.access.size() - 5)}) {
        EXPECT_EQ(code_of(auth->authenticate(token)), Errc::unauthenticated) << token;
    }
    const auto forge = [&](std::string secret, std::string audience, std::string session) {
        const auto jwt =
            crypto::Jwt::create({{"a1", Secret{std::move(secret)}}}, {"social-selling", std::move(audience)}).value();
        return jwt.sign({"1", "x", clock.now(), clock.now() + minutes{5}, {}, {{"sid", std::move(session)}}});
    };
    const std::string ours(32, 'a');
    EXPECT_TRUE(auth->authenticate(forge(ours, "social-selling-api", tokens.session)));
    EXPECT_FALSE(auth->authenticate(forge(std::string(32, 'b'), "social-selling-api", tokens.session)));
    EXPECT_FALSE(auth->authenticate(forge(ours, "another-api", tokens.session)));
    EXPECT_FALSE(auth->authenticate(forge(ours, "social-selling-api", "no-such-session")));
    clock.advance(minutes{15} + seconds{10});
    EXPECT_EQ(code_of(auth->authenticate(tokens.access)), Errc::unauthenticated) << "expired";
}

TEST_P(SessionTest, a_token_of_one_user_does_not_open_anothers_session)
{
    const auto ana = registered("ana@loja.example").tokens;
    const auto bia = registered("bia@loja.example");
    const auto jwt =
        crypto::Jwt::create({{"a1", Secret{std::string(32, 'a')}}}, {"social-selling", "social-selling-api"}).value();
    const auto mixed = jwt.sign(
        {std::to_string(bia.user.id.value), "x", clock.now(), clock.now() + minutes{5}, {}, {{"sid", ana.session}}});
    EXPECT_FALSE(auth->authenticate(mixed));
    clock.advance(seconds{61});
    EXPECT_FALSE(auth->authenticate(mixed)) << "nor when the database is asked";
}

TEST_P(SessionTest, refreshes_with_a_valid_refresh_token)
{
    const auto first = registered().tokens;
    clock.advance(minutes{20});
    EXPECT_FALSE(auth->authenticate(first.access));
    const auto second = auth->refresh(first.refresh, kBrowser).value();
    EXPECT_EQ(second.session, first.session);
    EXPECT_NE(second.refresh, first.refresh);
    EXPECT_TRUE(auth->authenticate(second.access));
    EXPECT_TRUE(auth->refresh(second.refresh, kBrowser));
}

TEST_P(SessionTest, rejects_an_expired_refresh_token)
{
    const auto idle = registered("ana@loja.example").tokens;
    clock.advance(hours{14 * 24});
    EXPECT_EQ(code_of(auth->refresh(idle.refresh, kBrowser)), Errc::unauthenticated) << "not used for too long";

    auto tokens = registered("bia@loja.example").tokens;
    for (int day = 0; day < 29; ++day) {
        clock.advance(hours{24});
        tokens = auth->refresh(tokens.refresh, kBrowser).value();
    }
    EXPECT_LE(tokens.refresh_expires_at, clock.now() + hours{24});
    clock.advance(hours{24});
    EXPECT_EQ(code_of(auth->refresh(tokens.refresh, kBrowser)), Errc::unauthenticated) << "the absolute limit";
}

TEST_P(SessionTest, rejects_forged_refresh_tokens)
{
    const auto tokens = registered().tokens;
    for (std::size_t i = 0; i < tokens.refresh.size(); ++i) {
        auto changed = tokens.refresh;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        EXPECT_EQ(code_of(auth->refresh(changed, kBrowser)), Errc::unauthenticated) << i;
    }
    EXPECT_EQ(code_of(auth->refresh(std::string(1'000'000, 'x'), kBrowser)), Errc::unauthenticated);
    EXPECT_EQ(code_of(auth->refresh(tokens.access, kBrowser)), Errc::unauthenticated);
    EXPECT_TRUE(auth->refresh(tokens.refresh, kBrowser)) << "a forgery does not end the session";
}

TEST_P(SessionTest, the_token_just_replaced_gives_the_same_successor_for_ten_seconds)
{
    const auto first = registered().tokens;
    const auto second = auth->refresh(first.refresh, kBrowser).value();
    clock.advance(seconds{9});
    const auto again = auth->refresh(first.refresh, kBrowser).value();
    EXPECT_EQ(again.refresh, second.refresh);
    EXPECT_TRUE(auth->authenticate(again.access));
    clock.advance(seconds{1});
    EXPECT_EQ(code_of(auth->refresh(first.refresh, kBrowser)), Errc::unauthenticated);
    EXPECT_EQ(code_of(auth->refresh(second.refresh, kBrowser)), Errc::unauthenticated) << "the family is dead";
    EXPECT_EQ(code_of(auth->authenticate(second.access)), Errc::unauthenticated);
}

TEST_P(SessionTest, a_token_two_generations_old_ends_the_session_and_is_written_down)
{
    std::vector<std::string> closed;
    auto options = quick_options();
    options.ended = [&](UserId, std::string_view session) { closed.emplace_back(session); };
    start(std::move(options));
    const auto first = registered().tokens;
    const auto second = auth->refresh(first.refresh, kBrowser).value();
    const auto third = auth->refresh(second.refresh, kBrowser).value();
    EXPECT_EQ(code_of(auth->refresh(first.refresh, kBrowser)), Errc::unauthenticated) << "also within the ten seconds";
    EXPECT_EQ(code_of(auth->refresh(third.refresh, kBrowser)), Errc::unauthenticated);
    EXPECT_EQ(code_of(auth->authenticate(third.access)), Errc::unauthenticated);
    EXPECT_EQ(closed, std::vector{first.session});
    const auto fresh = log_in("ana@loja.example", kPassword).value();
    const auto log = actions(caller(fresh.tokens));
    EXPECT_EQ(std::ranges::count(log, "session.refresh_reused"), 1);
}

TEST_P(SessionTest, of_100_parallel_refreshes_one_successor_lives)
{
    const auto first = registered().tokens;
    std::mutex mutex;
    std::set<std::string> successors;
    std::atomic<int> failed{0};
    std::vector<std::jthread> threads;
    for (int i = 0; i < 100; ++i) {
        threads.emplace_back([&] {
            const auto tokens = auth->refresh(first.refresh, kBrowser);
            if (!tokens) {
                ++failed;
                return;
            }
            const std::lock_guard hold{mutex};
            successors.insert(tokens->refresh);
        });
    }
    threads.clear();
    EXPECT_EQ(failed, 0);
    ASSERT_EQ(successors.size(), 1U);
    EXPECT_TRUE(auth->refresh(*successors.begin(), kBrowser));
}

TEST_P(SessionTest, deletes_the_session_at_logout)
{
    const auto tokens = registered().tokens;
    const auto who = caller(tokens);
    ASSERT_TRUE(auth->log_out(who));
    EXPECT_EQ(code_of(auth->refresh(tokens.refresh, kBrowser)), Errc::unauthenticated);
    EXPECT_TRUE(auth->sessions(who).value().empty());
    EXPECT_TRUE(auth->log_out(who)) << "twice does no harm";
}

TEST_P(SessionTest, rejects_a_token_after_logout)
{
    const auto tokens = registered().tokens;
    const auto other_daemon = make(quick_options());
    ASSERT_TRUE(other_daemon->authenticate(tokens.access));
    ASSERT_TRUE(auth->log_out(caller(tokens)));
    EXPECT_EQ(code_of(auth->authenticate(tokens.access)), Errc::unauthenticated);
    EXPECT_EQ(code_of(other_daemon->authenticate(tokens.access)), Errc::unauthenticated);
    for (int minute = 0; minute < 16; ++minute) {
        clock.advance(minutes{1});
        EXPECT_FALSE(auth->authenticate(tokens.access)) << minute;
    }
}

TEST_P(SessionTest, with_redis_away_the_database_decides)
{
    const auto tokens = registered().tokens;
    key_value.set_away(true);
    EXPECT_TRUE(auth->authenticate(tokens.access));
    ASSERT_TRUE(auth->log_out(caller(tokens)));
    EXPECT_EQ(code_of(auth->authenticate(tokens.access)), Errc::unauthenticated);
}

TEST_P(SessionTest, a_logout_while_redis_is_away_holds_when_redis_comes_back)
{
    const auto tokens = registered().tokens;
    ASSERT_TRUE(key_value.get("session:" + tokens.session));
    const auto who = caller(tokens);
    key_value.set_away(true);
    ASSERT_TRUE(auth->log_out(who));
    key_value.set_away(false);
    ASSERT_TRUE(key_value.get("session:" + tokens.session)) << "Redis still has the session of before";
    EXPECT_EQ(code_of(auth->authenticate(tokens.access)), Errc::unauthenticated);
    const auto other_daemon = make(quick_options());
    EXPECT_EQ(code_of(other_daemon->authenticate(tokens.access)), Errc::unauthenticated) << "it was told meanwhile";
}

TEST_P(SessionTest, with_redis_and_database_away_nobody_is_let_in)
{
    const auto tokens = registered().tokens;
    key_value.set_away(true);
    database.set_away(true);
    EXPECT_EQ(code_of(auth->authenticate(tokens.access)), Errc::unavailable);
}

TEST_P(SessionTest, logs_out_everywhere)
{
    const auto first = registered().tokens;
    const auto second = log_in("ana@loja.example", kPassword).value().tokens;
    EXPECT_EQ(auth->log_out_everywhere(caller(second)).value(), 2);
    EXPECT_FALSE(auth->authenticate(first.access));
    EXPECT_FALSE(auth->authenticate(second.access));
}

TEST_P(SessionTest, lists_and_ends_single_sessions_of_ones_own)
{
    const auto first = registered().tokens;
    clock.advance(seconds{5});
    const auto second =
        auth->log_in("ana@loja.example", kPassword, {"192.0.2.1", "Phone\x01\xff"}).result.value().tokens;
    const auto stranger = caller(registered("bia@outra.example").tokens);
    const auto who = caller(second);
    const auto list = auth->sessions(who).value();
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(list[0].id, second.session);
    EXPECT_TRUE(list[0].is_current);
    EXPECT_EQ(list[0].address, "192.0.2.1");
    EXPECT_TRUE(list[0].user_agent.starts_with("Phone"));
    EXPECT_FALSE(list[1].is_current);
    EXPECT_EQ(code_of(auth->end_session(stranger, first.session)), Errc::not_found);
    EXPECT_TRUE(auth->authenticate(first.access));
    ASSERT_TRUE(auth->end_session(who, first.session));
    EXPECT_FALSE(auth->authenticate(first.access));
    EXPECT_TRUE(auth->authenticate(second.access));
    EXPECT_EQ(code_of(auth->end_session(who, first.session)), Errc::not_found);
}

TEST_P(SessionTest, a_password_change_ends_the_other_sessions)
{
    const auto first = registered().tokens;
    const auto second = log_in("ana@loja.example", kPassword).value().tokens;
    const auto who = caller(second);
    EXPECT_EQ(code_of(auth->change_password(who, "wrong one entirely", "violet engine on monday")),
              Errc::bad_credentials);
    EXPECT_EQ(code_of(auth->change_password(who, kPassword, "short")), Errc::weak_password);
    ASSERT_TRUE(auth->change_password(who, kPassword, "violet engine on monday"));
    EXPECT_FALSE(auth->authenticate(first.access));
    EXPECT_TRUE(auth->authenticate(second.access));
    EXPECT_EQ(code_of(log_in("ana@loja.example", kPassword)), Errc::bad_credentials);
    EXPECT_TRUE(log_in("ana@loja.example", "violet engine on monday"));
}

TEST_P(SessionTest, guessing_the_current_password_is_limited)
{
    const auto who = caller(registered().tokens);
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(code_of(auth->change_password(who, "guess", "violet engine on monday")), Errc::bad_credentials);
    }
    EXPECT_EQ(code_of(auth->change_password(who, kPassword, "violet engine on monday")), Errc::limited);
}

TEST_P(SessionTest, tokens_survive_a_change_of_keys)
{
    const auto tokens = registered().tokens;
    auto options = quick_options();
    options.access_keys.insert(options.access_keys.begin(), {"a2", Secret{std::string(32, 'A')}});
    options.refresh_keys.insert(options.refresh_keys.begin(), {"r2", Secret{std::string(32, 'R')}});
    start(std::move(options));
    EXPECT_TRUE(auth->authenticate(tokens.access));
    EXPECT_TRUE(auth->refresh(tokens.refresh, kBrowser));
}

TEST_P(SessionTest, the_database_holds_no_token)
{
    const auto tokens = registered().tokens;
    EXPECT_EQ(tokens.refresh.find("ssr_" + tokens.session + ".1."), 0U) << "the rest is computed, not stored";
}

TEST_P(SessionTest, sweeps_what_ended_long_ago)
{
    registered();
    EXPECT_EQ(code_of(log_in("ana@loja.example", "tangerine lamp under fire")), Errc::bad_credentials);
    EXPECT_EQ(auth->sweep().value(), 0);
    clock.advance(hours{24 * 200});
    EXPECT_EQ(auth->sweep().value(), 2);
}

}  // namespace
}  // namespace ss::auth

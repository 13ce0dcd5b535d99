// Users of a workspace, roles, API keys: who may, and only in the own workspace.
#include "fixture.hpp"

#include <thread>

namespace ss::auth {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class UserTest : public AuthTest {
protected:
    User add(const Caller& who, const std::string& email, Role role)
    {
        return auth->add_user(who, {email, "Name", role, Secret{kPassword}}).value();
    }
    Caller as(const std::string& email) { return caller(log_in(email, kPassword).value().tokens); }
};
INSTANTIATE_TEST_SUITE_P(Engines, UserTest, testing::engines(), testing::engine_name);

TEST_P(UserTest, an_admin_adds_users_who_can_log_in)
{
    const auto owner = caller(registered().tokens);
    const auto agent = add(owner, "Caio@loja.example", Role::agent);
    EXPECT_EQ(agent.workspace, owner.workspace);
    const auto who = as("caio@loja.example");
    EXPECT_EQ(who.role, Role::agent);
    EXPECT_EQ(who.workspace, owner.workspace);
    EXPECT_EQ(code_of(auth->add_user(owner, {"caio@loja.example", "X", Role::agent, Secret{kPassword}})),
              Errc::email_taken);
    EXPECT_EQ(code_of(auth->add_user(owner, {"y@loja.example", "X", Role::agent, Secret{"short"}})),
              Errc::weak_password);
}

TEST_P(UserTest, roles_below_admin_may_not_manage_users)
{
    const auto owner = caller(registered().tokens);
    const auto target = add(owner, "t@loja.example", Role::viewer);
    for (const auto role : {Role::viewer, Role::agent}) {
        const auto email = std::string{to_string(role)} + "@loja.example";
        add(owner, email, role);
        const auto who = as(email);
        EXPECT_EQ(code_of(auth->users(who, {}, 10)), Errc::forbidden);
        EXPECT_EQ(code_of(auth->user(who, target.id)), Errc::forbidden);
        EXPECT_EQ(code_of(auth->add_user(who, {"n@loja.example", "N", Role::viewer, Secret{kPassword}})),
                  Errc::forbidden);
        EXPECT_EQ(code_of(auth->change_role(who, target.id, Role::agent)), Errc::forbidden);
        EXPECT_EQ(code_of(auth->change_role(who, who.user, Role::owner)), Errc::forbidden);
        EXPECT_EQ(code_of(auth->lock(who, target.id)), Errc::forbidden);
        EXPECT_EQ(code_of(auth->unlock(who, target.id)), Errc::forbidden);
        EXPECT_EQ(code_of(auth->set_password(who, target.id, kPassword)), Errc::forbidden);
        EXPECT_EQ(code_of(auth->end_sessions_of(who, target.id)), Errc::forbidden);
        EXPECT_EQ(code_of(auth->create_key(who, {"k", role, {"messages:read"}, {}})), Errc::forbidden);
        EXPECT_EQ(code_of(auth->keys(who)), Errc::forbidden);
        EXPECT_EQ(code_of(auth->audit(who, {}, 10)), Errc::forbidden);
    }
}

TEST_P(UserTest, an_admin_does_not_reach_owners)
{
    const auto owner = caller(registered().tokens);
    add(owner, "admin@loja.example", Role::admin);
    const auto admin = as("admin@loja.example");
    EXPECT_EQ(code_of(auth->change_role(admin, owner.user, Role::viewer)), Errc::forbidden);
    EXPECT_EQ(code_of(auth->change_role(admin, admin.user, Role::owner)), Errc::forbidden);
    EXPECT_EQ(code_of(auth->lock(admin, owner.user)), Errc::forbidden);
    EXPECT_EQ(code_of(auth->set_password(admin, owner.user, "violet engine on monday")), Errc::forbidden);
    EXPECT_EQ(code_of(auth->end_sessions_of(admin, owner.user)), Errc::forbidden);
    EXPECT_EQ(code_of(auth->add_user(admin, {"o@loja.example", "O", Role::owner, Secret{kPassword}})), Errc::forbidden);
    EXPECT_EQ(code_of(auth->create_key(admin, {"k", Role::owner, {"messages:read"}, {}})), Errc::forbidden);
}

TEST_P(UserTest, another_workspaces_users_do_not_exist)
{
    const auto ana = caller(registered("ana@loja.example").tokens);
    const auto bia = caller(registered("bia@outra.example").tokens);
    EXPECT_EQ(code_of(auth->user(ana, bia.user)), Errc::not_found);
    EXPECT_EQ(code_of(auth->change_role(ana, bia.user, Role::viewer)), Errc::not_found);
    EXPECT_EQ(code_of(auth->lock(ana, bia.user)), Errc::not_found);
    EXPECT_EQ(code_of(auth->unlock(ana, bia.user)), Errc::not_found);
    EXPECT_EQ(code_of(auth->set_password(ana, bia.user, "violet engine on monday")), Errc::not_found);
    EXPECT_EQ(code_of(auth->end_sessions_of(ana, bia.user)), Errc::not_found);
    const auto key = auth->create_key(bia, {"k", Role::agent, {"messages:read"}, {}}).value();
    EXPECT_EQ(code_of(auth->revoke_key(ana, key.key.id)), Errc::not_found);
    EXPECT_TRUE(auth->keys(ana).value().empty());
    ASSERT_EQ(auth->users(ana, {}, 100).value().items.size(), 1U);
    const auto listed = auth->audit(ana, {}, 100).value();
    for (const auto& entry : listed.items) {
        EXPECT_EQ(entry.detail.find("outra"), std::string::npos);
    }
    EXPECT_EQ(auth->me(bia).value().role, Role::owner);
}

TEST_P(UserTest, a_changed_role_holds_at_once)
{
    const auto owner = caller(registered().tokens);
    const auto agent = add(owner, "caio@loja.example", Role::agent);
    const auto tokens = log_in("caio@loja.example", kPassword).value().tokens;
    EXPECT_EQ(auth->authenticate(tokens.access).value().role, Role::agent);
    ASSERT_TRUE(auth->change_role(owner, agent.id, Role::viewer));
    EXPECT_EQ(auth->authenticate(tokens.access).value().role, Role::viewer);
    clock.advance(minutes{2});
    EXPECT_EQ(auth->authenticate(tokens.access).value().role, Role::viewer);
}

TEST_P(UserTest, a_locked_user_is_out_at_once_and_back_after_unlock)
{
    const auto owner = caller(registered().tokens);
    const auto agent = add(owner, "caio@loja.example", Role::agent);
    const auto tokens = log_in("caio@loja.example", kPassword).value().tokens;
    ASSERT_TRUE(auth->authenticate(tokens.access));
    ASSERT_TRUE(auth->lock(owner, agent.id));
    EXPECT_EQ(code_of(auth->authenticate(tokens.access)), Errc::unauthenticated);
    EXPECT_EQ(code_of(auth->refresh(tokens.refresh, kBrowser)), Errc::unauthenticated);
    EXPECT_EQ(code_of(log_in("caio@loja.example", kPassword)), Errc::forbidden);
    EXPECT_EQ(code_of(log_in("caio@loja.example", "wrong one entirely")), Errc::bad_credentials) << "says nothing";
    EXPECT_TRUE(auth->user(owner, agent.id).value().is_locked);
    ASSERT_TRUE(auth->unlock(owner, agent.id));
    EXPECT_FALSE(auth->authenticate(tokens.access)) << "the old session stays ended";
    EXPECT_TRUE(log_in("caio@loja.example", kPassword));
}

TEST_P(UserTest, a_password_set_by_an_admin_ends_the_users_sessions)
{
    const auto owner = caller(registered().tokens);
    const auto agent = add(owner, "caio@loja.example", Role::agent);
    const auto tokens = log_in("caio@loja.example", kPassword).value().tokens;
    ASSERT_TRUE(auth->set_password(owner, agent.id, "violet engine on monday"));
    EXPECT_FALSE(auth->authenticate(tokens.access));
    EXPECT_TRUE(log_in("caio@loja.example", "violet engine on monday"));
}

TEST_P(UserTest, a_workspace_keeps_an_owner)
{
    const auto owner = caller(registered().tokens);
    EXPECT_EQ(code_of(auth->change_role(owner, owner.user, Role::admin)), Errc::conflict);
    EXPECT_EQ(code_of(auth->lock(owner, owner.user)), Errc::conflict);
    EXPECT_EQ(code_of(auth->lock(operator_of(owner.workspace), owner.user)), Errc::conflict);
    const auto second = add(owner, "bia@loja.example", Role::owner);
    EXPECT_TRUE(auth->change_role(owner, owner.user, Role::admin));
    EXPECT_EQ(code_of(auth->change_role(operator_of(owner.workspace), second.id, Role::admin)), Errc::conflict);
}

TEST_P(UserTest, two_owners_who_demote_each_other_leave_one)
{
    const auto first = caller(registered().tokens);
    add(first, "bia@loja.example", Role::owner);
    const auto second = as("bia@loja.example");
    for (int round = 0; round < 10; ++round) {
        {
            const std::jthread one{[&] { static_cast<void>(auth->change_role(first, second.user, Role::admin)); }};
            const std::jthread two{[&] { static_cast<void>(auth->change_role(second, first.user, Role::admin)); }};
        }
        int owners = 0;
        const auto listed = auth->users(operator_of(first.workspace), {}, 10).value();
        for (const auto& user : listed.items) {
            owners += user.role == Role::owner ? 1 : 0;
        }
        EXPECT_EQ(owners, 1);
        const auto boss = operator_of(first.workspace);
        EXPECT_TRUE(auth->change_role(boss, first.user, Role::owner));
        EXPECT_TRUE(auth->change_role(boss, second.user, Role::owner));
    }
}

TEST_P(UserTest, lists_users_in_pages)
{
    const auto owner = caller(registered().tokens);
    for (int i = 0; i < 6; ++i) {
        add(owner, "u" + std::to_string(i) + "@loja.example", Role::agent);
    }
    std::vector<std::string> emails;
    std::string cursor;
    do {
        const auto page = auth->users(owner, cursor, 3).value();
        EXPECT_LE(page.items.size(), 3U);
        for (const auto& user : page.items) {
            emails.push_back(user.email);
        }
        cursor = page.next;
    } while (!cursor.empty());
    EXPECT_EQ(emails.size(), 7U);
    EXPECT_EQ(code_of(auth->users(owner, "junk", 3)), Errc::invalid);
    EXPECT_EQ(auth->find_user("U3@loja.example").value().email, "u3@loja.example");
    EXPECT_EQ(code_of(auth->find_user("nobody@loja.example")), Errc::not_found);
}

TEST_P(UserTest, an_api_key_is_shown_once_and_works_with_its_scopes)
{
    const auto owner = caller(registered().tokens);
    const auto created = auth->create_key(owner, {"Robot", Role::agent, {"messages:read", "posts:write"}, {}}).value();
    const std::string token{created.token.reveal()};
    const auto who = auth->authenticate_key(token).value();
    EXPECT_EQ(who.workspace, owner.workspace);
    EXPECT_EQ(who.role, Role::agent);
    EXPECT_TRUE(has_scope(who, "messages:read"));
    EXPECT_FALSE(has_scope(who, "messages:write"));
    EXPECT_TRUE(has_scope(owner, "messages:write"));
    const auto listed = auth->keys(owner).value();
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].last_used_at, clock.now());
    EXPECT_TRUE(token.starts_with(listed[0].prefix));
    EXPECT_LT(listed[0].prefix.size(), 12U);
    EXPECT_FALSE(auth->authenticate_key(token + "x"));
    EXPECT_FALSE(auth->authenticate_key(crypto::sha256_hex(token))) << "the stored hash is not a key";
    ASSERT_TRUE(auth->revoke_key(owner, created.key.id));
    EXPECT_EQ(code_of(auth->authenticate_key(token)), Errc::unauthenticated);
    EXPECT_EQ(code_of(auth->revoke_key(owner, created.key.id)), Errc::not_found);
}

TEST_P(UserTest, an_api_key_expires_and_falls_with_its_user)
{
    const auto owner = caller(registered().tokens);
    const auto brief =
        auth->create_key(owner, {"Brief", Role::agent, {"messages:read"}, clock.now() + hours{1}}).value();
    clock.advance(hours{1});
    EXPECT_FALSE(auth->authenticate_key(brief.token.reveal()));

    const auto admin_user = add(owner, "admin@loja.example", Role::admin);
    const auto admin = as("admin@loja.example");
    const auto key = auth->create_key(admin, {"Robot", Role::admin, {"messages:read"}, {}}).value();
    ASSERT_TRUE(auth->change_role(owner, admin_user.id, Role::viewer));
    EXPECT_EQ(auth->authenticate_key(key.token.reveal()).value().role, Role::viewer) << "never above its user";
    ASSERT_TRUE(auth->lock(owner, admin_user.id));
    EXPECT_FALSE(auth->authenticate_key(key.token.reveal()));
}

TEST_P(UserTest, an_api_key_cannot_manage_users_or_keys)
{
    const auto owner = caller(registered().tokens);
    const auto created = auth->create_key(owner, {"Robot", Role::owner, {"users:write"}, {}}).value();
    const auto robot = auth->authenticate_key(created.token.reveal()).value();
    EXPECT_EQ(code_of(auth->create_key(robot, {"More", Role::owner, {"users:write"}, {}})), Errc::forbidden);
    EXPECT_EQ(code_of(auth->add_user(robot, {"n@loja.example", "N", Role::owner, Secret{kPassword}})), Errc::forbidden);
    EXPECT_EQ(code_of(auth->change_password(robot, kPassword, "violet engine on monday")), Errc::forbidden);
    EXPECT_EQ(code_of(auth->log_out_everywhere(robot)), Errc::forbidden);
}

TEST_P(UserTest, refuses_malformed_api_keys)
{
    const auto owner = caller(registered().tokens);
    for (const auto& scopes : std::vector<std::vector<std::string>>{
             {}, {"all"}, {"messages"}, {"messages:delete"}, {"a b:read"}, {":read"}}) {
        EXPECT_EQ(code_of(auth->create_key(owner, {"k", Role::agent, scopes, {}})), Errc::invalid);
    }
    EXPECT_EQ(code_of(auth->create_key(owner, {"", Role::agent, {"messages:read"}, {}})), Errc::invalid);
    EXPECT_EQ(code_of(auth->create_key(owner, {"k", Role::agent, {"messages:read"}, clock.now()})), Errc::invalid);
}

}  // namespace
}  // namespace ss::auth

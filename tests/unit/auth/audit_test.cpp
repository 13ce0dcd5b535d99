// The audit log: complete, in order, and every tampering found.
#include "fixture.hpp"

#include <thread>

namespace ss::auth {
namespace {

class AuditTest : public AuthTest {
protected:
    AuditProof proof(WorkspaceId workspace) { return auth->verify_audit(workspace).value(); }
};
INSTANTIATE_TEST_SUITE_P(Engines, AuditTest, testing::engines(), testing::engine_name);

TEST_P(AuditTest, tells_who_did_what_newest_first)
{
    auto owner = caller(registered().tokens);
    owner.address = "203.0.113.9";
    const auto agent = auth->add_user(owner, {"caio@loja.example", "Caio", Role::agent, Secret{kPassword}}).value();
    ASSERT_TRUE(auth->change_role(owner, agent.id, Role::viewer));
    ASSERT_TRUE(auth->lock(owner, agent.id));
    EXPECT_FALSE(log_in("caio@loja.example", kPassword));
    ASSERT_TRUE(auth->record(owner, "account.connected", "account:3", {{"name", "@loja"}}));
    const auto page = auth->audit(owner, {}, 3).value();
    ASSERT_EQ(page.items.size(), 3U);
    EXPECT_EQ(page.items[0].action, "account.connected");
    EXPECT_EQ(page.items[0].detail, R"({"name":"@loja"})");
    EXPECT_EQ(page.items[0].address, "203.0.113.9");
    EXPECT_EQ(page.items[0].actor, "user:" + std::to_string(owner.user.value));
    EXPECT_EQ(page.items[1].action, "session.login_refused");
    EXPECT_EQ(page.items[2].action, "user.locked");
    EXPECT_EQ(page.items[2].target, "user:" + std::to_string(agent.id.value));
    const auto rest = auth->audit(owner, page.next, 100).value();
    ASSERT_EQ(rest.items.size(), 3U);
    EXPECT_EQ(rest.items[2].action, "workspace.created");
    EXPECT_TRUE(rest.next.empty());
}

TEST_P(AuditTest, a_change_that_fails_leaves_no_entry)
{
    const auto owner = caller(registered().tokens);
    const auto before = proof(owner.workspace).entries;
    EXPECT_FALSE(auth->change_role(owner, owner.user, Role::viewer));
    EXPECT_FALSE(auth->add_user(owner, {"ana@loja.example", "X", Role::agent, Secret{kPassword}}));
    EXPECT_EQ(proof(owner.workspace).entries, before);
}

TEST_P(AuditTest, holds_no_password_and_no_token)
{
    const auto owner = caller(registered().tokens);
    const auto key = auth->create_key(owner, {"k", Role::agent, {"messages:read"}, {}}).value();
    EXPECT_FALSE(log_in("ana@loja.example", "guessed secret words"));
    const auto listed = auth->audit(owner, {}, 100).value();
    for (const auto& entry : listed.items) {
        for (const auto& secret : {kPassword, std::string{"guessed"}, std::string{key.token.reveal()}}) {
            EXPECT_EQ(entry.detail.find(secret), std::string::npos);
            EXPECT_EQ(entry.target.find(secret), std::string::npos);
        }
    }
}

TEST_P(AuditTest, a_sound_log_is_proven)
{
    const auto owner = caller(registered().tokens);
    for (int i = 0; i < 510; ++i) {
        ASSERT_TRUE(auth->record(owner, "test.done", "x"));
    }
    const auto result = proof(owner.workspace);
    EXPECT_TRUE(result.is_sound) << result.reason;
    EXPECT_EQ(result.entries, 511);
    EXPECT_TRUE(proof(WorkspaceId{99}).is_sound) << "nothing there, nothing wrong";
}

TEST_P(AuditTest, finds_every_tampering)
{
    const auto owner = caller(registered().tokens);
    for (int i = 0; i < 9; ++i) {
        ASSERT_TRUE(auth->record(owner, "test.done", "x", {{"i", std::to_string(i)}}));
    }
    const auto head = real->read([&](storage::Session& session) {
                              return session.execute({"test.head",
                                                      "select hash from audit_head",
                                                      "select hash from audit_head",
                                                      std::array{storage::ColumnType::text},
                                                      {}},
                                                     {});
                          })
                          .value();
    const auto& head_text = std::get<std::string>(head.values.at(0));
    const std::vector<std::pair<std::string, std::string>> attacks{
        {"update audit_entry set actor = 'user:9' where sequence = 5",
         "update audit_entry set actor = 'user:1' where sequence = 5"},
        {"update audit_entry set at = at + 1 where sequence = 10",
         "update audit_entry set at = at - 1 where sequence = 10"},
        {"update audit_entry set address = 'x' where sequence = 1",
         "update audit_entry set address = '" + next_address() + "' where sequence = 1"},
        {"update audit_entry set sequence = 99 where sequence = 5",
         "update audit_entry set sequence = 5 where sequence = 99"},
        {"update audit_entry set workspace_id = 77 where sequence = 10",
         "update audit_entry set workspace_id = " + std::to_string(owner.workspace.value) + " where sequence = 10"},
        {"update audit_head set sequence = 9", "update audit_head set sequence = 10"},
        {"update audit_head set hash = 'x'", "update audit_head set hash = '" + head_text + "'"},
    };
    script("update audit_entry set address = '' where sequence = 1");
    EXPECT_FALSE(proof(owner.workspace).is_sound);
    script("update audit_entry set address = '198.51.0.1' where sequence = 1");
    ASSERT_TRUE(proof(owner.workspace).is_sound);
    for (const auto& [attack, undo] : attacks) {
        script(attack);
        EXPECT_FALSE(proof(owner.workspace).is_sound) << attack;
        script(attack.find("address") == std::string::npos
                   ? undo
                   : "update audit_entry set address = '198.51.0.1' where sequence = 1");
        EXPECT_TRUE(proof(owner.workspace).is_sound) << undo;
    }
}

TEST_P(AuditTest, finds_a_tail_cut_off_and_entries_removed)
{
    const auto owner = caller(registered().tokens);
    for (int i = 0; i < 9; ++i) {
        ASSERT_TRUE(auth->record(owner, "test.done", "x"));
    }
    script("delete from audit_entry where sequence = 10");
    EXPECT_EQ(proof(owner.workspace).first_bad, 10);
    script("update audit_head set sequence = 9");
    EXPECT_FALSE(proof(owner.workspace).is_sound) << "moving the head does not help";
    script("delete from audit_entry where sequence = 4");
    EXPECT_EQ(proof(owner.workspace).first_bad, 5);
    script("delete from audit_head; delete from audit_entry where sequence > 2");
    EXPECT_FALSE(proof(owner.workspace).is_sound) << "nor does losing it";
}

TEST_P(AuditTest, entries_are_bound_to_the_key)
{
    const auto owner = caller(registered().tokens);
    auto options = quick_options();
    options.audit_keys.insert(options.audit_keys.begin(), {"l2", Secret{std::string(32, 'L')}});
    start(std::move(options));
    ASSERT_TRUE(auth->record(owner, "test.done", "x"));
    EXPECT_TRUE(proof(owner.workspace).is_sound) << "old and new key together";
    options = quick_options();
    options.audit_keys = {{"l1", Secret{std::string(32, 'z')}}};
    start(std::move(options));
    EXPECT_FALSE(proof(owner.workspace).is_sound);
}

TEST_P(AuditTest, stays_a_chain_when_many_write_at_once)
{
    const auto owner = caller(registered().tokens);
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
                for (int round = 0; round < 10; ++round) {
                    EXPECT_TRUE(auth->record(owner, "test.done", "x"));
                }
            });
        }
    }
    const auto result = proof(owner.workspace);
    EXPECT_TRUE(result.is_sound) << result.reason;
    EXPECT_EQ(result.entries, 81);
}

TEST_P(AuditTest, the_first_entries_of_a_workspace_may_come_at_once)
{
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
                EXPECT_EQ(
                    code_of(auth->log_in("nobody@x.example", kPassword, {next_address(), {}}).result) == Errc::internal,
                    false);
            });
        }
    }
    EXPECT_TRUE(proof(WorkspaceId{}).is_sound);
}

}  // namespace
}  // namespace ss::auth

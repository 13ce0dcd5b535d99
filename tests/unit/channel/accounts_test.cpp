// Connected accounts: sealed tokens, one workspace each, states; and the words of a channel.

#include <ss/channel.hpp>
#include <ss/crypto.hpp>
#include <ss/storage.hpp>
#include <ss/testing/migrated.hpp>

#include <gtest/gtest.h>

#include <set>

namespace ss::channel {
namespace {

using namespace std::chrono_literals;

class AccountsTest : public ::testing::TestWithParam<storage::Engine> {
protected:
    static Profile profile(std::string external_id = "17841")
    {
        Profile profile;
        profile.external_id = std::move(external_id);
        profile.app_scoped_id = "app-scoped";
        profile.username = "loja";
        profile.name = "Loja da Maria ✨";
        profile.picture_url = "https://example.invalid/p.jpg";
        profile.account_type = "BUSINESS";
        profile.followers = 5'000'000'000;
        return profile;
    }
    Token token(std::string value = "IGQ-very-secret")
    {
        return {Secret{std::move(value)}, clock_.now() + 24h * 60, {"instagram_business_basic"}};
    }
    AccountId connect(WorkspaceId workspace = WorkspaceId{1}, std::string external_id = "17841")
    {
        return accounts_.connect(workspace, "instagram", profile(std::move(external_id)), token()).value();
    }

    ss::testing::MigratedDatabase database_{GetParam()};
    WorkspaceId other_ = database_.add_workspace("Other");
    ManualClock clock_;
    crypto::Keyring keys_ = crypto::Keyring::parse(crypto::Keyring::generate("k1").reveal()).value();
    Accounts accounts_{*database_, keys_, clock_};
};
INSTANTIATE_TEST_SUITE_P(Engines, AccountsTest, ss::testing::engines(), ss::testing::engine_name);

TEST_P(AccountsTest, connects_and_gives_back_what_the_channel_said)
{
    const auto id = connect();
    const auto account = accounts_.get(WorkspaceId{1}, id).value();
    EXPECT_EQ(account.external_id, "17841");
    EXPECT_EQ(account.name, "Loja da Maria ✨");
    EXPECT_EQ(account.followers, 5'000'000'000);
    EXPECT_EQ(account.state, AccountState::connected);
    EXPECT_EQ(account.token_expires_at, clock_.now() + 24h * 60);
    EXPECT_EQ(account.created_at, clock_.now());
    EXPECT_FALSE(account.last_event_at);
    EXPECT_EQ(accounts_.find("instagram", "17841").value().id, id);
    EXPECT_EQ(accounts_.find("whatsapp", "17841").error().code, Errc::not_found);
    EXPECT_EQ(accounts_.list(WorkspaceId{1}).value().size(), 1U);
    EXPECT_TRUE(accounts_.list(other_).value().empty());
}

TEST_P(AccountsTest, stores_the_token_encrypted)
{
    const auto id = connect();
    EXPECT_EQ(accounts_.access(id).value().token.reveal(), "IGQ-very-secret");
    EXPECT_EQ(accounts_.access(id).value().external_id, "17841");
    database_.script(
        "create table leak(sealed text check (sealed like 'v1.k1.%' and sealed not like '%secret%'));"
        "insert into leak select token_sealed from account");
    const auto other_keys = crypto::Keyring::parse(crypto::Keyring::generate("k2").reveal()).value();
    EXPECT_EQ(Accounts(*database_, other_keys, clock_).access(id).error().code, Errc::wrong_key);
}

TEST_P(AccountsTest, a_token_moved_to_another_row_does_not_open)
{
    const auto first = connect();
    const auto second = connect(other_, "999");
    database_.script(
        "update account set token_sealed = (select a.token_sealed from account a where a.external_id = '17841')");
    EXPECT_TRUE(accounts_.access(first));
    EXPECT_EQ(accounts_.access(second).error().code, Errc::corrupt);
}

TEST_P(AccountsTest, another_workspaces_account_is_not_found)
{
    const auto id = connect();
    EXPECT_EQ(accounts_.get(other_, id).error().code, Errc::not_found);
    EXPECT_EQ(accounts_.disconnect(other_, id).error().code, Errc::not_found);
    EXPECT_EQ(accounts_.get(WorkspaceId{1}, id).value().state, AccountState::connected);
    EXPECT_EQ(accounts_.get(AccountId{999}).error().code, Errc::not_found);
    EXPECT_EQ(accounts_.access(AccountId{999}).error().code, Errc::not_found);
    EXPECT_EQ(accounts_.set_state(AccountId{999}, AccountState::revoked, "").error().code, Errc::not_found);
}

TEST_P(AccountsTest, an_account_belongs_to_one_workspace_until_it_is_disconnected_there)
{
    const auto id = connect();
    const auto refused = accounts_.connect(other_, "instagram", profile(), token());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::conflict);
    ASSERT_TRUE(accounts_.disconnect(WorkspaceId{1}, id));
    EXPECT_EQ(accounts_.access(id).error().code, Errc::account_disconnected);
    EXPECT_EQ(accounts_.find("instagram", "17841").error().code, Errc::not_found);
    const auto moved = connect(other_);
    EXPECT_NE(moved, id);
    EXPECT_EQ(accounts_.find("instagram", "17841").value().id, moved);
    EXPECT_EQ(accounts_.get(WorkspaceId{1}, id).value().state, AccountState::disconnected) << "its conversations stay";
}

TEST_P(AccountsTest, reconnecting_keeps_the_row_and_takes_the_new_token)
{
    const auto id = connect();
    ASSERT_TRUE(accounts_.set_state(id, AccountState::revoked, "190/460"));
    EXPECT_EQ(accounts_.access(id).error().code, Errc::account_disconnected);
    clock_.advance(1h);
    auto renamed = profile();
    renamed.username = "loja.nova";
    renamed.followers.reset();
    EXPECT_EQ(accounts_.connect(WorkspaceId{1}, "instagram", renamed, token("second")).value(), id);
    const auto account = accounts_.get(id).value();
    EXPECT_EQ(account.state, AccountState::connected);
    EXPECT_EQ(account.state_detail, "");
    EXPECT_EQ(account.username, "loja.nova");
    EXPECT_EQ(account.followers, 5'000'000'000) << "not told is not none";
    EXPECT_EQ(account.token_refreshed_at, clock_.now());
    EXPECT_EQ(accounts_.access(id).value().token.reveal(), "second");
}

TEST_P(AccountsTest, a_refreshed_token_cures_what_a_token_can_cure)
{
    const auto id = connect();
    const auto after = [&](AccountState state) {
        EXPECT_TRUE(accounts_.set_state(id, state, "why"));
        EXPECT_TRUE(accounts_.store_token(id, token("fresh")));
        return accounts_.get(id).value().state;
    };
    EXPECT_EQ(after(AccountState::expiring), AccountState::connected);
    EXPECT_EQ(after(AccountState::expired), AccountState::connected);
    EXPECT_EQ(after(AccountState::restricted), AccountState::restricted);
    EXPECT_EQ(after(AccountState::not_receiving), AccountState::not_receiving);
    EXPECT_EQ(accounts_.access(id).value().token.reveal(), "fresh");
    ASSERT_TRUE(accounts_.disconnect(WorkspaceId{1}, id));
    EXPECT_FALSE(accounts_.store_token(id, token())) << "a late refresh does not bring it back";
    EXPECT_FALSE(accounts_.set_state(id, AccountState::connected, ""));
}

TEST_P(AccountsTest, finds_whose_token_is_due_for_a_refresh)
{
    const auto first = connect();
    const auto second = connect(WorkspaceId{1}, "2");
    const auto third = connect(WorkspaceId{1}, "3");
    ASSERT_TRUE(accounts_.set_state(third, AccountState::revoked, ""));
    const auto due = [&] { return accounts_.due_for_refresh(clock_.now() + 24h * 30, clock_.now() - 24h).value(); };
    EXPECT_TRUE(due().empty());
    clock_.advance(24h * 31);
    EXPECT_EQ(due(), (std::vector{first, second}));
    ASSERT_TRUE(accounts_.store_token(first, token()));
    EXPECT_EQ(due(), std::vector{second});
}

TEST_P(AccountsTest, the_last_event_only_moves_forward)
{
    const auto id = connect();
    ASSERT_TRUE(accounts_.touch_event(id, clock_.now()));
    ASSERT_TRUE(accounts_.touch_event(id, clock_.now() - 1h));
    EXPECT_EQ(accounts_.get(id).value().last_event_at, clock_.now());
}

TEST(ChannelWordsTest, every_state_but_connected_has_a_sentence)
{
    std::set<std::string_view> names;
    for (int state = 0; state <= static_cast<int>(AccountState::disconnected); ++state) {
        const auto value = static_cast<AccountState>(state);
        EXPECT_TRUE(names.insert(to_string(value)).second) << to_string(value);
        EXPECT_EQ(sentence(value).empty(), value == AccountState::connected);
    }
    names.clear();
    for (int kind = 0; kind <= static_cast<int>(EventKind::unsupported); ++kind) {
        EXPECT_TRUE(names.insert(to_string(static_cast<EventKind>(kind))).second);
    }
    names.clear();
    for (int kind = 0; kind <= static_cast<int>(AttachmentKind::unsupported); ++kind) {
        EXPECT_TRUE(names.insert(to_string(static_cast<AttachmentKind>(kind))).second);
    }
}

TEST(ChannelWordsTest, a_failure_becomes_an_api_error)
{
    const auto code = [](FailureClass kind) {
        return to_error(Failure{kind, "1/2", "words", "palavras", "detail", 7s}).code;
    };
    EXPECT_EQ(code(FailureClass::transient), Errc::unavailable);
    EXPECT_EQ(code(FailureClass::throttled), Errc::limited);
    EXPECT_EQ(code(FailureClass::reconnect), Errc::account_disconnected);
    EXPECT_EQ(code(FailureClass::permission), Errc::channel_rejected);
    EXPECT_EQ(code(FailureClass::window_closed), Errc::window_closed);
    EXPECT_EQ(code(FailureClass::not_ready), Errc::unavailable);
    EXPECT_EQ(code(FailureClass::restricted), Errc::channel_rejected);
    EXPECT_EQ(code(FailureClass::permanent), Errc::channel_rejected);
    EXPECT_EQ(code(FailureClass::unknown_outcome), Errc::outcome_unknown);
    const auto error = to_error(Failure{FailureClass::throttled, "4", "too often", "", "secret detail", 7s});
    EXPECT_EQ(error.message, "too often");
    EXPECT_EQ(error.retry_after, 7s);
    EXPECT_FALSE(to_error(Failure{}).message.empty());
}

}  // namespace
}  // namespace ss::channel

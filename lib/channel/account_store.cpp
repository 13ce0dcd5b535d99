// The table `account`. Tokens go in sealed for their workspace and account and come out through access() alone.

#include <ss/channel.hpp>
#include <ss/crypto.hpp>
#include <ss/sql/channel.hpp>
#include <ss/storage.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <utility>

namespace ss::channel {
namespace {

using storage::Session;

/// The channel's clock and ours.
constexpr std::chrono::minutes kClocksDiffer{5};

std::string token_place(WorkspaceId workspace, std::string_view external_id)
{
    return crypto::place(workspace, "account", "token_sealed", external_id);
}

std::string permissions_of(const Token& token)
{
    return nlohmann::json(token.permissions).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

AccountState state_of(std::string_view name)
{
    constexpr std::array kStates{AccountState::connected, AccountState::not_receiving, AccountState::expiring,
                                 AccountState::expired,   AccountState::revoked,       AccountState::checkpoint,
                                 AccountState::restricted};
    for (const auto state : kStates) {
        if (to_string(state) == name) {
            return state;
        }
    }
    return AccountState::disconnected;
}

template <class Row>
Account account_of(Row row)
{
    Account account;
    account.id = AccountId{row.id};
    account.workspace = WorkspaceId{row.workspace_id};
    account.channel = std::move(row.channel);
    account.external_id = std::move(row.external_id);
    account.app_scoped_id = std::move(row.app_scoped_id);
    account.username = std::move(row.username);
    account.name = std::move(row.name);
    account.picture_url = std::move(row.picture_url);
    account.followers = row.followers;
    account.state = state_of(row.state);
    account.state_detail = std::move(row.state_detail);
    account.token_expires_at = from_micros(row.token_expires_at);
    account.token_refreshed_at = from_micros(row.token_refreshed_at);
    if (row.last_event_at) {
        account.last_event_at = from_micros(*row.last_event_at);
    }
    account.created_at = from_micros(row.created_at);
    return account;
}

std::unexpected<Error> no_such_account()
{
    return fail(Errc::not_found, "no such account");
}

/// Runs an update of one row; none touched means that there is no such account.
template <class Query>
Result<void> update_one(storage::Database& database, const Query& query)
{
    const auto touched = TRY(database.write([&](Session& session) { return session.run(query); }));
    if (touched == 0) {
        return no_such_account();
    }
    return {};
}

}  // namespace

Result<AccountId> Accounts::connect(WorkspaceId workspace, std::string_view channel, const Profile& profile,
                                    const Token& token)
{
    const sql::channel::ConnectAccount row{
        .workspace_id = workspace.value,
        .channel = std::string{channel},
        .external_id = profile.external_id,
        .app_scoped_id = profile.app_scoped_id,
        .username = profile.username,
        .name = profile.name,
        .picture_url = profile.picture_url,
        .account_type = profile.account_type,
        .followers = profile.followers,
        .token_sealed = keys_.seal(token.value.reveal(), token_place(workspace, profile.external_id)),
        .token_permissions = permissions_of(token),
        .token_expires_at = to_micros(token.expires_at),
        .now = to_micros(clock_.now())};
    auto connected = database_.write([&](Session& session) -> Result<std::optional<AccountId>> {
        if (TRY(session.one(sql::channel::OtherWorkspace{row.channel, row.external_id, row.workspace_id}))) {
            return std::optional<AccountId>{};
        }
        const auto id = TRY(session.one(row));
        return id ? std::optional{AccountId{id->id}} : std::nullopt;
    });
    if (!connected && connected.error().code != Errc::conflict) {
        return fail(std::move(connected).error());
    }
    if (!connected || !*connected) {
        return fail(Errc::conflict, "the account is connected to another workspace", "disconnect it there first");
    }
    return **connected;
}

Result<std::vector<Account>> Accounts::list(WorkspaceId workspace) const
{
    auto rows = TRY(database_.read(
        [&](Session& session) { return session.all(sql::channel::ListAccounts{.workspace_id = workspace.value}); }));
    std::vector<Account> accounts;
    accounts.reserve(rows.size());
    for (auto& row : rows) {
        accounts.push_back(account_of(std::move(row)));
    }
    return accounts;
}

Result<Account> Accounts::get(WorkspaceId workspace, AccountId id) const
{
    auto account = TRY(get(id));
    if (account.workspace != workspace) {
        return no_such_account();
    }
    return account;
}

Result<Account> Accounts::get(AccountId id) const
{
    auto row =
        TRY(database_.read([&](Session& session) { return session.one(sql::channel::GetAccount{.id = id.value}); }));
    if (!row) {
        return no_such_account();
    }
    return account_of(*std::move(row));
}

Result<Account> Accounts::find(std::string_view channel, std::string_view external_id) const
{
    const sql::channel::FindAccount query{.channel = std::string{channel}, .external_id = std::string{external_id}};
    auto row = TRY(database_.read([&](Session& session) { return session.one(query); }));
    if (!row) {
        return no_such_account();
    }
    return account_of(*std::move(row));
}

Result<Access> Accounts::access(AccountId id) const
{
    const auto row =
        TRY(database_.read([&](Session& session) { return session.one(sql::channel::ReadToken{.id = id.value}); }));
    if (!row) {
        return no_such_account();
    }
    const auto state = state_of(row->state);
    if (!row->token_sealed || state == AccountState::disconnected || state == AccountState::expired ||
        state == AccountState::revoked) {
        return fail(Errc::account_disconnected, "the account has no working token", "connect the account again");
    }
    auto token = TRY(keys_.open(*row->token_sealed, token_place(WorkspaceId{row->workspace_id}, row->external_id)));
    return Access{.external_id = row->external_id, .token = std::move(token)};
}

Result<void> Accounts::store_token(AccountId id, const Token& token)
{
    const auto account = TRY(get(id));
    return update_one(database_, sql::channel::StoreToken{
                                     .id = id.value,
                                     .token_sealed = keys_.seal(token.value.reveal(),
                                                                token_place(account.workspace, account.external_id)),
                                     .token_permissions = permissions_of(token),
                                     .token_expires_at = to_micros(token.expires_at),
                                     .now = to_micros(clock_.now())});
}

Result<void> Accounts::set_state(AccountId id, AccountState state, std::string_view detail)
{
    return update_one(database_,
                      sql::channel::SetState{
                          .id = id.value, .state = std::string{to_string(state)}, .state_detail = std::string{detail}});
}

Result<void> Accounts::update_profile(AccountId id, const Profile& profile)
{
    return update_one(database_, sql::channel::UpdateProfile{.id = id.value,
                                                             .app_scoped_id = profile.app_scoped_id,
                                                             .username = profile.username,
                                                             .name = profile.name,
                                                             .picture_url = profile.picture_url,
                                                             .account_type = profile.account_type,
                                                             .followers = profile.followers});
}

Result<void> Accounts::touch_event(AccountId id, Timestamp at)
{
    TRY(database_.write(
        [&](Session& session) { return session.run(sql::channel::TouchEvent{.id = id.value, .at = to_micros(at)}); }));
    return {};
}

Result<void> Accounts::disconnect(WorkspaceId workspace, AccountId id)
{
    return update_one(database_, sql::channel::DisconnectAccount{.workspace_id = workspace.value, .id = id.value});
}

Result<std::vector<Accounts::Revoked>> Accounts::revoke_by_owner(std::string_view channel,
                                                                 std::string_view app_scoped_id,
                                                                 std::optional<Timestamp> at)
{
    const sql::channel::RevokeByOwner query{.channel = std::string{channel},
                                            .app_scoped_id = std::string{app_scoped_id},
                                            .refreshed_before = to_micros(at.value_or(clock_.now()) + kClocksDiffer)};
    const auto rows = TRY(database_.write([&](Session& session) { return session.all(query); }));
    std::vector<Revoked> revoked;
    revoked.reserve(rows.size());
    for (const auto& row : rows) {
        revoked.push_back({AccountId{row.id}, WorkspaceId{row.workspace_id}});
    }
    return revoked;
}

Result<std::vector<AccountId>> Accounts::due_for_refresh(Timestamp expires_before, Timestamp refreshed_before) const
{
    const sql::channel::DueForRefresh query{.expires_before = to_micros(expires_before),
                                            .refreshed_before = to_micros(refreshed_before)};
    const auto rows = TRY(database_.read([&](Session& session) { return session.all(query); }));
    std::vector<AccountId> ids;
    ids.reserve(rows.size());
    for (const auto& row : rows) {
        ids.push_back(AccountId{row.id});
    }
    return ids;
}

}  // namespace ss::channel

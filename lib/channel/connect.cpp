// The OAuth flow of a channel and the life of its token.
#include <ss/connect.hpp>

#include "oauth_state_store.hpp"

#include <utility>

namespace ss::channel {
namespace {

/// The authorization code arrives with the fragment `#_` when a person pastes the address (Meta's quirk).
std::string_view without_fragment(std::string_view code)
{
    return code.ends_with("#_") ? code.substr(0, code.size() - 2) : code;
}

}  // namespace

std::optional<AccountState> state_after(const Failure& failure)
{
    switch (failure.kind) {
        case FailureClass::reconnect:
            // The channel's code tells which: 190/463 ran out, 190/459 wants a log-in at the channel.
            return failure.code.ends_with("/463")   ? AccountState::expired
                   : failure.code.ends_with("/459") ? AccountState::checkpoint
                                                    : AccountState::revoked;
        case FailureClass::restricted:
            return AccountState::restricted;
        default:
            return std::nullopt;
    }
}

Connector::Connector(Channel& channel, Accounts& accounts, storage::KeyValue& key_value, const Clock& clock)
    : channel_{channel}, accounts_{accounts}, key_value_{key_value}, clock_{clock}
{
}

Connector::Begun Connector::begin(WorkspaceId workspace, UserId user)
{
    auto issued = issue_state(key_value_, {workspace, user});
    return {channel_.authorize_url(issued.state), std::move(issued.binding)};
}

Result<Connector::Connected> Connector::finish(const Callback& callback)
{
    const auto taken = take_state(key_value_, callback.state, callback.binding);
    if (!taken) {
        return fail(Errc::invalid, "this connection attempt is unknown, already used, or older than ten minutes",
                    "start connecting the account again", "state");
    }
    if (!taken->same_browser) {
        return fail(Errc::forbidden, "this connection attempt was started in another browser",
                    "start connecting the account again");
    }
    if (!callback.error.empty()) {
        return fail(Errc::forbidden, "the permission was refused",
                    "start again and allow the permissions that are asked for");
    }
    if (callback.code.empty()) {
        return fail(Errc::invalid, "the channel sent no code", "start connecting the account again", "code");
    }
    const auto token = channel_.exchange_code(without_fragment(callback.code));
    if (!token) {
        return fail(to_error(token.error()));
    }
    const auto profile = channel_.profile({{}, token->value});
    if (!profile) {
        return fail(to_error(profile.error()));
    }
    const auto account = TRY(accounts_.connect(taken->who.workspace, channel_.name(), *profile, *token));
    Connected connected{taken->who.workspace, account, profile->username, true};
    if (const auto subscribed = channel_.subscribe({profile->external_id, token->value}); !subscribed) {
        connected.receiving = false;
        TRY(accounts_.set_state(account, AccountState::not_receiving, subscribed.error().sentence));
    }
    return connected;
}

Result<void> Connector::refresh(AccountId account)
{
    const auto access = TRY(accounts_.access(account));
    const auto token = channel_.refresh(access);
    if (token) {
        return accounts_.store_token(account, *token);
    }
    if (const auto state = state_after(token.error())) {
        TRY(accounts_.set_state(account, *state, token.error().sentence));
    }
    return fail(to_error(token.error()));
}

Result<void> Connector::disconnect(WorkspaceId workspace, AccountId account)
{
    TRY(accounts_.get(workspace, account));
    if (const auto access = accounts_.access(account)) {
        (void)channel_.disconnect(*access);  // best effort: the token is deleted here whatever the channel answers
    }
    return accounts_.disconnect(workspace, account);
}

}  // namespace ss::channel

#pragma once
/// Connecting an account by OAuth, keeping its token alive, and disconnecting it: the same for every channel.

#include <ss/channel.hpp>
#include <ss/error.hpp>
#include <ss/id.hpp>

#include <string>
#include <string_view>

namespace ss::storage {
class KeyValue;
}

namespace ss::channel {

/// Safe to share between threads. Borrows all.
class Connector {
public:
    Connector(Channel& channel, Accounts& accounts, storage::KeyValue& key_value, const Clock& clock);

    struct Begun {
        std::string url;      ///< Where the browser goes.
        std::string binding;  ///< For a cookie of this browser: without it the callback is refused (RFC 9700 §4.7).
    };
    /// The state is random, single-use, and lives ten minutes.
    [[nodiscard]] Begun begin(WorkspaceId workspace, UserId user);

    /// What the channel sent the browser back with; `error` is set when the person said no.
    struct Callback {
        std::string state;
        std::string code;
        std::string error;
        std::string binding;
    };
    struct Connected {
        WorkspaceId workspace;
        AccountId account;
        std::string username;
        bool receiving = true;  ///< False: connected, but the subscription to events failed; the account says so.
    };
    /// Errors: forbidden (denied by the person, or another browser), invalid (state unknown, used or expired; code
    /// refused), conflict (connected to another workspace), limited, unavailable.
    [[nodiscard]] Result<Connected> finish(const Callback& callback);

    /// Gets a new token. A failure keeps the old one; when the channel says it is dead the account's state says so.
    /// Errors: not_found, account_disconnected, limited, unavailable, channel_rejected.
    [[nodiscard]] Result<void> refresh(AccountId account);

    /// Tells the channel (best effort) and deletes the token. Errors: not_found.
    [[nodiscard]] Result<void> disconnect(WorkspaceId workspace, AccountId account);

private:
    Channel& channel_;
    Accounts& accounts_;
    storage::KeyValue& key_value_;
    const Clock& clock_;
};

/// The account's state a failure tells of; nothing when it says nothing about the account.
[[nodiscard]] std::optional<AccountState> state_after(const Failure& failure);

}  // namespace ss::channel

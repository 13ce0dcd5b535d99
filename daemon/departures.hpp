#pragma once
/// People who leave at the channel: the permission taken back, and the wish that their data be deleted.
///
/// Sources: https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback

#include <ss/error.hpp>
#include <ss/id.hpp>
#include <ss/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ss::auth {
class Auth;
}
namespace ss::channel {
class Accounts;
}
namespace ss::jobs {
class Queue;
}
namespace ss::storage {
class Database;
}

namespace ss::daemon {

/// Job with the payload {"request":7}.
inline constexpr std::string_view kDeletePersonJob = "person.delete";

/// What the status page shows.
struct Deletion {
    Timestamp requested_at;
    std::optional<Timestamp> finished_at;
    std::int64_t accounts = 0;
    std::int64_t conversations = 0;
    std::int64_t messages = 0;
    std::int64_t posts = 0;
};

/// Safe to share between threads. Borrows all.
class Departures {
public:
    Departures(storage::Database& database, jobs::Queue& queue, channel::Accounts& accounts, const Clock& clock)
        : database_{database}, queue_{queue}, accounts_{accounts}, clock_{clock}
    {
    }

    /// The permission was taken back: the account is `revoked`, its token deleted, the workspaces' audit logs tell.
    /// Unknown people are not an error. Errors: those of the database.
    [[nodiscard]] Result<void> deauthorize(auth::Auth& auth, std::string_view channel, std::string_view person,
                                           std::optional<Timestamp> at);

    /// In one transaction: the request is on record, the person's accounts are disconnected, without token and no
    /// longer under the channel's ids (who connects again starts anew), and the job is queued. Returns the confirmation
    /// code; `proof` (what was signed) again: the same code, and nothing else happens, so that an old request cannot
    /// delete what came after it.
    [[nodiscard]] Result<std::string> request(std::string_view channel, std::string_view person,
                                              std::string_view proof);

    /// kDeletePersonJob: all that the person's accounts have, in every workspace: conversations, contacts, messages
    /// with what belongs to them, posts, numbers, the account. The audit log stays. May run again after a failure.
    [[nodiscard]] Result<void> run(auth::Auth& auth, std::string_view payload);

    /// Errors: not_found.
    [[nodiscard]] Result<Deletion> show(std::string_view code) const;

private:
    storage::Database& database_;
    jobs::Queue& queue_;
    channel::Accounts& accounts_;
    const Clock& clock_;
};

}  // namespace ss::daemon

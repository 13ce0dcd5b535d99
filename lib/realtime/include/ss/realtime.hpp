#pragma once
/// What happens in a workspace, as one ordered stream that browsers follow over a WebSocket.
///
/// An event is a row written in the same transaction as the change it tells of (table `event`), numbered per
/// workspace without gaps (`update workspace set event_sequence = event_sequence + 1 … returning`), so a browser that
/// comes back with its last number misses nothing and sees nothing twice, whichever daemon it hangs on. The key-value
/// store only wakes the daemons.

#include <ss/error.hpp>
#include <ss/http.hpp>
#include <ss/id.hpp>
#include <ss/time.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ss::storage {
class Database;
class KeyValue;
class Session;
}  // namespace ss::storage

namespace ss::realtime {

/// Writes events. Safe to share between threads. Borrows the key-value store.
class Stream {
public:
    explicit Stream(storage::KeyValue& key_value) : key_value_{key_value} {}

    /// Appends inside the caller's transaction; browsers are woken after its commit. `kind` as "message.received",
    /// "message.updated", "conversation.updated", "post.updated", "account.updated"; `payload` is one JSON object.
    /// Returns the event's number. Errors: those of the session.
    [[nodiscard]] Result<std::int64_t> append(storage::Session& session, WorkspaceId workspace, std::string_view kind,
                                              std::string_view payload, Timestamp at) const;

private:
    storage::KeyValue& key_value_;
};

/// Serves /api/v1/events. A client asks for a ticket (a POST, authenticated) and opens
/// `GET /api/v1/events?ticket=…&after=N`: it gets every event after N as {"number":…,"kind":"…","at":"…","data":{…}}.
/// Without `after`: from now on, after a first frame {"kind":"hello","number":N}. When `after` is older than what is
/// kept, further behind than `replay`, or from the future (a restored backup): {"kind":"reload","number":N} and then
/// from now on.
class Hub {
public:
    struct Options {
        std::chrono::seconds ticket_lifetime{30};
        std::chrono::milliseconds poll{1'000};  ///< Backstop when a wake-up is lost.
        int batch = 500;
        int replay = 2'000;  ///< Events sent again to a browser that comes back; further behind it reloads.
        int per_user = 20;   ///< Open sockets of one user.
        std::chrono::hours keep{24 * 7};
    };

    /// Borrows all; they must outlive the hub.
    Hub(storage::Database& database, storage::KeyValue& key_value, const Clock& clock, Options options);
    ~Hub();
    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;

    /// A single-use ticket for this caller. Never in logs.
    [[nodiscard]] std::string issue_ticket(const http::Caller& caller);
    /// For http::SocketRoute::open. Errors: unauthenticated (ticket used, expired or unknown, or its session ended
    /// since), invalid (`after`), limited (too many sockets of this user), those of the database.
    [[nodiscard]] Result<http::SocketEvents> open(const http::Request& request, std::shared_ptr<http::Socket> socket);
    /// Closes the sockets of a session (log-out, lock) with 4401 on every daemon; all of the user's when `session` is
    /// empty.
    void disconnect(UserId user, std::string_view session);

    void start();
    void stop();
    /// Deletes events older than `keep`. Returns how many.
    [[nodiscard]] Result<std::int64_t> prune();
    [[nodiscard]] std::size_t connected() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ss::realtime

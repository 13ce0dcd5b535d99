#pragma once
/// Single-use tickets in the key-value store: a browser cannot send Authorization with a WebSocket.

#include <ss/error.hpp>
#include <ss/http.hpp>
#include <ss/time.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace ss::storage {
class KeyValue;
}

namespace ss::realtime {

struct Ticket {
    http::Caller caller;
    std::int64_t issued_at = 0;
};

/// Safe to share between threads. Borrows both.
class Tickets {
public:
    Tickets(storage::KeyValue& key_value, const Clock& clock, std::chrono::seconds lifetime)
        : key_value_{key_value}, clock_{clock}, lifetime_{lifetime}
    {
    }

    [[nodiscard]] std::string issue(const http::Caller& caller);
    /// Errors: unauthenticated.
    [[nodiscard]] Result<Ticket> redeem(std::string_view ticket);
    /// The session, or all of the user's, ended after the ticket was issued.
    [[nodiscard]] bool is_revoked(const Ticket& ticket);
    /// Tickets issued until now to this session (empty: to all of the user's) are worth nothing any more.
    void revoke(UserId user, std::string_view session);

private:
    storage::KeyValue& key_value_;
    const Clock& clock_;
    std::chrono::seconds lifetime_;
};

}  // namespace ss::realtime

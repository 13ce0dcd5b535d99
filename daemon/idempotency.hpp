#pragma once
/// One effect for a POST that comes again with the same Idempotency-Key.
///
/// The first answer below 500 is kept for a day and given again byte for byte, with `Idempotent-Replayed: true`;
/// an answer of 429 or 5xx is not kept, so the client may try again. Another body under the same key is refused.
/// When the process died between effect and answer the key is free again after a minute; routes whose effect must
/// not happen twice even then hand the key to the domain, which keeps it unique (messages, posts).

#include <ss/error.hpp>
#include <ss/http.hpp>
#include <ss/time.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace ss::storage {
class Database;
}

namespace ss::daemon {

/// Safe to share between threads. Borrows database and clock.
class Idempotency {
public:
    Idempotency(storage::Database& database, const Clock& clock, std::string owner);

    /// For http::Gate::once. Errors: idempotency_mismatch, idempotency_in_flight, those of the database.
    [[nodiscard]] Result<http::Response> once(const http::Route& route, const http::Request& request,
                                              const std::function<Result<http::Response>()>& work);
    /// Forgets keys older than a day. Returns how many.
    [[nodiscard]] Result<std::int64_t> prune();

private:
    struct Key;
    [[nodiscard]] Result<http::Response> replay(const Key& key);
    void settle(const Key& key, const Result<http::Response>& answer);

    storage::Database& database_;
    const Clock& clock_;
    std::string owner_;
};

}  // namespace ss::daemon

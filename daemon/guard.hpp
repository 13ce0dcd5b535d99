#pragma once
/// Who may call a route, and how often; and what is noted of every answer.

#include <ss/auth.hpp>
#include <ss/error.hpp>
#include <ss/guarded.hpp>
#include <ss/http.hpp>
#include <ss/metrics.hpp>
#include <ss/secret.hpp>

#include <chrono>

namespace ss::storage {
class KeyValue;
}

namespace ss::daemon {

/// Safe to share between threads. Borrows all.
class Guard {
public:
    Guard(auth::Auth& auth, storage::KeyValue& key_value, observe::Metrics& metrics, Secret operations_token);

    /// For http::Gate::admit. A user comes with `Authorization: Bearer <access token>`, a program with
    /// `X-API-Key: <key>`; never both. Errors: unauthenticated, forbidden, limited.
    [[nodiscard]] Result<http::Caller> admit(const http::Route& route, const http::Request& request);
    /// For http::Gate::done: one log line and the metrics.
    void done(const http::Request& request, int status, std::chrono::microseconds took);
    /// SIGHUP.
    void set_operations_token(Secret token);

private:
    [[nodiscard]] Result<http::Caller> identify(const http::Route& route, const http::Request& request);
    [[nodiscard]] Result<void> admit_operations(const http::Request& request) const;
    [[nodiscard]] Result<void> limit(const http::Route& route, const http::Request& request,
                                     const http::Caller& caller);

    auth::Auth& auth_;
    storage::KeyValue& key_value_;
    observe::Metrics& metrics_;
    mutable Guarded<Secret> operations_token_;
};

/// The caller in auth's words, for the handlers that manage users, sessions and keys.
[[nodiscard]] auth::Caller auth_caller(const http::Request& request);

/// RateLimit-Limit, -Remaining and -Reset (draft-ietf-httpapi-ratelimit-headers-06).
[[nodiscard]] std::vector<http::Header> limit_headers(const auth::Limit& limit);

}  // namespace ss::daemon

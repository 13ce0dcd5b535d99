#pragma once
// What the parts of Auth share.

#include "refresh_token.hpp"
#include "store.hpp"

#include <ss/auth.hpp>

namespace ss::auth {

struct Auth::State {
    Options options;
    const Clock& clock;
    crypto::PasswordPool& pool;
    Store store;
    Mirror mirror;
    Limiter limiter;
    crypto::Jwt access;
    RefreshTokens refresh;
    std::string dummy_hash;  ///< Of a password nobody knows: verified when the e-mail is unknown.

    [[nodiscard]] SessionStart new_session(const Client& client) const;
    [[nodiscard]] Tokens tokens(const std::string& session, UserId user, std::int64_t generation, Timestamp idle_until,
                                Timestamp expires_at) const;
    /// After the database knows.
    void ended(UserId user, const std::string& session);
    void ended(UserId user, const std::vector<std::string>& sessions);

    /// After the address's limit; `limit` becomes the account's when that is tighter.
    [[nodiscard]] Result<SignedIn> log_in_from(std::string_view email, std::string_view password, const Client& client,
                                               Limit& limit);
    /// The password is right.
    [[nodiscard]] Result<SignedIn> sign_in(const LoginFacts::Known& known, std::string_view password,
                                           const std::string& account, const SessionStart& start);

    /// The password's hash if it satisfies the rule.
    [[nodiscard]] Result<std::string> hash_new(std::string_view password, const std::vector<std::string>& context);
};

/// Errors: forbidden. Users and the operator only: an API key does not manage users or keys.
[[nodiscard]] Result<void> require_person(const Caller& caller, Role least);

/// 1..100 code points of UTF-8 without control characters, trimmed. `field` as "/name". Errors: invalid.
[[nodiscard]] Result<std::string> checked_name(std::string_view name, std::string_view field);

/// Safe to store: valid UTF-8, no control characters, at most `limit` bytes.
[[nodiscard]] std::string stored_text(std::string_view text, std::size_t limit);

/// `next` of a page of ours; 0 when empty. Errors: invalid.
[[nodiscard]] Result<std::int64_t> position(std::string_view cursor);

[[nodiscard]] int page_size(int limit);

}  // namespace ss::auth

#pragma once
/// JSON Web Tokens with HMAC-SHA-256 (RFC 7515, 7519) as RFC 8725 wants them: one algorithm, nothing negotiable.

#include <ss/error.hpp>
#include <ss/secret.hpp>
#include <ss/time.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ss::crypto {

/// `id` becomes the header's `kid` (1..32 of a-z, 0-9, '-', '_'); the secret has at least 32 bytes.
struct JwtKey {
    std::string id;
    Secret secret;
};

struct JwtOptions {
    std::string issuer;
    std::string audience;
    std::string type = "at+jwt";      ///< Header `typ` (RFC 8725 §3.11): a token of another kind is refused.
    std::chrono::seconds leeway{10};  ///< For clocks of several machines; applies to exp, nbf and iat.
    std::size_t max_bytes = 4096;     ///< Longer tokens are refused unread.
};

struct JwtClaims {
    std::string subject;  ///< `sub`
    std::string id;       ///< `jti`
    Timestamp issued_at;  ///< Whole seconds, as all times in a token.
    Timestamp expires_at;
    std::optional<Timestamp> not_before;
    std::vector<std::pair<std::string, std::string>> extra;  ///< Our own claims; all are strings.

    /// The extra claim of this name, empty when there is none.
    [[nodiscard]] std::string_view get(std::string_view name) const;
};

/// Signs with the first key, verifies with any: put a new key in front and keep the old one as long as its tokens live.
/// Immutable; safe to share between threads. A few microseconds a call.
class Jwt {
public:
    /// Errors: configuration (no key, a secret under 32 bytes, two keys alike, a bad id, no issuer or audience).
    [[nodiscard]] static Result<Jwt> create(std::vector<JwtKey> keys, JwtOptions options);

    [[nodiscard]] std::string sign(const JwtClaims& claims) const;

    /// The claims of a token this object could have signed: the header is byte for byte ours, the signature fits (in
    /// constant time), iss and aud are ours, iat, exp, sub and jti are there, it is in force, no key stands twice.
    /// Errors: unauthenticated; the message says why for our logs, not for the caller's answer.
    [[nodiscard]] Result<JwtClaims> verify(std::string_view token, Timestamp now) const;

private:
    struct State;
    explicit Jwt(std::shared_ptr<const State> state) : state_{std::move(state)} {}
    std::shared_ptr<const State> state_;  // shared: copies are cheap and none changes it
};

/// The payload of somebody else's compact JWS under a key we share with them: alg must be HS256, typ absent or a JWT's,
/// and no other header member but kid and cty; duplicate members, crit, jwk, jku, x5u and b64 are refused.
/// Errors: unauthenticated.
[[nodiscard]] Result<std::string> verify_jws(std::string_view token, std::string_view key,
                                             std::size_t max_bytes = 16'384);

}  // namespace ss::crypto

#pragma once
// Refresh tokens: "ssr_<session>.<generation>.<mac>". They are computed, not stored: the row of the session holds the
// current generation, so the successor of a token can be given twice, and a copy of the database holds no token.

#include <ss/crypto.hpp>
#include <ss/jwt.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ss::auth {

struct RefreshClaim {
    std::string session;
    std::int64_t generation = 0;
};

class RefreshTokens {
public:
    /// The first key makes, all verify.
    explicit RefreshTokens(const std::vector<crypto::JwtKey>& keys);

    [[nodiscard]] std::string make(std::string_view session, std::int64_t generation) const;
    /// Nothing for what was not made here.
    [[nodiscard]] std::optional<RefreshClaim> read(std::string_view token) const;

private:
    std::vector<crypto::HmacKey> keys_;
};

}  // namespace ss::auth

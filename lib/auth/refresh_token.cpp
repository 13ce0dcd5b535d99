// Making and reading refresh tokens.
#include "refresh_token.hpp"

#include <ss/text.hpp>

#include <algorithm>

namespace ss::auth {
namespace {

constexpr std::string_view kPrefix = "ssr_";
constexpr std::size_t kMaxBytes = 200;

}  // namespace

RefreshTokens::RefreshTokens(const std::vector<crypto::JwtKey>& keys)
{
    for (const auto& key : keys) {
        keys_.emplace_back(crypto::derive_key(key.secret.reveal(), "social-selling refresh token v1").reveal());
    }
}

std::string RefreshTokens::make(std::string_view session, std::int64_t generation) const
{
    std::string token{kPrefix};
    token += session;
    token += '.';
    token += std::to_string(generation);
    const auto code = keys_.front().sign(token);
    token += '.';
    token += crypto::to_base64url(code);
    return token;
}

std::optional<RefreshClaim> RefreshTokens::read(std::string_view token) const
{
    if (token.size() > kMaxBytes || !token.starts_with(kPrefix)) {
        return std::nullopt;
    }
    const auto parts = split(token.substr(kPrefix.size()), '.');
    if (parts.size() != 3) {
        return std::nullopt;
    }
    const auto code = crypto::from_base64url(parts[2]);
    const auto signed_part = token.substr(0, token.size() - parts[2].size() - 1);
    if (!code || std::ranges::none_of(keys_, [&](const auto& key) { return key.verify(signed_part, *code); })) {
        return std::nullopt;
    }
    const auto generation = to_integer(parts[1]);
    if (!generation) {
        return std::nullopt;
    }
    return RefreshClaim{std::string{parts[0]}, *generation};
}

}  // namespace ss::auth

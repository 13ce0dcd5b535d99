// HS256 tokens. The header is compared, not interpreted; the payload is read only after its signature fits.
#include <ss/crypto.hpp>
#include <ss/jwt.hpp>

#include "key_id.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <set>

namespace ss::crypto {
namespace {

using nlohmann::json;
using std::chrono::seconds;

constexpr std::size_t kMinSecretBytes = 32;  // RFC 7518 §3.2: as long as the hash
constexpr std::size_t kMaxDepth = 8;
constexpr std::int64_t kMaxSeconds = 253'402'300'799;  // the year 9999: microseconds of it fit

std::unexpected<Error> refuse(std::string why)
{
    return fail(Errc::unauthenticated, std::move(why));
}

/// An object in which no member stands twice (RFC 8725 §2.6: parsers disagree on those), not nested deeply.
std::optional<json> parse_object(std::string_view text)
{
    bool clean = true;
    std::vector<std::set<std::string>> open;
    const auto watch = [&](int, json::parse_event_t event, json& parsed) {
        if (event == json::parse_event_t::object_start) {
            open.emplace_back();
        } else if (event == json::parse_event_t::object_end) {
            open.pop_back();
        } else if (event == json::parse_event_t::key) {
            clean = clean && open.back().insert(parsed.get<std::string>()).second;
        }
        clean = clean && open.size() <= kMaxDepth;
        return true;
    };
    auto document = json::parse(text, watch, false);
    if (!clean || !document.is_object()) {
        return std::nullopt;
    }
    return document;
}

struct Compact {
    std::string_view header;
    std::string_view payload;
    std::string_view signature;
    std::string_view signed_part;
};

std::optional<Compact> split_token(std::string_view token)
{
    const auto first = token.find('.');
    const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
        return std::nullopt;
    }
    return Compact{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
                   token.substr(0, second)};
}

std::optional<Timestamp> time_claim(const json& claims, const char* name)
{
    const auto found = claims.find(name);
    if (found == claims.end() || !found->is_number_integer()) {
        return std::nullopt;
    }
    if (found->is_number_unsigned() && found->get<std::uint64_t>() > static_cast<std::uint64_t>(kMaxSeconds)) {
        return std::nullopt;
    }
    const auto value = found->get<std::int64_t>();
    if (value < 0) {
        return std::nullopt;
    }
    return Timestamp{seconds{value}};
}

std::string text_claim(const json& claims, const char* name)
{
    const auto found = claims.find(name);
    return found != claims.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

bool is_for(const json& claims, const std::string& audience)
{
    const auto found = claims.find("aud");
    if (found == claims.end()) {
        return false;
    }
    return *found == audience || (found->is_array() && std::ranges::find(*found, json(audience)) != found->end());
}

std::int64_t to_seconds(Timestamp at)
{
    return std::chrono::floor<seconds>(at).time_since_epoch().count();
}

bool is_registered(std::string_view name)
{
    constexpr std::array kRegistered{"iss", "sub", "aud", "exp", "nbf", "iat", "jti"};
    return std::ranges::find(kRegistered, name) != kRegistered.end();
}

Result<JwtClaims> read_claims(const json& payload)
{
    const auto issued = time_claim(payload, "iat");
    const auto expires = time_claim(payload, "exp");
    if (!issued || !expires || (payload.contains("nbf") && !time_claim(payload, "nbf"))) {
        return refuse("the token's times are missing or malformed");
    }
    JwtClaims claims{
        text_claim(payload, "sub"), text_claim(payload, "jti"), *issued, *expires, time_claim(payload, "nbf"), {}};
    if (claims.subject.empty() || claims.id.empty()) {
        return refuse("the token names no subject or has no id");
    }
    for (const auto& [name, value] : payload.items()) {
        if (!is_registered(name) && value.is_string()) {
            claims.extra.emplace_back(name, value.get<std::string>());
        }
    }
    return claims;
}

Result<void> check_times(const JwtClaims& claims, Timestamp now, seconds leeway)
{
    if (now >= claims.expires_at + leeway) {
        return refuse("the token has expired");
    }
    if (now + leeway < claims.issued_at || (claims.not_before && now + leeway < *claims.not_before)) {
        return refuse("the token is not valid yet");
    }
    return {};
}

struct ReadyKey {
    std::string header;  ///< base64url, as it stands in our tokens.
    HmacKey key;
};

Result<void> check_keys(const std::vector<JwtKey>& keys)
{
    if (keys.empty()) {
        return fail(Errc::configuration, "there is no key to sign tokens with");
    }
    std::set<std::string_view> ids;
    std::set<std::string_view> secrets;
    for (const auto& key : keys) {
        if (!is_key_id(key.id) || !ids.insert(key.id).second) {
            return fail(Errc::configuration, "the id of each token key is 1 to 32 of a-z, 0-9, '-', '_' and its own");
        }
        if (key.secret.reveal().size() < kMinSecretBytes) {
            return fail(Errc::configuration, "the secret of token key '" + key.id + "' is shorter than 32 bytes",
                        "generate one with: openssl rand -base64 48");
        }
        if (!secrets.insert(key.secret.reveal()).second) {
            return fail(Errc::configuration, "two token keys have the same secret");
        }
    }
    return {};
}

}  // namespace

std::string_view JwtClaims::get(std::string_view name) const
{
    const auto found = std::ranges::find(extra, name, &std::pair<std::string, std::string>::first);
    return found == extra.end() ? std::string_view{} : std::string_view{found->second};
}

struct Jwt::State {
    JwtOptions options;
    std::vector<ReadyKey> keys;
};

Result<Jwt> Jwt::create(std::vector<JwtKey> keys, JwtOptions options)
{
    TRY(check_keys(keys));
    if (options.issuer.empty() || options.audience.empty() || options.type.empty()) {
        return fail(Errc::configuration, "tokens need an issuer, an audience and a type");
    }
    auto state = std::make_shared<State>();
    for (const auto& key : keys) {
        const json header{{"alg", "HS256"}, {"kid", key.id}, {"typ", options.type}};
        state->keys.push_back({to_base64url(header.dump()), HmacKey{key.secret.reveal()}});
    }
    state->options = std::move(options);
    return Jwt{std::move(state)};
}

std::string Jwt::sign(const JwtClaims& claims) const
{
    json payload{{"iss", state_->options.issuer},
                 {"aud", state_->options.audience},
                 {"sub", claims.subject},
                 {"jti", claims.id},
                 {"iat", to_seconds(claims.issued_at)},
                 {"exp", to_seconds(claims.expires_at)}};
    if (claims.not_before) {
        payload["nbf"] = to_seconds(*claims.not_before);
    }
    for (const auto& [name, value] : claims.extra) {
        if (!is_registered(name)) {
            payload[name] = value;
        }
    }
    const auto& key = state_->keys.front();
    auto token = key.header + "." + to_base64url(payload.dump(-1, ' ', false, json::error_handler_t::replace));
    const auto signature = key.key.sign(token);
    token += '.';
    token += to_base64url(signature);
    return token;
}

Result<JwtClaims> Jwt::verify(std::string_view token, Timestamp now) const
{
    if (token.size() > state_->options.max_bytes) {
        return refuse("the token is too long");
    }
    const auto parts = split_token(token);
    if (!parts) {
        return refuse("this is not a token");
    }
    const auto key = std::ranges::find(state_->keys, parts->header, &ReadyKey::header);
    if (key == state_->keys.end()) {
        return refuse("the token's header is not one of ours");
    }
    const auto signature = from_base64url(parts->signature);
    if (!signature || !key->key.verify(parts->signed_part, *signature)) {
        return refuse("the token's signature does not fit");
    }
    const auto text = from_base64url(parts->payload);
    const auto payload = text ? parse_object(*text) : std::nullopt;
    if (!payload) {
        return refuse("the token's claims are malformed");
    }
    if (text_claim(*payload, "iss") != state_->options.issuer || !is_for(*payload, state_->options.audience)) {
        return refuse("the token was issued by or for somebody else");
    }
    auto claims = TRY(read_claims(*payload));
    TRY(check_times(claims, now, state_->options.leeway));
    return claims;
}

Result<std::string> verify_jws(std::string_view token, std::string_view key, std::size_t max_bytes)
{
    const auto parts = token.size() <= max_bytes ? split_token(token) : std::nullopt;
    if (!parts) {
        return refuse("this is not a token, or it is too long");
    }
    const auto header_text = from_base64url(parts->header);
    const auto header = header_text ? parse_object(*header_text) : std::nullopt;
    if (!header || text_claim(*header, "alg") != "HS256") {
        return refuse("the token's header is malformed or names another algorithm");
    }
    for (const auto& [name, value] : header->items()) {
        if (!value.is_string() || (name != "alg" && name != "typ" && name != "kid" && name != "cty")) {
            return refuse("the token's header has a member we do not take");
        }
    }
    const auto signature = from_base64url(parts->signature);
    if (!signature || !HmacKey{key}.verify(parts->signed_part, *signature)) {
        return refuse("the token's signature does not fit");
    }
    auto payload = from_base64url(parts->payload);
    if (!payload) {
        return refuse("the token's payload is malformed");
    }
    return std::move(*payload);
}

}  // namespace ss::crypto

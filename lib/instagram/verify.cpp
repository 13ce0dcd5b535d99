// Is it Meta who calls? Signatures of webhooks, the handshake, signed requests.

#include <ss/crypto.hpp>
#include <ss/instagram.hpp>
#include <ss/text.hpp>

#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace ss::instagram {
namespace {

constexpr std::string_view kPrefix = "sha256=";
constexpr std::size_t kMaxChallenge = 256;

bool is_ascii(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

void append_escape(std::string& out, char32_t point)
{
    if (point >= 0x1'0000) {
        const auto rest = point - 0x1'0000;
        out += fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + (static_cast<unsigned>(rest) >> 10),
                           0xdc00 + (static_cast<unsigned>(rest) & 0x3ff));
    } else {
        out += fmt::format("\\u{:04x}", static_cast<unsigned>(point));
    }
}

// The form Meta signs even where something on the way has unescaped the body. Expects valid UTF-8.
std::string escaped(std::string_view text)
{
    std::string out;
    out.reserve(text.size() * 2);
    for (std::size_t at = 0; at < text.size();) {
        const auto lead = static_cast<unsigned char>(text[at]);
        if (lead < 0x80) {
            out += text[at++];
            continue;
        }
        const std::size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
        char32_t point = lead & (0x3fU >> more);
        for (std::size_t i = 1; i <= more; ++i) {
            point = point << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3fU);
        }
        append_escape(out, point);
        at += more + 1;
    }
    return out;
}

// Every secret is tried to the end, so that the time tells nothing about which one fits.
bool is_signed(std::string_view body, std::string_view signature, std::span<const Secret> secrets)
{
    bool fits = false;
    for (const auto& secret : secrets) {
        const bool usable = !secret.empty();
        const auto expected = crypto::to_hex(crypto::hmac_sha256(secret.reveal(), body));
        fits |= crypto::equal_constant_time(expected, signature) && usable;
    }
    return fits;
}

std::unexpected<Error> not_signed()
{
    return fail(Errc::unauthenticated, "the signature is missing or wrong");
}

std::string number_or_text(const nlohmann::json& object, const char* key)
{
    const auto found = object.find(key);
    if (found == object.end()) {
        return {};
    }
    return found->is_string() ? found->get<std::string>() : found->is_number_integer() ? found->dump() : std::string{};
}

}  // namespace

Result<void> check_signature(std::string_view body, std::string_view header, std::span<const Secret> secrets)
{
    if (!header.starts_with(kPrefix) || header.size() != kPrefix.size() + 2 * crypto::kHashBytes) {
        return not_signed();
    }
    const auto signature = header.substr(kPrefix.size());
    if (is_signed(body, signature, secrets)) {
        return {};
    }
    if (!is_ascii(body) && is_valid_utf8(body) && is_signed(escaped(body), signature, secrets)) {
        return {};
    }
    return not_signed();
}

Result<std::string> check_handshake(std::string_view mode, std::string_view token, std::string_view challenge,
                                    const Secret& expected)
{
    const bool knows_token = crypto::equal_constant_time(token, expected.reveal()) && !expected.empty();
    const bool is_harmless = !challenge.empty() && challenge.size() <= kMaxChallenge &&
                             std::ranges::all_of(challenge, [](char c) { return c > 0x20 && c < 0x7f; });
    if (mode != "subscribe" || !knows_token || !is_harmless) {
        return fail(Errc::forbidden, "the webhook's verification failed",
                    "the verify token in the Meta app must be the one of the configuration");
    }
    return std::string{challenge};
}

Result<SignedRequest> parse_signed_request(std::string_view text, std::span<const Secret> secrets)
{
    const auto dot = text.find('.');
    if (dot == std::string_view::npos) {
        return fail(Errc::invalid, "the signed request has no signature");
    }
    auto proof = text.substr(0, dot);
    const auto payload = text.substr(dot + 1);
    while (proof.ends_with('=')) {  // seen in the field
        proof.remove_suffix(1);
    }
    const auto code = crypto::from_base64url(proof);
    if (!code || !is_signed(payload, crypto::to_hex(*code), secrets)) {
        return not_signed();
    }
    auto unpadded = payload;
    while (unpadded.ends_with('=')) {
        unpadded.remove_suffix(1);
    }
    const auto bytes = TRY(crypto::from_base64url(unpadded));
    const auto object = nlohmann::json::parse(bytes, nullptr, false);
    if (!object.is_object()) {
        return fail(Errc::invalid, "the signed request is not readable");
    }
    if (to_lower_ascii(number_or_text(object, "algorithm")) != "hmac-sha256") {
        return not_signed();
    }
    SignedRequest request{number_or_text(object, "user_id"), {}};
    if (request.app_scoped_id.empty()) {
        return fail(Errc::invalid, "the signed request names no user");
    }
    if (const auto issued = to_integer(number_or_text(object, "issued_at")); issued && *issued < 100'000'000'000) {
        request.issued_at = from_micros(*issued * 1'000'000);
    }
    return request;
}

}  // namespace ss::instagram

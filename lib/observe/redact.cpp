// Finding secrets in text, by the names before them and by the shape of known tokens.
#include <ss/log.hpp>
#include <ss/text.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace ss::observe {
namespace {

constexpr std::array<std::string_view, 26> kSecretNames{"access_token",
                                                        "refresh_token",
                                                        "client_secret",
                                                        "app_secret",
                                                        "meta_app_secret",
                                                        "appsecret_proof",
                                                        "signed_request",
                                                        "password",
                                                        "new_password",
                                                        "old_password",
                                                        "passwd",
                                                        "pwd",
                                                        "secret",
                                                        "secret_key",
                                                        "access_key",
                                                        "authorization",
                                                        "verify_token",
                                                        "hub.verify_token",
                                                        "fb_exchange_token",
                                                        "api_key",
                                                        "apikey",
                                                        "cookie",
                                                        "set-cookie",
                                                        "x-api-key",
                                                        "ticket",
                                                        "token"};

bool is_word(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
}

bool is_token_character(char c)
{
    return is_word(c) || c == '~' || c == '+' || c == '/' || c == '=' || c == '|' || c == '%';
}

// Where the value that starts at `at` ends: at its closing quote, or at what separates parameters and words.
std::size_t end_of_value(std::string_view text, std::size_t at)
{
    if (at < text.size() && (text[at] == '"' || text[at] == '\'')) {
        const char quote = text[at];
        for (std::size_t end = at + 1; end < text.size(); ++end) {
            if (text[end] == '\\') {
                ++end;
            } else if (text[end] == quote) {
                return end;
            }
        }
        return text.size();
    }
    return std::min(text.find_first_of("&;,}) \t\r\n\"'", at), text.size());
}

bool is_scheme_word(std::string_view word)
{
    const auto folded = to_lower_ascii(word);
    return folded == "bearer" || folded == "basic" || folded == "oauth" || folded == "digest";
}

struct Hit {
    std::size_t begin;
    std::size_t end;
};

// `name` stands at `at`; a separator and a value must follow.
std::optional<Hit> value_after(std::string_view text, std::size_t at, std::size_t name_size)
{
    std::size_t next = at + name_size;
    if (next < text.size() && (text[next] == '"' || text[next] == '\'')) {
        ++next;
    }
    while (next < text.size() && text[next] == ' ') {
        ++next;
    }
    if (next >= text.size() || (text[next] != '=' && text[next] != ':')) {
        return std::nullopt;
    }
    ++next;
    while (next < text.size() && text[next] == ' ') {
        ++next;
    }
    auto end = end_of_value(text, next);
    const bool quoted = next < text.size() && (text[next] == '"' || text[next] == '\'');
    // "Authorization: Bearer xyz": the scheme may stay, what follows may not.
    if (!quoted && is_scheme_word(text.substr(next, end - next)) && end < text.size() && text[end] == ' ') {
        next = end + 1;
        end = end_of_value(text, next);
    }
    const auto begin = quoted ? next + 1 : next;
    return begin >= end ? std::nullopt : std::optional{Hit{begin, end}};
}

// A name counts when it is a word of its own: "token" does not match in "token_type".
std::optional<Hit> named_secret(std::string_view text, std::string_view folded, std::size_t at)
{
    if (at > 0 && is_word(folded[at - 1])) {
        return std::nullopt;
    }
    std::size_t end = at;
    while (end < folded.size() && is_word(folded[end])) {
        ++end;
    }
    const auto word = folded.substr(at, end - at);
    // "code" is an OAuth code only as a parameter; elsewhere it is an error's number or name.
    const bool is_parameter =
        end < folded.size() && folded[end] == '=' && (at == 0 || text[at - 1] == '?' || text[at - 1] == '&');
    if (is_secret_name(word) || (word == "code" && is_parameter)) {
        return value_after(text, at, word.size());
    }
    return std::nullopt;
}

std::size_t end_of_token(std::string_view text, std::size_t at)
{
    while (at < text.size() && is_token_character(text[at])) {
        ++at;
    }
    return at;
}

// Known shapes: JWT, Meta's tokens, "Bearer xyz", "//user:password@".
std::optional<Hit> shaped_secret(std::string_view text, std::string_view folded, std::size_t at)
{
    constexpr std::size_t kLeast = 16;  // shorter ones are words
    const auto rest = text.substr(at);
    if (folded.substr(at).starts_with("bearer ")) {
        const auto end = end_of_token(text, at + 7);
        return end - at - 7 >= kLeast ? std::optional{Hit{at + 7, end}} : std::nullopt;
    }
    if (at > 0 && is_word(text[at - 1])) {
        return std::nullopt;
    }
    if (rest.starts_with("eyJ") || rest.starts_with("IGQ") || rest.starts_with("IGA") || rest.starts_with("EAA")) {
        const auto end = end_of_token(text, at);
        return end - at >= kLeast ? std::optional{Hit{at, end}} : std::nullopt;
    }
    if (rest.starts_with("//")) {
        const auto authority = rest.substr(2, rest.find_first_of("/?# \t\r\n\"'", 2) - 2);
        const auto sign = authority.rfind('@');
        const auto colon = authority.find(':');
        if (sign != std::string_view::npos && colon < sign) {
            return Hit{at + 2 + colon + 1, at + 2 + sign};
        }
    }
    return std::nullopt;
}

}  // namespace

bool is_secret_name(std::string_view name)
{
    const auto folded = to_lower_ascii(name);
    return std::ranges::find(kSecretNames, folded) != kSecretNames.end() || folded.ends_with("_secret") ||
           folded.ends_with("_password");
}

std::string redacted(std::string_view text)
{
    const auto folded = to_lower_ascii(text);
    std::string result;
    std::size_t done = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        auto hit = named_secret(text, folded, at);
        if (!hit) {
            hit = shaped_secret(text, folded, at);
        }
        if (hit) {
            result.append(text.substr(done, hit->begin - done)).append("***");
            done = hit->end;
            at = std::max(at, hit->end - 1);
        }
    }
    return result.append(text.substr(done));
}

}  // namespace ss::observe

#pragma once
// The parts of a URL that the checks look at.

#include <optional>
#include <string>
#include <string_view>

namespace ss::config {

struct Url {
    std::string_view scheme;
    std::string_view user;  // what stands before '@', with the password
    std::string_view host;  // without brackets
    std::string_view port;
    std::string_view rest;  // from the first '/', '?' or '#'
};

// Nothing when the text is no "scheme://host…" or holds spaces or control characters.
std::optional<Url> parse_url(std::string_view text);

// This machine, under any of its usual names.
bool is_loopback(std::string_view host);

// "user:***@" where a password stood, and values of secret-looking query parameters likewise.
std::string without_password(std::string_view url);

}  // namespace ss::config

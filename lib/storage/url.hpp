#pragma once
// "scheme://user:password@host:port/path?key=value", as database and Redis URLs are written.

#include <ss/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ss::storage {

/// Percent-decoded parts.
struct Url {
    std::string scheme;
    std::string user;
    std::string password;
    std::string host;  ///< An IPv6 address without its brackets.
    std::uint16_t port = 0;
    std::string path;  ///< Without the first '/'.
    std::vector<std::pair<std::string, std::string>> query;
};

/// Errors: configuration; they never quote the URL.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

}  // namespace ss::storage

#pragma once
/// JSON as the API takes it: RFC 8259, valid UTF-8, no key twice in one object, not nested deeper than 64.

#include <ss/error.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace ss::http {

inline constexpr std::size_t kMaxJsonDepth = 64;

/// Errors: invalid, with the offset or the key's pointer in `where`.
[[nodiscard]] Result<nlohmann::json> parse_strict_json(std::string_view text);

/// "/a/0/b" + name, escaped as RFC 6901 says.
[[nodiscard]] std::string pointer_to(std::string_view parent, std::string_view name);

}  // namespace ss::http

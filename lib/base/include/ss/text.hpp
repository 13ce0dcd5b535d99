#pragma once
/// Small, exact text helpers that several modules need. All take and give UTF-8.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ss {

[[nodiscard]] std::string_view trim(std::string_view text);  ///< ASCII white space at both ends.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string to_lower_ascii(std::string_view text);

/// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_valid_utf8(std::string_view text);
/// Code points, as Meta and people count; bytes are `size()`. Expects valid UTF-8.
[[nodiscard]] std::size_t count_code_points(std::string_view text);

/// The form both sides of a search are brought to: lower case, accents removed, compatibility
/// forms unified, so that "PROMOÇÃO" is found by "promocao". Invalid UTF-8 gives what is valid.
[[nodiscard]] std::string fold_for_search(std::string_view text);

/// The whole text as a decimal number; nothing on any other character, sign '+' or overflow.
[[nodiscard]] std::optional<std::int64_t> to_integer(std::string_view text);

/// The candidate a person most likely meant (edit distance), or nothing when none is near.
[[nodiscard]] std::optional<std::string_view> closest(std::string_view word,
                                                      std::span<const std::string_view> candidates);

/// RFC 3986: everything but unreserved characters as %XX.
[[nodiscard]] std::string percent_encode(std::string_view text);
/// Nothing when an escape is malformed. `plus_is_space` for form bodies.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

/// Control characters as \xNN, so that a log line or a terminal stays what it is.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace ss

#pragma once
/// Meta's JSON, read with suspicion: ids as text, numbers as text or number, missing members as empty.

#include <ss/time.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ss::instagram {

using nlohmann::json;

inline constexpr int kMaxDepth = 64;

/// Discarded (is_discarded()) when it is not JSON or nests deeper than kMaxDepth. Lone surrogates and bytes that are
/// not UTF-8 become U+FFFD: one message cut in the middle of an emoji must not take the whole body with it.
[[nodiscard]] json parse_json(std::string_view text);

/// A string or a whole number as text ("" for anything else); NUL becomes U+FFFD, which every database can hold.
[[nodiscard]] std::string text_of(const json& object, std::string_view key);
[[nodiscard]] std::optional<std::int64_t> integer_of(const json& object, std::string_view key);
[[nodiscard]] bool flag_of(const json& object, std::string_view key);

/// The member, or a null that lives for ever.
[[nodiscard]] const json& member(const json& object, std::string_view key);

/// Seconds, milliseconds or microseconds since 1970 by magnitude, as number or text; or ISO 8601.
[[nodiscard]] std::optional<Timestamp> time_of(const json& object, std::string_view key);

/// Never throws, whatever is inside.
[[nodiscard]] std::string dump(const json& value);

}  // namespace ss::instagram

#pragma once
// Numbers with units, readable at compile time so that the table's own defaults and limits are checked there.

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace ss::config {

struct Unit {
    std::string_view name;
    std::int64_t factor;
};

inline constexpr std::array kDurations{Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000},
                                       Unit{"ms", 1}};
inline constexpr std::array kSizes{
    Unit{"GiB", 1LL << 30}, Unit{"MiB", 1LL << 20}, Unit{"KiB", 1LL << 10}, Unit{"GB", 1'000'000'000},
    Unit{"MB", 1'000'000},  Unit{"kB", 1'000},      Unit{"B", 1},           Unit{"", 1}};
inline constexpr std::array kNone{Unit{"", 1}};

// Whole numbers only: "1.5h" is "90m".
template <std::size_t N>
constexpr std::optional<std::int64_t> parse_units(std::string_view text, const std::array<Unit, N>& units)
{
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    const bool negative = text.starts_with('-');
    std::size_t at = negative ? 1 : 0;
    const std::size_t first = at;
    std::int64_t number = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
        const std::int64_t digit = text[at] - '0';
        if (number > (kMost - digit) / 10) {
            return std::nullopt;
        }
        number = number * 10 + digit;
    }
    if (at == first) {
        return std::nullopt;
    }
    for (const Unit& unit : units) {
        if (text.substr(at) == unit.name) {
            if (number > kMost / unit.factor) {
                return std::nullopt;
            }
            return (negative ? -number : number) * unit.factor;
        }
    }
    return std::nullopt;
}

// "least..most"
constexpr std::pair<std::string_view, std::string_view> split_limits(std::string_view limits)
{
    const auto dots = limits.find("..");
    if (dots == std::string_view::npos) {
        return {};
    }
    return {limits.substr(0, dots), limits.substr(dots + 2)};
}

}  // namespace ss::config

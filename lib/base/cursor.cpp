// Page marks: 16 hexadecimal digits a number and an FNV-1a check over both and the list's name.
#include <ss/cursor.hpp>

#include <array>
#include <charconv>
#include <cstdio>

namespace ss {
namespace {

constexpr std::size_t kDigits = 16;
constexpr std::size_t kCheckDigits = 8;

std::uint32_t check(std::string_view list, std::string_view numbers)
{
    std::uint32_t hash = 2'166'136'261U;
    const auto add = [&hash](std::string_view text) {
        for (const char c : text) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
        }
    };
    add(list);
    add("/");
    add(numbers);
    return hash;
}

bool read_hex(std::string_view text, std::uint64_t& value)
{
    for (const char c : text) {
        if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
            return false;
        }
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string to_cursor(std::string_view list, Place place)
{
    std::array<char, 2 * kDigits + 1> numbers{};
    std::snprintf(numbers.data(), numbers.size(), "%016llx%016llx", static_cast<unsigned long long>(place.first),
                  static_cast<unsigned long long>(place.second));
    const std::string_view both{numbers.data(), 2 * kDigits};
    std::array<char, kCheckDigits + 1> mark{};
    std::snprintf(mark.data(), mark.size(), "%08x", check(list, both));
    return std::string{both}.append(mark.data(), kCheckDigits);
}

Result<Place> parse_cursor(std::string_view list, std::string_view cursor)
{
    std::uint64_t first = 0;
    std::uint64_t second = 0;
    std::uint64_t mark = 0;
    if (cursor.size() != 2 * kDigits + kCheckDigits || !read_hex(cursor.substr(0, kDigits), first) ||
        !read_hex(cursor.substr(kDigits, kDigits), second) || !read_hex(cursor.substr(2 * kDigits), mark) ||
        mark != check(list, cursor.substr(0, 2 * kDigits))) {
        return fail(Errc::invalid, "the cursor is not one of this list", "begin again without a cursor", "/cursor");
    }
    return Place{static_cast<std::int64_t>(first), static_cast<std::int64_t>(second)};
}

}  // namespace ss

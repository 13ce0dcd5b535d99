// RFC 3339 in and out, and the two clocks.
#include <ss/time.hpp>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>

namespace ss {
namespace {

using namespace std::chrono;

/// Reads exactly `digits` decimal digits at the front and drops them.
bool take_number(std::string_view& text, std::size_t digits, int& value)
{
    if (text.size() < digits) {
        return false;
    }
    for (std::size_t i = 0; i < digits; ++i) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
    }
    std::from_chars(text.data(), text.data() + digits, value);
    text.remove_prefix(digits);
    return true;
}

bool take_one_of(std::string_view& text, std::string_view wanted)
{
    if (text.empty() || wanted.find(text.front()) == std::string_view::npos) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

/// Fraction to microseconds; digits past the sixth are dropped.
bool take_fraction(std::string_view& text, int& micros)
{
    micros = 0;
    if (!take_one_of(text, ".,")) {
        return true;
    }
    int count = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), ++count) {
        if (count < 6) {
            micros = micros * 10 + (text.front() - '0');
        }
    }
    for (int i = count; i < 6; ++i) {
        micros *= 10;
    }
    return count >= 1 && count <= 9;
}

bool take_offset(std::string_view& text, minutes& offset)
{
    if (take_one_of(text, "Zz")) {
        offset = minutes{0};
        return true;
    }
    const bool negative = !text.empty() && text.front() == '-';
    int hour = 0;
    int minute = 0;
    if (!take_one_of(text, "+-") || !take_number(text, 2, hour)) {
        return false;
    }
    take_one_of(text, ":");
    if (!take_number(text, 2, minute) || hour > 23 || minute > 59) {
        return false;
    }
    offset = minutes{(negative ? -1 : 1) * (hour * 60 + minute)};
    return true;
}

}  // namespace

Timestamp SystemClock::now() const
{
    return floor<microseconds>(system_clock::now());
}
steady_clock::time_point SystemClock::steady() const
{
    return steady_clock::now();
}
Timestamp ManualClock::now() const
{
    return from_micros(now_);
}
steady_clock::time_point ManualClock::steady() const
{
    return steady_clock::time_point{microseconds{now_}};
}

std::string to_rfc3339(Timestamp at)
{
    const auto day = floor<days>(at);
    const year_month_day date{day};
    const hh_mm_ss time{at - day};
    const auto micros = static_cast<long>(time.subseconds().count());
    std::array<char, 48> buffer{};
    const auto* format = micros == 0          ? "%04d-%02u-%02uT%02ld:%02ld:%02ldZ"
                         : micros % 1000 == 0 ? "%04d-%02u-%02uT%02ld:%02ld:%02ld.%03ldZ"
                                              : "%04d-%02u-%02uT%02ld:%02ld:%02ld.%06ldZ";
    const auto length =
        std::snprintf(buffer.data(), buffer.size(), format, static_cast<int>(date.year()),
                      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                      static_cast<long>(time.hours().count()), static_cast<long>(time.minutes().count()),
                      static_cast<long>(time.seconds().count()), micros % 1000 == 0 ? micros / 1000 : micros);
    return {buffer.data(), static_cast<std::size_t>(length)};
}

Result<Timestamp> parse_rfc3339(std::string_view text)
{
    auto rest = text;
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0;
    minutes offset{0};
    const bool formed = take_number(rest, 4, year) && take_one_of(rest, "-") && take_number(rest, 2, month) &&
                        take_one_of(rest, "-") && take_number(rest, 2, day) && take_one_of(rest, "Tt ") &&
                        take_number(rest, 2, hour) && take_one_of(rest, ":") && take_number(rest, 2, minute) &&
                        take_one_of(rest, ":") && take_number(rest, 2, second) && take_fraction(rest, micros) &&
                        take_offset(rest, offset) && rest.empty();
    const year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                              std::chrono::day{static_cast<unsigned>(day)}};
    if (!formed || !date.ok() || hour > 23 || minute > 59 || second > 60) {
        return fail(Errc::invalid, "not a date and time as 2026-01-31T12:00:00Z");
    }
    return Timestamp{sys_days{date}} + hours{hour} + minutes{minute} + seconds{second} + microseconds{micros} - offset;
}

}  // namespace ss

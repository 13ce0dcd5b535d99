// Cron fields and intervals, in a time zone of the operating system's database.

#include <ss/jobs.hpp>
#include <ss/text.hpp>

#include <date/date.h>
#include <date/tz.h>
#include <fmt/core.h>

#include <array>
#include <exception>
#include <span>

namespace ss::jobs {

/// Bit n of a mask: the value n is allowed.
struct Schedule::Fields {
    std::string text;
    std::chrono::seconds every{0};
    const date::time_zone* zone = nullptr;
    std::uint64_t minutes = 0;
    std::uint64_t hours = 0;
    std::uint64_t days = 0;
    std::uint64_t months = 0;
    std::uint64_t weekdays = 0;
    bool any_day = false;
    bool any_weekday = false;

    [[nodiscard]] bool runs_on(date::local_days day) const
    {
        const date::year_month_day ymd{day};
        if ((months >> static_cast<unsigned>(ymd.month()) & 1U) == 0) {
            return false;
        }
        const bool by_day = (days >> static_cast<unsigned>(ymd.day()) & 1U) != 0;
        const bool by_weekday = (weekdays >> date::weekday{day}.c_encoding() & 1U) != 0;
        return any_day || any_weekday ? by_day && by_weekday : by_day || by_weekday;
    }
};

namespace {

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct FieldRule {
    std::string_view name;
    std::int64_t low;
    std::int64_t high;
    std::span<const std::string_view> names;  ///< The first stands for `low`.
};

std::optional<std::int64_t> number_of(std::string_view text, const FieldRule& rule)
{
    const auto lower = to_lower_ascii(text);
    for (std::size_t at = 0; at < rule.names.size(); ++at) {
        if (rule.names[at] == lower) {
            return rule.low + static_cast<std::int64_t>(at);
        }
    }
    const auto number = to_integer(text);
    return number && *number >= rule.low && *number <= rule.high ? number : std::nullopt;
}

/// One of a list: "*", "7", "1-5", each with "/step"; "7/2" means from 7 to the end, as cron has it.
std::optional<std::uint64_t> parse_item(std::string_view item, const FieldRule& rule)
{
    std::int64_t step = 1;
    const auto slash = item.find('/');
    if (slash != std::string_view::npos) {
        const auto given = to_integer(item.substr(slash + 1));
        if (!given || *given < 1 || *given > rule.high) {
            return std::nullopt;
        }
        step = *given;
        item = item.substr(0, slash);
    }
    auto first = std::optional{rule.low};
    auto last = std::optional{rule.high};
    if (item != "*") {
        const auto dash = item.find('-');
        first = number_of(item.substr(0, dash), rule);
        if (dash != std::string_view::npos) {
            last = number_of(item.substr(dash + 1), rule);
        } else if (slash == std::string_view::npos) {
            last = first;
        }
    }
    if (!first || !last || *first > *last) {
        return std::nullopt;
    }
    std::uint64_t mask = 0;
    for (auto value = *first; value <= *last; value += step) {
        mask |= std::uint64_t{1} << value;
    }
    return mask;
}

Result<std::uint64_t> parse_field(std::string_view text, const FieldRule& rule)
{
    std::uint64_t mask = 0;
    for (const auto item : split(text, ',')) {
        const auto part = parse_item(item, rule);
        if (!part) {
            return fail(Errc::invalid, fmt::format("'{}' is not a {} of a schedule", printable(item), rule.name),
                        fmt::format("use {} to {}, as in \"0 2 * * *\"", rule.low, rule.high));
        }
        mask |= *part;
    }
    return mask;
}

Result<std::chrono::seconds> parse_interval(std::string_view text)
{
    constexpr std::array<std::pair<char, int>, 4> kUnits{{{'s', 1}, {'m', 60}, {'h', 3'600}, {'d', 86'400}}};
    for (const auto& [unit, seconds] : kUnits) {
        if (!text.empty() && text.back() == unit) {
            const auto count = to_integer(text.substr(0, text.size() - 1));
            if (count && *count >= 1 && *count <= 366 * 86'400 / seconds) {
                return std::chrono::seconds{*count * seconds};
            }
        }
    }
    return fail(Errc::invalid, fmt::format("'{}' is not an interval", printable(text)), "write it as in \"every 30s\"");
}

std::string_view expand_nickname(std::string_view text)
{
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kNicknames{{{"@hourly", "0 * * * *"},
                                                                                       {"@daily", "0 0 * * *"},
                                                                                       {"@weekly", "0 0 * * 0"},
                                                                                       {"@monthly", "0 0 1 * *"},
                                                                                       {"@yearly", "0 0 1 1 *"}}};
    for (const auto& [name, fields] : kNicknames) {
        if (text == name) {
            return fields;
        }
    }
    return text;
}

Result<void> parse_cron(std::string_view text, Schedule::Fields& into)
{
    std::vector<std::string_view> words;
    for (const auto word : split(text, ' ')) {
        if (!word.empty()) {
            words.push_back(word);
        }
    }
    if (words.size() != 5) {
        return fail(Errc::invalid, "a schedule has five fields: minute, hour, day, month, weekday",
                    "write it as in \"0 2 * * *\" or \"every 30s\"");
    }
    into.minutes = TRY(parse_field(words[0], {"minute", 0, 59, {}}));
    into.hours = TRY(parse_field(words[1], {"hour", 0, 23, {}}));
    into.days = TRY(parse_field(words[2], {"day", 1, 31, {}}));
    into.months = TRY(parse_field(words[3], {"month", 1, 12, kMonths}));
    into.weekdays = TRY(parse_field(words[4], {"weekday", 0, 7, kWeekdays}));
    into.weekdays |= into.weekdays >> 7 & 1U;  // 7 is Sunday too
    into.any_day = words[2].starts_with('*');
    into.any_weekday = words[4].starts_with('*');
    return {};
}

/// The first tick of one local day after `after`. Time zones move a local time by less than 26 hours.
std::optional<Timestamp> first_of_day(const Schedule::Fields& fields, date::local_days day, Timestamp after,
                                      date::local_time<std::chrono::microseconds> local_after)
{
    using namespace std::chrono_literals;
    for (int hour = 0; hour < 24; ++hour) {
        if ((fields.hours >> hour & 1U) == 0 || day + std::chrono::hours{hour + 27} < local_after) {
            continue;
        }
        for (int minute = 0; minute < 60; ++minute) {
            if ((fields.minutes >> minute & 1U) == 0) {
                continue;
            }
            const date::local_seconds local = day + std::chrono::hours{hour} + std::chrono::minutes{minute};
            const Timestamp at = fields.zone->to_sys(local, date::choose::earliest);
            if (at > after) {
                return at;
            }
        }
    }
    return std::nullopt;
}

}  // namespace

Result<Schedule> Schedule::parse(std::string_view text, std::string_view time_zone)
{
    auto fields = std::make_shared<Fields>();
    const auto trimmed = trim(text);
    if (trimmed.starts_with("every ")) {
        fields->every = TRY(parse_interval(trim(trimmed.substr(6))));
        fields->text = trimmed;
        return Schedule{std::move(fields)};
    }
    TRY(parse_cron(expand_nickname(trimmed), *fields));
    fields->text = fmt::format("{} {}", trimmed, time_zone);
    try {
        fields->zone = date::locate_zone(std::string{time_zone});
    } catch (const std::exception&) {
        return fail(Errc::invalid, fmt::format("'{}' is not a known time zone", printable(time_zone)),
                    "use a name of the tz database, as America/Sao_Paulo");
    }
    return Schedule{std::move(fields)};
}

Timestamp Schedule::next(Timestamp after) const
{
    if (fields_->every.count() > 0) {
        const auto every = std::chrono::microseconds{fields_->every};
        return Timestamp{(after.time_since_epoch() / every + 1) * every};
    }
    constexpr int kDays = 30 * 366;
    const auto local_after = fields_->zone->to_local(after);
    const auto today = date::floor<date::days>(local_after);
    for (int offset = -1; offset < kDays; ++offset) {
        const auto day = today + date::days{offset};
        if (!fields_->runs_on(day)) {
            continue;
        }
        if (const auto tick = first_of_day(*fields_, day, after, local_after)) {
            return *tick;
        }
    }
    return Timestamp::max();
}

const std::string& Schedule::text() const
{
    return fields_->text;
}

std::chrono::seconds Schedule::interval() const
{
    return fields_->every;
}

}  // namespace ss::jobs

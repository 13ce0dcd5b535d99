// Wall-clock times in a time zone as instants.
#include <ss/posts.hpp>

#include <ss/text.hpp>

#include <date/tz.h>
#include <fmt/core.h>

namespace ss::posts {
namespace {

using LocalTime = date::local_time<std::chrono::microseconds>;

/// "2026-11-23T19:00[:30]"; nothing on any other form.
std::optional<LocalTime> parse_local(std::string_view text)
{
    const bool with_seconds = text.size() == 19;
    const auto parsed = parse_rfc3339(std::string{text} + (with_seconds ? "Z" : ":00Z"));
    if ((text.size() != 16 && !with_seconds) || !parsed) {
        return std::nullopt;
    }
    return LocalTime{parsed->time_since_epoch()};
}

const date::time_zone* find_zone(std::string_view name)
{
    try {
        return date::locate_zone(std::string{name});
    } catch (const std::exception&) {
        return nullptr;
    }
}

}  // namespace

Result<std::optional<Timestamp>> instant(const When& when)
{
    const auto* zone = when.time_zone.empty() ? nullptr : find_zone(when.time_zone);
    if (!when.time_zone.empty() && zone == nullptr) {
        return fail(Errc::invalid, fmt::format("there is no time zone '{}'", printable(when.time_zone)),
                    "use a name as America/Sao_Paulo", "/time_zone");
    }
    if (when.at || when.local.empty()) {
        return when.at;
    }
    if (zone == nullptr) {
        return fail(Errc::invalid, "a local time needs a time zone", "use a name as America/Sao_Paulo", "/time_zone");
    }
    const auto local = parse_local(when.local);
    if (!local) {
        return fail(Errc::invalid, "not a local time as 2026-01-31T12:00", {}, "/local");
    }
    const auto info = zone->get_info(*local);
    if (info.result == date::local_info::nonexistent) {
        return fail(Errc::invalid, "this local time does not exist: the clocks skip it", "choose a time an hour later",
                    "/local");
    }
    return Timestamp{local->time_since_epoch() - info.first.offset};
}

}  // namespace ss::posts

// A webhook body: the shapes of its root and entries. What is inside an entry: messaging_item.cpp, change_item.cpp.

#include "item.hpp"

#include <ss/instagram.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>

namespace ss::instagram {
namespace {

// The library's exceptions end here, item by item: a bad one never takes the good ones with it.
template <class Read>
void guarded(channel::Parsed& parsed, std::string_view what, Read read)
{
    const auto events = parsed.events.size();
    try {
        read();
    } catch (const std::exception&) {
        parsed.events.resize(events);
        parsed.problems.push_back(fmt::format("{} could not be read", what));
    }
}

void read_list(const json& list, std::string_view name, channel::Parsed& parsed, const auto& read)
{
    if (list.is_null()) {
        return;
    }
    if (!list.is_array()) {
        parsed.problems.push_back(fmt::format("{} is not a list", name));
        return;
    }
    for (const auto& item : list) {
        guarded(parsed, fmt::format("an item of {}", name), [&] { read(item); });
    }
}

void read_entry(const json& entry, channel::Parsed& parsed)
{
    if (!entry.is_object()) {
        parsed.problems.emplace_back("an entry is not an object");
        return;
    }
    const Place place{text_of(entry, "id"), time_of(entry, "time")};
    const auto before = parsed.events.size() + parsed.problems.size();
    for (const std::string_view name : {"messaging", "standby"}) {
        read_list(member(entry, name), name, parsed, [&](const json& item) { read_messaging(place, item, parsed); });
    }
    read_list(member(entry, "changes"), "changes", parsed,
              [&](const json& change) { read_change(place, change, parsed); });
    if (entry.contains("field")) {
        guarded(parsed, "an entry's field", [&] { read_change(place, entry, parsed); });
    }
    if (parsed.events.size() + parsed.problems.size() == before) {
        parsed.problems.push_back(fmt::format("an entry of account {} holds nothing", printable(place.account)));
    }
}

void read_root(const json& root, channel::Parsed& parsed)
{
    if (!root.is_object()) {
        parsed.problems.emplace_back("the body is not an object");
        return;
    }
    const auto about = text_of(root, "object");
    if (!about.empty() && about != "instagram" && about != "page") {
        parsed.problems.push_back(fmt::format("the body is about {}, not instagram", printable(about)));
        return;
    }
    if (root.contains("entry")) {
        read_list(root["entry"], "entry", parsed, [&](const json& entry) { read_entry(entry, parsed); });
    } else if (root.contains("field")) {  // the dashboard's test button
        read_entry(root, parsed);
    } else {
        parsed.problems.emplace_back("the body has no entry");
    }
}

}  // namespace

channel::Parsed parse_webhook(std::string_view body)
{
    channel::Parsed parsed;
    try {
        const auto root = parse_json(body);
        if (root.is_discarded()) {
            parsed.problems.emplace_back("the body is not JSON, or nests too deep");
        } else if (root.is_array()) {
            for (const auto& element : root) {
                read_root(element, parsed);
            }
        } else {
            read_root(root, parsed);
        }
    } catch (const std::exception&) {
        parsed.problems.emplace_back("the body could not be read");
    }
    return parsed;
}

}  // namespace ss::instagram

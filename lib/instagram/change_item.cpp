// Changes: comments, mentions, and messages in the clothes of the dashboard's test.

#include "item.hpp"

#include <ss/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace ss::instagram {
namespace {

using channel::Event, channel::EventKind;

constexpr std::array<std::string_view, 10> kMessagingFields{"messages",
                                                            "message_reactions",
                                                            "messaging_reactions",
                                                            "messaging_postbacks",
                                                            "messaging_referral",
                                                            "messaging_referrals",
                                                            "messaging_seen",
                                                            "message_edit",
                                                            "message_echoes",
                                                            "standby"};

std::string either(std::string first, std::string second)
{
    return first.empty() ? std::move(second) : std::move(first);
}

void read_comment(const Place& place, const json& value, channel::Parsed& parsed)
{
    const auto& from = member(value, "from");
    Event event;
    event.kind = EventKind::comment;
    event.account = place.account;
    event.customer = either(text_of(from, "self_ig_scoped_id"), text_of(from, "id"));  // the first can be written to
    event.customer_name = either(text_of(from, "username"), text_of(value, "username"));
    event.from_business = !place.account.empty() && text_of(from, "id") == place.account;
    event.at = time_of(value, "timestamp").value_or(place.time.value_or(Timestamp{}));
    event.comment_id = either(text_of(value, "id"), text_of(value, "comment_id"));
    event.message_id = event.comment_id;
    event.post_id = either(text_of(member(value, "media"), "id"), text_of(value, "media_id"));
    event.text = text_of(value, "text");
    const auto parent = text_of(value, "parent_id");
    event.reply_to = parent == event.post_id ? std::string{} : parent;
    if (event.comment_id.empty()) {  // an empty id would make all such comments one
        parsed.problems.emplace_back("a comment without an id");
        return;
    }
    parsed.events.push_back(std::move(event));
}

}  // namespace

void read_change(const Place& place, const json& change, channel::Parsed& parsed)
{
    const auto field = text_of(change, "field");
    const auto& value = member(change, "value");
    if (field.empty() || !value.is_object()) {
        parsed.problems.push_back(fmt::format("a change \"{}\" without a value", printable(field)));
        return;
    }
    if (std::ranges::find(kMessagingFields, field) != kMessagingFields.end()) {
        return read_messaging(place, value, parsed);
    }
    if (field == "comments" || field == "live_comments") {
        return read_comment(place, value, parsed);
    }
    Event event;
    event.account = place.account;
    event.at = place.time.value_or(Timestamp{});
    event.comment_id = text_of(value, "comment_id");
    event.post_id = text_of(value, "media_id");
    event.raw = dump(change);
    event.message_id = derived_id(json{{"field", field}, {"value", value}, {"time", to_micros(event.at)}});
    parsed.events.push_back(std::move(event));
}

}  // namespace ss::instagram

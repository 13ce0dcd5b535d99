// What webhooks say about messages, in the shapes that Meta really sends.

#include "core.hpp"

#include <ss/crypto.hpp>

#include <fmt/core.h>

namespace ss::sandbox {
namespace {

std::int64_t milliseconds(Timestamp at)
{
    return to_micros(at) / 1'000;
}

json message_json(const World& world, const std::string& mid, const Writing& writing)
{
    json message{{"mid", mid}};
    if (!writing.text.empty()) {
        message["text"] = writing.text;
    }
    for (const auto& [type, url] : writing.attachments) {
        json attachment{{"type", type}};
        if (type != "like_heart") {
            attachment["payload"]["url"] = url.empty() ? fmt::format("http://{}:{}/cdn/{}.jpg", world.options.host,
                                                                     world.options.port, mid.substr(20, 16))
                                                       : url;
        }
        message["attachments"].push_back(std::move(attachment));
    }
    if (!writing.reply_to.empty()) {
        message["reply_to"]["mid"] = writing.reply_to;
    }
    if (!writing.story_id.empty()) {
        message["reply_to"]["story"] = {{"id", writing.story_id},
                                        {"url", "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=1"}};
    }
    if (!writing.quick_reply.empty()) {
        message["quick_reply"]["payload"] = writing.quick_reply;
    }
    if (!writing.ad_id.empty()) {
        message["referral"] = {
            {"ref", "sandbox-ad"}, {"ad_id", writing.ad_id}, {"source", "ADS"}, {"type", "OPEN_THREAD"}};
        message["referral"]["ads_context_data"] = {{"ad_title", "Buquês da semana"}};
    }
    if (message.size() == 1) {
        message["is_unsupported"] = true;
    }
    return message;
}

}  // namespace

json messaging_entry(const World& world, std::string_view customer, bool from_business, const json& kind)
{
    const auto at = milliseconds(world.now());
    json item{{"sender", {{"id", from_business ? std::string_view{world.business.id} : customer}}},
              {"recipient", {{"id", from_business ? customer : std::string_view{world.business.id}}}},
              {"timestamp", at}};
    item.update(kind);
    return {{"id", world.business.id}, {"time", at}, {"messaging", json::array({item})}};
}

void emit(Core& core, const World& world, const json& entry, const std::string& mid)
{
    if (!world.subscribed.empty()) {
        core.sender.emit(entry, mid);
    }
}

std::string customer_writes(Core& core, World& world, std::string_view customer, const Writing& writing)
{
    auto* person = world.find_person(customer);
    if (person == nullptr) {
        return {};
    }
    const auto mid = world.make_mid();
    const auto message = message_json(world, mid, writing);
    person->has_consented = true;
    person->last_wrote = world.now();
    world.threads[std::string{customer}].push_back({.mid = mid,
                                                    .from_business = false,
                                                    .text = writing.text,
                                                    .at = world.now(),
                                                    .tag = {},
                                                    .attachments = message.value("attachments", json::array())});
    emit(core, world, messaging_entry(world, customer, false, {{"message", message}}), mid);
    return mid;
}

std::string business_writes(Core& core, World& world, std::string_view customer, const std::string& text,
                            const std::string& tag, const json& attachments)
{
    const auto mid = world.make_mid();
    world.threads[std::string{customer}].push_back(
        {.mid = mid, .from_business = true, .text = text, .at = world.now(), .tag = tag, .attachments = attachments});
    json message{{"mid", mid}, {"is_echo", true}};
    if (!text.empty()) {
        message["text"] = text;
    }
    if (!attachments.empty()) {
        message["attachments"] = attachments;
    }
    emit(core, world, messaging_entry(world, customer, true, {{"message", message}}), mid);
    return mid;
}

std::string sample_picture()
{
    // The smallest JPEG there is: one grey point.
    return crypto::from_base64(
               "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP////////////////////////////////////////////////////////////////////"
               "//////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=")
        .value_or("");
}

}  // namespace ss::sandbox

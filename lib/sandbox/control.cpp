// The control API: a table of commands, each a few lines over the public class.

#include "control.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace ss::sandbox {
namespace {

using Command = json (*)(Sandbox&, const json&);

std::string text(const json& body, std::string_view name, std::string fallback = {})
{
    return body.value(std::string{name}, std::move(fallback));
}

// Who acts: the named customer, or the first.
std::string actor(Sandbox& sandbox, const json& body)
{
    return text(body, "customer", sandbox.customers().front().id);
}

json about(std::string mid)
{
    return {{"mid", std::move(mid)}};
}

json show_state(Sandbox& sandbox, const json&)
{
    json customers = json::array();
    for (const auto& customer : sandbox.customers()) {
        customers.push_back({{"id", customer.id}, {"username", customer.username}, {"name", customer.name}});
    }
    const auto business = sandbox.business();
    return {
        {"business", {{"id", business.id}, {"app_scoped_id", business.app_scoped_id}, {"username", business.username}}},
        {"customers", std::move(customers)},
        {"callback_url", sandbox.webhook().callback_url},
        {"now", to_rfc3339(sandbox.now())}};
}

json show_deliveries(Sandbox& sandbox, const json&)
{
    const auto counts = sandbox.deliveries();
    return {{"emitted", counts.emitted},   {"acknowledged", counts.acknowledged}, {"pending", counts.pending},
            {"attempts", counts.attempts}, {"failures", counts.failures},         {"dropped", counts.dropped}};
}

json show_messages(Sandbox& sandbox, const json&)
{
    json list = json::array();
    for (const auto& message : sandbox.sent()) {
        list.push_back({{"mid", message.mid},
                        {"customer", message.customer},
                        {"text", message.text},
                        {"tag", message.tag},
                        {"at", to_rfc3339(message.at)}});
    }
    return {{"messages", std::move(list)}};
}

json show_posts(Sandbox& sandbox, const json&)
{
    json list = json::array();
    for (const auto& post : sandbox.posts()) {
        list.push_back({{"id", post.id},
                        {"container", post.container},
                        {"caption", post.caption},
                        {"image_url", post.image_url},
                        {"permalink", post.permalink},
                        {"at", to_rfc3339(post.at)}});
    }
    return {{"posts", std::move(list)}};
}

json add_customer(Sandbox& sandbox, const json& body)
{
    return {{"id", sandbox.add_customer(text(body, "name"), text(body, "username")).id}};
}

json write(Sandbox& sandbox, const json& body)
{
    Writing writing{.text = text(body, "text"),
                    .reply_to = text(body, "reply_to"),
                    .story_id = text(body, "story_id"),
                    .quick_reply = text(body, "quick_reply"),
                    .ad_id = text(body, "ad_id")};
    for (const auto& attachment : body.value("attachments", json::array())) {
        writing.attachments.emplace_back(text(attachment, "type", "image"), text(attachment, "url"));
    }
    return about(sandbox.write(actor(sandbox, body), writing));
}

json act(Sandbox& sandbox, const json& body)
{
    const auto customer = actor(sandbox, body);
    const auto kind = text(body, "kind");
    const auto mid = text(body, "mid");
    if (kind == "story_mention") {
        return about(sandbox.mention_in_story(customer));
    }
    if (kind == "postback") {
        return about(sandbox.press(customer, text(body, "title"), text(body, "payload")));
    }
    if (kind == "referral") {
        return about(sandbox.refer(customer, text(body, "ref")));
    }
    if (kind == "reaction") {
        return about(sandbox.react(customer, mid, text(body, "emoji")));
    }
    if (kind == "read") {
        return about(sandbox.read(customer, mid));
    }
    if (kind == "unsend") {
        return about(sandbox.unsend(customer, mid));
    }
    if (kind == "edit") {
        return about(sandbox.edit(customer, mid, text(body, "text")));
    }
    if (kind == "comment") {
        return about(sandbox.comment(customer, text(body, "media"), text(body, "text")));
    }
    if (kind == "echo") {
        return about(sandbox.answer_on_phone(customer, text(body, "text")));
    }
    return {{"error", "kind: story_mention, postback, referral, reaction, read, unsend, edit, comment or echo"}};
}

json batch(Sandbox& sandbox, const json& body)
{
    sandbox.begin_batch();
    json results = json::array();
    for (const auto& event : body.value("events", json::array())) {
        results.push_back(event.contains("kind") ? act(sandbox, event) : write(sandbox, event));
    }
    sandbox.end_batch();
    return {{"results", std::move(results)}};
}

json raw(Sandbox& sandbox, const json& body)
{
    const auto content = body.value("body", json{});
    sandbox.send_raw(content.is_string() ? content.get<std::string>() : content.dump(), body.value("sign", true));
    return {{"ok", true}};
}

json inject(Sandbox& sandbox, const json& body)
{
    constexpr std::array kEffects{Effect::answer,    Effect::reset_before, Effect::reset_after,
                                  Effect::truncated, Effect::error_in_200, Effect::html,
                                  Effect::not_json,  Effect::drip,         Effect::huge};
    const auto wanted = text(body, "effect", "answer");
    const auto* const effect = std::ranges::find(kEffects, wanted, [](Effect each) { return to_string(each); });
    if (effect == kEffects.end()) {
        return {{"error",
                 "effect: answer, reset_before, reset_after, truncated, error_in_200, html, not_json, drip or huge"}};
    }
    sandbox.inject({.route = text(body, "route", "*"),
                    .effect = *effect,
                    .times = body.value("times", 1),
                    .skip = body.value("skip", 0),
                    .status = body.value("status", 400),
                    .code = body.value("code", 1),
                    .subcode = body.value("subcode", 0),
                    .message = text(body, "message"),
                    .body = text(body, "body"),
                    .retry_after = body.value("retry_after", 0),
                    .latency = std::chrono::milliseconds{body.value("latency_ms", 0)},
                    .only_latency = body.value("only_latency", false)});
    return {{"ok", true}};
}

json clear_faults(Sandbox& sandbox, const json&)
{
    sandbox.clear_faults();
    return {{"ok", true}};
}

json set_webhook(Sandbox& sandbox, const json& body)
{
    auto settings = sandbox.webhook();
    settings.callback_url = text(body, "callback_url", settings.callback_url);
    settings.verify_token = text(body, "verify_token", settings.verify_token);
    settings.app_secret = text(body, "app_secret", settings.app_secret);
    settings.raw_utf8 = body.value("raw_utf8", settings.raw_utf8);
    settings.duplicate = body.value("duplicate", settings.duplicate);
    settings.reorder = body.value("reorder", settings.reorder);
    settings.connections = body.value("connections", settings.connections);
    settings.retry_base = std::chrono::milliseconds{body.value("retry_base_ms", settings.retry_base.count())};
    sandbox.set_webhook(settings);
    return {{"ok", true}};
}

json verify(Sandbox& sandbox, const json&)
{
    const auto verified = sandbox.verify_callback();
    return verified ? json{{"ok", true}} : json{{"ok", false}, {"error", verified.error().message}};
}

json stream(Sandbox& sandbox, const json& body)
{
    sandbox.start_stream(body.value("per_second", 10.0), body.value("batch", 1), body.value("count", std::int64_t{0}));
    return {{"ok", true}};
}

json stop_stream(Sandbox& sandbox, const json&)
{
    sandbox.stop_stream();
    return show_deliveries(sandbox, {});
}

json set_oauth(Sandbox& sandbox, const json& body)
{
    sandbox.set_oauth({.deny = body.value("deny", false),
                       .wrapped = body.value("wrapped", false),
                       .numeric_id = body.value("numeric_id", false),
                       .csv = body.value("csv", false),
                       .permissions = text(body, "permissions")});
    return {{"ok", true}};
}

json set_tokens(Sandbox& sandbox, const json& body)
{
    if (body.contains("revoke")) {
        sandbox.revoke_tokens(body["revoke"].is_number() ? body["revoke"].get<int>() : 458);
    } else {
        sandbox.expire_tokens();
    }
    return {{"ok", true}};
}

json set_account(Sandbox& sandbox, const json& body)
{
    if (body.contains("restricted")) {
        sandbox.set_restricted(body["restricted"]);
    }
    if (body.contains("container_error")) {
        const int subcode = body["container_error"];
        sandbox.set_container_error(subcode != 0, subcode);
    }
    if (body.contains("usage_percent")) {
        sandbox.set_usage(body["usage_percent"], body.value("minutes_to_regain_access", 0));
    }
    return {{"ok", true}};
}

json advance(Sandbox& sandbox, const json& body)
{
    sandbox.advance(std::chrono::seconds{body.value("advance_seconds", 0)});
    return {{"now", to_rfc3339(sandbox.now())}};
}

json signed_request(Sandbox& sandbox, const json& body)
{
    const auto result = sandbox.send_signed_request(text(body, "url"));
    return result ? json{{"status", result->first}, {"body", result->second}} : json{{"error", result.error().message}};
}

json acknowledged(Sandbox& sandbox, const json&)
{
    return {{"mids", sandbox.acknowledged_mids()}};
}

struct Row {
    std::string_view method;
    std::string_view name;
    Command command;
};

constexpr std::array<Row, 22> kCommands{{
    {"GET", "state", show_state},
    {"GET", "deliveries", show_deliveries},
    {"GET", "acknowledged", acknowledged},
    {"GET", "messages", show_messages},
    {"GET", "posts", show_posts},
    {"POST", "customers", add_customer},
    {"POST", "write", write},
    {"POST", "act", act},
    {"POST", "batch", batch},
    {"POST", "raw", raw},
    {"POST", "faults", inject},
    {"DELETE", "faults", clear_faults},
    {"POST", "webhook", set_webhook},
    {"POST", "verify", verify},
    {"POST", "stream", stream},
    {"DELETE", "stream", stop_stream},
    {"POST", "oauth", set_oauth},
    {"POST", "tokens", set_tokens},
    {"POST", "account", set_account},
    {"POST", "clock", advance},
    {"POST", "signed_request", signed_request},
    {"GET", "", show_state},
}};

}  // namespace

Answer control(Sandbox& sandbox, const httplib::Request& request)
{
    constexpr std::string_view kPrefix = "/__sandbox/";
    const auto name = std::string_view{request.path}.substr(std::min(kPrefix.size(), request.path.size()));
    const auto row = std::ranges::find_if(
        kCommands, [&](const Row& each) { return each.method == request.method && each.name == name; });
    if (row == kCommands.end()) {
        return {.status = 404, .body = R"({"error":"no such command; see docs/developer/sandbox.md"})"};
    }
    const auto body = request.body.empty() ? json::object() : json::parse(request.body, nullptr, false);
    if (!body.is_object()) {
        return {.status = 400, .body = R"({"error":"the body must be a JSON object"})"};
    }
    auto result = row->command(sandbox, body);
    const int status = result.contains("error") ? 400 : 200;
    return {.status = status, .body = result.dump()};
}

}  // namespace ss::sandbox

// The rest of the public class: what the business did, and misbehaviour on demand.

#include "engine.hpp"

#include <ss/crypto.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace ss::sandbox {

std::string_view to_string(Effect effect)
{
    switch (effect) {
        case Effect::answer:
            return "answer";
        case Effect::reset_before:
            return "reset_before";
        case Effect::reset_after:
            return "reset_after";
        case Effect::truncated:
            return "truncated";
        case Effect::error_in_200:
            return "error_in_200";
        case Effect::html:
            return "html";
        case Effect::not_json:
            return "not_json";
        case Effect::drip:
            return "drip";
        case Effect::huge:
            return "huge";
    }
    return "";
}

std::vector<SentMessage> Sandbox::sent() const
{
    std::vector<SentMessage> list;
    auto world = engine_->core.world.lock();
    for (const auto& [customer, messages] : world->threads) {
        for (const auto& message : messages) {
            if (message.from_business) {
                list.push_back({message.mid, customer, message.text, message.tag, message.at});
            }
        }
    }
    std::ranges::stable_sort(list, {}, &SentMessage::at);
    return list;
}

std::vector<PublishedPost> Sandbox::posts() const
{
    return engine_->core.world.lock()->posts;
}

std::int64_t Sandbox::calls(std::string_view route) const
{
    auto world = engine_->core.world.lock();
    const auto found = world->calls.find(route);
    return found == world->calls.end() ? 0 : found->second;
}

void Sandbox::inject(Fault fault)
{
    engine_->core.world.lock()->faults.push_back(std::move(fault));
}

void Sandbox::clear_faults()
{
    engine_->core.world.lock()->faults.clear();
}

void Sandbox::set_oauth(const OAuthShape& shape)
{
    engine_->core.world.lock()->oauth = shape;
}

void Sandbox::set_usage(int percent, int minutes_to_regain_access)
{
    auto world = engine_->core.world.lock();
    world->usage_percent = percent;
    world->minutes_to_regain = minutes_to_regain_access;
}

void Sandbox::expire_tokens()
{
    revoke_tokens(463);
}

void Sandbox::revoke_tokens(int subcode)
{
    auto world = engine_->core.world.lock();
    world->dead_before = world->now();
    world->dead_subcode = subcode;
}

void Sandbox::set_restricted(bool restricted)
{
    engine_->core.world.lock()->is_restricted = restricted;
}

void Sandbox::set_container_error(bool on, int subcode)
{
    engine_->core.world.lock()->container_error = on ? subcode : 0;
}

void Sandbox::advance(std::chrono::seconds by)
{
    engine_->core.world.lock()->offset += by;
}

Timestamp Sandbox::now() const
{
    return engine_->core.world.lock()->now();
}

Result<std::pair<int, std::string>> Sandbox::send_signed_request(std::string_view url)
{
    const auto who = business();
    const json payload{
        {"algorithm", "HMAC-SHA256"}, {"issued_at", to_micros(now()) / 1'000'000}, {"user_id", who.app_scoped_id}};
    const auto encoded = crypto::to_base64url(payload.dump());
    const auto proof = crypto::to_base64url(crypto::hmac_sha256(webhook().app_secret, encoded));
    return WebhookSender::post_form(std::string{url}, fmt::format("signed_request={}.{}", proof, encoded));
}

}  // namespace ss::sandbox

// The business account: who it is, what it is subscribed to; and the profile of a customer.

#include "core.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace ss::sandbox {
namespace {

constexpr std::array<std::string_view, 11> kSubscribable{
    "comments",           "live_comments",  "mentions",         "messages",
    "message_reactions",  "message_edit",   "messaging_optins", "messaging_postbacks",
    "messaging_referral", "messaging_seen", "message_echoes"};

json account_object(const World& world)
{
    return {{"id", world.business.app_scoped_id},
            {"user_id", world.business.id},
            {"username", world.business.username},
            {"name", world.business_name},
            {"account_type", "BUSINESS"},
            {"profile_picture_url", "https://scontent.cdninstagram.com/sandbox/atelie.jpg"},
            {"followers_count", world.followers},
            {"follows_count", 312},
            {"media_count", world.posts.size()},
            {"biography", "Flores e presentes feitos à mão"},
            {"website", "https://example.com"}};
}

}  // namespace

Answer show_account(Core& core, const Call& call, const std::string&)
{
    auto world = core.world.lock();
    if (const auto token = authorize(*world, call, "instagram_business_basic"); !token) {
        return answer(token.error());
    }
    const auto object = select_fields(account_object(*world), parse_fields(call.text("fields")),
                                      {"id", "user_id", "username", "name", "account_type", "profile_picture_url",
                                       "followers_count", "follows_count", "media_count", "biography", "website"});
    if (!object) {
        return answer(object.error());
    }
    return answer(world->oauth.wrapped ? json{{"data", json::array({*object})}} : *object);
}

Answer change_subscription(Core& core, const Call& call, const std::string&)
{
    auto world = core.world.lock();
    if (const auto token = authorize(*world, call, "instagram_business_basic"); !token) {
        return answer(token.error());
    }
    if (call.method == "GET") {
        json data = json::array();
        if (!world->subscribed.empty()) {
            data.push_back({{"app_id", world->options.app_id}, {"subscribed_fields", world->subscribed}});
        }
        return answer(json{{"data", data}});
    }
    if (call.method == "DELETE") {
        world->subscribed.clear();
        return answer(json{{"success", true}});
    }
    const auto fields = call.list("subscribed_fields");
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (std::ranges::find(kSubscribable, fields[i]) == kSubscribable.end()) {
            return answer(GraphError{.code = 100,
                                     .message = fmt::format("(#100) Param subscribed_fields[{}] must be one of "
                                                            "{{comments, live_comments, mentions, messages, …}}",
                                                            i)});
        }
    }
    if (fields.empty()) {
        return answer(GraphError{.code = 100, .message = "(#100) The parameter subscribed_fields is required."});
    }
    world->subscribed = fields;
    return answer(json{{"success", true}});
}

Answer delete_permissions(Core& core, const Call& call, const std::string&)
{
    auto world = core.world.lock();
    if (const auto token = authorize(*world, call, ""); !token) {
        return answer(token.error());
    }
    world->dead_before = world->now();
    world->dead_subcode = 458;
    return answer(json{{"success", true}});
}

Answer show_customer(Core& core, const Call& call, const std::string& id)
{
    auto world = core.world.lock();
    if (const auto token = authorize(*world, call, "instagram_business_manage_messages"); !token) {
        return answer(token.error());
    }
    const auto* person = world->find_person(id);
    if (!person->has_consented) {
        return answer(GraphError{
            .code = 230, .message = "(#230) User consent is required to access user profile", .status = 403});
    }
    const json object{
        {"name", person->who.name},
        {"username", person->who.username},
        {"profile_pic", fmt::format("http://{}:{}/cdn/{}.jpg", world->options.host, world->options.port, id)},
        {"follower_count", 180 + static_cast<int>(id.back() - '0') * 37},
        {"is_user_follow_business", true},
        {"is_business_follow_user", false},
        {"is_verified_user", false},
        {"id", id}};
    const auto chosen = select_fields(object, parse_fields(call.text("fields")),
                                      {"id", "name", "username", "profile_pic", "follower_count",
                                       "is_user_follow_business", "is_business_follow_user", "is_verified_user"});
    return chosen ? answer(*chosen) : answer(chosen.error());
}

}  // namespace ss::sandbox

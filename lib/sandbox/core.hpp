#pragma once
/// What all routes share: the world under its lock, and the webhook sender. The sender never asks for the world, so it
/// may be called while the world is locked.

#include "graph.hpp"
#include "webhook.hpp"
#include "world.hpp"

#include <ss/guarded.hpp>

#include <string>
#include <string_view>

namespace ss::sandbox {

struct Core {
    explicit Core(const Options& options);

    Guarded<World> world;
    WebhookSender sender;
};

/// A handler answers one route; `id` is the path's variable part ("" when it has none).
using Handler = Answer (*)(Core&, const Call&, const std::string& id);

struct Route {
    std::string_view name;  ///< As Fault::route.
    Handler handler;
    std::string id{};
};

/// The route a call belongs to; a null handler when there is none.
[[nodiscard]] Route find_route(Core& core, const Call& call);

// oauth.cpp
Answer show_authorize(Core& core, const Call& call, const std::string& id);
Answer exchange_code(Core& core, const Call& call, const std::string& id);
Answer exchange_long(Core& core, const Call& call, const std::string& id);
Answer refresh_token(Core& core, const Call& call, const std::string& id);

// account.cpp
Answer show_account(Core& core, const Call& call, const std::string& id);
Answer change_subscription(Core& core, const Call& call, const std::string& id);
Answer delete_permissions(Core& core, const Call& call, const std::string& id);
Answer show_customer(Core& core, const Call& call, const std::string& id);

// messages.cpp
Answer send_message(Core& core, const Call& call, const std::string& id);
Answer list_conversations(Core& core, const Call& call, const std::string& id);
Answer show_conversation(Core& core, const Call& call, const std::string& id);
Answer show_message(Core& core, const Call& call, const std::string& id);

// posts.cpp
Answer create_container(Core& core, const Call& call, const std::string& id);
Answer show_container(Core& core, const Call& call, const std::string& id);
Answer publish_container(Core& core, const Call& call, const std::string& id);
Answer show_publishing_limit(Core& core, const Call& call, const std::string& id);
Answer list_media(Core& core, const Call& call, const std::string& id);
Answer show_media(Core& core, const Call& call, const std::string& id);

// insights.cpp
Answer show_account_insights(Core& core, const Call& call, const std::string& id);
Answer show_media_insights(Core& core, const Call& call, const std::string& id);

// events.cpp: what webhooks say; all expect the world to be locked by the caller
/// `kind` is one member of a messaging item: {"message":{…}}, {"reaction":{…}} …
[[nodiscard]] json messaging_entry(const World& world, std::string_view customer, bool from_business, const json& kind);
/// Sends it when the account is subscribed.
void emit(Core& core, const World& world, const json& entry, const std::string& mid);
/// Stores the message, opens the window, sends the webhook.
std::string customer_writes(Core& core, World& world, std::string_view customer, const Writing& writing);
/// Stores a message of the business and sends its echo.
std::string business_writes(Core& core, World& world, std::string_view customer, const std::string& text,
                            const std::string& tag, const json& attachments);

/// A picture that can be fetched: what attachments point to. JPEG.
[[nodiscard]] std::string sample_picture();

}  // namespace ss::sandbox

// Which call goes where. Graph's paths are ids, so what an id is decides.

#include "core.hpp"

#include <algorithm>
#include <array>

namespace ss::sandbox {
namespace {

struct Fixed {
    std::string_view method;
    std::string_view path;
    std::string_view name;
    Handler handler;
};

// oauth/access_token is POST at api.instagram.com, access_token is GET at graph.instagram.com: one server plays both.
constexpr std::array<Fixed, 4> kFixed{{
    {"GET", "oauth/authorize", "authorize", show_authorize},
    {"POST", "oauth/access_token", "code", exchange_code},
    {"GET", "access_token", "long_token", exchange_long},
    {"GET", "refresh_access_token", "refresh", refresh_token},
}};

// Edges of the account: /<IG_ID or me>/<edge>
constexpr std::array<Fixed, 10> kEdges{{
    {"POST", "messages", "send", send_message},
    {"GET", "conversations", "conversations", list_conversations},
    {"GET", "subscribed_apps", "subscribed_apps", change_subscription},
    {"POST", "subscribed_apps", "subscribed_apps", change_subscription},
    {"DELETE", "subscribed_apps", "subscribed_apps", change_subscription},
    {"DELETE", "permissions", "permissions", delete_permissions},
    {"POST", "media", "container", create_container},
    {"GET", "media", "media_list", list_media},
    {"POST", "media_publish", "publish", publish_container},
    {"GET", "content_publishing_limit", "publishing_limit", show_publishing_limit},
}};

Route account_route(const Call& call)
{
    if (call.path.size() == 1) {
        return call.method == "GET" ? Route{"me", show_account} : Route{"", nullptr};
    }
    if (call.path[1] == "insights" && call.method == "GET") {
        return {"account_insights", show_account_insights};
    }
    const auto edge = std::ranges::find_if(
        kEdges, [&](const Fixed& row) { return row.method == call.method && row.path == call.path[1]; });
    return edge == kEdges.end() ? Route{"", nullptr} : Route{edge->name, edge->handler};
}

Route node_route(World& world, const Call& call)
{
    const auto& id = call.path[0];
    const bool is_post = std::ranges::find(world.posts, id, &PublishedPost::id) != world.posts.end();
    if (call.path.size() == 2 && is_post && call.path[1] == "insights") {
        return {"media_insights", show_media_insights, id};
    }
    if (call.path.size() != 1 || call.method != "GET") {
        return {"", nullptr};
    }
    if (is_post) {
        return {"media", show_media, id};
    }
    if (world.find_person(id) != nullptr) {
        return {"customer", show_customer, id};
    }
    if (world.containers.contains(id)) {
        return {"container_status", show_container, id};
    }
    if (id.starts_with("aWdfZAG06")) {
        return {"conversation", show_conversation, id};
    }
    return id.starts_with("aWdf") ? Route{"message", show_message, id} : Route{"", nullptr};
}

}  // namespace

Route find_route(Core& core, const Call& call)
{
    if (call.path.empty()) {
        return {"", nullptr};
    }
    const auto path = call.path.size() == 1 ? call.path[0] : call.path[0] + "/" + call.path[1];
    const auto fixed =
        std::ranges::find_if(kFixed, [&](const Fixed& row) { return row.method == call.method && row.path == path; });
    if (fixed != kFixed.end()) {
        return {fixed->name, fixed->handler};
    }
    auto world = core.world.lock();
    const bool is_account =
        call.path[0] == "me" || call.path[0] == world->business.id || call.path[0] == world->business.app_scoped_id;
    return is_account && call.path.size() <= 2 ? account_route(call) : node_route(*world, call);
}

}  // namespace ss::sandbox

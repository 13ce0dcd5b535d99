// Publishing in Meta's two steps, with its quotas, and what has been published.

#include "core.hpp"
#include "picture.hpp"

#include <ss/crypto.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace ss::sandbox {
namespace {

constexpr std::string_view kScope = "instagram_business_content_publish";
constexpr std::chrono::hours kDay{24};
constexpr std::size_t kMaxContainers = 400;
constexpr std::size_t kMaxPosts = 100;
constexpr std::size_t kMaxCaption = 2'200;

std::expected<void, GraphError> check_caption(const std::string& caption)
{
    if (count_code_points(caption) > kMaxCaption) {
        return std::unexpected(GraphError{.code = 36'004,
                                          .subcode = 2'207'010,
                                          .message = "The caption was too long.",
                                          .user_message = "The caption was too long."});
    }
    if (std::ranges::count(caption, '#') > 30 || std::ranges::count(caption, '@') > 20) {
        return std::unexpected(GraphError{
            .code = 100, .subcode = 2'207'040, .message = "Cannot use more than 20 tags per created media."});
    }
    return {};
}

Answer not_there(const std::string& id)
{
    return answer(GraphError{
        .code = 24,
        .subcode = 2'207'008,
        .message = fmt::format("The media builder with creation id = {} does not exist or has been expired.", id)});
}

std::string_view status_of(const World& world, const Container& container)
{
    if (!container.media_id.empty()) {
        return "PUBLISHED";
    }
    if (world.now() - container.created_at >= kDay) {
        return "EXPIRED";
    }
    if (container.has_failed) {
        return "ERROR";
    }
    return container.polls_left > 0 ? "IN_PROGRESS" : "FINISHED";
}

std::string sentence_of(const World& world, std::string_view status)
{
    if (status == "IN_PROGRESS") {
        return "In Progress: Media is being processed.";
    }
    if (status == "ERROR") {
        return fmt::format("Error: Media upload has failed with error code {}", world.container_error);
    }
    return fmt::format("{}{}", status.substr(0, 1), to_lower_ascii(status.substr(1)));
}

json media_object(const World& world, const PublishedPost& post)
{
    const auto at = to_rfc3339(std::chrono::floor<std::chrono::seconds>(post.at));
    return {{"id", post.id},
            {"caption", post.caption},
            {"media_type", "IMAGE"},
            {"media_product_type", "FEED"},
            {"media_url", post.image_url},
            {"permalink", post.permalink},
            {"shortcode", post.permalink.substr(28, 11)},
            {"timestamp", at.substr(0, at.size() - 1) + "+0000"},
            {"username", world.business.username},
            {"like_count", 7},
            {"comments_count", 2}};
}

const std::vector<std::string_view> kMediaFields{
    "id",        "caption",   "media_type",        "media_product_type", "media_url",  "thumbnail_url",
    "permalink", "shortcode", "timestamp",         "username",           "like_count", "comments_count",
    "alt_text",  "owner",     "is_comment_enabled"};

std::size_t posts_today(const World& world)
{
    const auto since = world.now() - kDay;
    return static_cast<std::size_t>(
        std::ranges::count_if(world.posts, [&](const auto& post) { return post.at > since; }));
}

std::expected<void, GraphError> may_publish(const World& world, const Container& container)
{
    const auto status = status_of(world, container);
    if (status == "PUBLISHED" || status == "EXPIRED" ||
        status == "ERROR") {  // Meta's answer to a second time is not known
        return std::unexpected(GraphError{
            .code = 24,
            .subcode = 2'207'008,
            .message = fmt::format("The media builder with creation id = {} does not exist or has been expired.",
                                   container.id)});
    }
    if (status == "IN_PROGRESS") {
        return std::unexpected(
            GraphError{.code = 9'007,
                       .subcode = 2'207'027,
                       .message = "Media ID is not available",
                       .user_message = "The media is not ready for publishing, please wait for a moment"});
    }
    if (world.is_restricted) {
        return std::unexpected(
            GraphError{.code = 25, .subcode = 2'207'050, .message = "The Instagram account is restricted."});
    }
    if (posts_today(world) >= kMaxPosts) {
        return std::unexpected(GraphError{
            .code = 9,
            .subcode = 2'207'042,
            .message =
                "You reached maximum number of posts that is allowed to be published by Content Publishing API."});
    }
    return {};
}

}  // namespace

Answer create_container(Core& core, const Call& call, const std::string&)
{
    if (const auto token = authorize(*core.world.lock(), call, kScope); !token) {
        return answer(token.error());
    }
    const auto caption = call.text("caption");
    const auto image_url = call.text("image_url");
    const auto type = call.text("media_type");
    if (!type.empty() && type != "IMAGE") {
        return answer(GraphError{
            .code = 100, .subcode = 2'207'023, .message = fmt::format("The media type {} is unknown.", type)});
    }
    if (image_url.empty()) {
        return answer(GraphError{.code = 100, .message = "(#100) The parameter image_url is required"});
    }
    if (const auto checked = check_caption(caption); !checked) {
        return answer(checked.error());
    }
    if (const auto checked = check_picture(image_url); !checked) {  // without the lock: it may be our own picture
        return answer(checked.error());
    }
    auto world = core.world.lock();
    const auto since = world->now() - kDay;
    const auto recent =
        std::ranges::count_if(world->containers, [&](const auto& row) { return row.second.created_at > since; });
    if (static_cast<std::size_t>(recent) >= kMaxContainers) {
        return answer(
            GraphError{.code = 9, .subcode = 2'207'042, .message = "You reached maximum number of containers."});
    }
    const auto id = world->make_id("1788");
    world->containers[id] = {.id = id,
                             .image_url = image_url,
                             .caption = caption,
                             .created_at = world->now(),
                             .polls_left = world->options.container_polls,
                             .media_id = {},
                             .has_failed = world->container_error != 0};
    return answer(json{{"id", id}});
}

Answer show_container(Core& core, const Call& call, const std::string& id)
{
    auto world = core.world.lock();
    if (const auto token = authorize(*world, call, kScope); !token) {
        return answer(token.error());
    }
    auto& container = world->containers.find(id)->second;
    const auto status = status_of(*world, container);
    const json object{{"id", id}, {"status_code", status}, {"status", sentence_of(*world, status)}};
    container.polls_left -= container.polls_left > 0 ? 1 : 0;
    const auto chosen = select_fields(object, parse_fields(call.text("fields")),
                                      {"id", "status_code", "status", "video_status", "copyright_check_status"});
    return chosen ? answer(*chosen) : answer(chosen.error());
}

Answer publish_container(Core& core, const Call& call, const std::string&)
{
    auto world = core.world.lock();
    if (const auto token = authorize(*world, call, kScope); !token) {
        return answer(token.error());
    }
    const auto id = call.text("creation_id");
    const auto found = world->containers.find(id);
    if (found == world->containers.end()) {
        return not_there(id);
    }
    auto& container = found->second;
    if (const auto allowed = may_publish(*world, container); !allowed) {
        return answer(allowed.error());
    }
    container.media_id = world->make_id("1801");
    world->posts.push_back({container.media_id, id, container.caption, container.image_url,
                            fmt::format("https://www.instagram.com/p/{}/", crypto::random_token(8)), world->now()});
    return answer(json{{"id", container.media_id}});
}

Answer show_publishing_limit(Core& core, const Call& call, const std::string&)
{
    auto world = core.world.lock();
    if (const auto token = authorize(*world, call, kScope); !token) {
        return answer(token.error());
    }
    const json row{{"quota_usage", posts_today(*world)},
                   {"config", {{"quota_total", kMaxPosts}, {"quota_duration", 86'400}}}};
    return answer(json{{"data", json::array({row})}});
}

Answer list_media(Core& core, const Call& call, const std::string&)
{
    auto world = core.world.lock();
    if (const auto token = authorize(*world, call, "instagram_business_basic"); !token) {
        return answer(token.error());
    }
    const auto limit = static_cast<std::size_t>(std::max<std::int64_t>(to_integer(call.text("limit")).value_or(25), 1));
    const auto fields = parse_fields(call.text("fields"));
    json data = json::array();
    for (auto post = world->posts.rbegin(); post != world->posts.rend() && data.size() < limit; ++post) {
        const auto object = select_fields(media_object(*world, *post), fields, kMediaFields);
        if (!object) {
            return answer(object.error());
        }
        data.push_back(*object);
    }
    return answer(json{{"data", data}});
}

Answer show_media(Core& core, const Call& call, const std::string& id)
{
    auto world = core.world.lock();
    if (const auto token = authorize(*world, call, "instagram_business_basic"); !token) {
        return answer(token.error());
    }
    const auto post = std::ranges::find(world->posts, id, &PublishedPost::id);
    const auto object = select_fields(media_object(*world, *post), parse_fields(call.text("fields")), kMediaFields);
    return object ? answer(*object) : answer(object.error());
}

}  // namespace ss::sandbox

// Publishing: container → state → publish, each a call of its own, so that the caller can keep what it knows in
// between.

#include "errors.hpp"
#include "graph.hpp"

#include <ss/text.hpp>

#include <array>

namespace ss::instagram {
namespace {

using channel::Access, channel::ContainerState, channel::FailureClass, channel::Outcome, channel::Published;

struct Named {
    std::string_view name;
    ContainerState state;
};

constexpr std::array kStates{
    Named{"IN_PROGRESS", ContainerState::in_progress}, Named{"FINISHED", ContainerState::ready},
    Named{"PUBLISHED", ContainerState::published},     Named{"ERROR", ContainerState::failed},
    Named{"EXPIRED", ContainerState::expired},
};

channel::Failure not_publishable(ContainerState state)
{
    if (state == ContainerState::in_progress) {
        return failure(FailureClass::not_ready, "9007/2207027", "Instagram is still processing the picture.",
                       "O Instagram ainda está processando a imagem.");
    }
    return failure(FailureClass::permanent, "24/2207008", "The prepared post has failed or expired. Publish it again.",
                   "A publicação preparada falhou ou expirou. Publique novamente.");
}

Published published_of(const json& item)
{
    return {text_of(item, "id"), text_of(item, "permalink")};
}

}  // namespace

Outcome<std::string> Instagram::create_container(const Access& access, const channel::Publication& publication)
{
    json body{{"image_url", publication.image_url}};
    if (!publication.caption.empty()) {
        body["caption"] = publication.caption;
    }
    if (!publication.alt_text.empty()) {
        body["alt_text"] = publication.alt_text;
    }
    // A container too many harms nobody: what nobody publishes expires.
    const auto answer = TRY(graph_->post(access, account_path(access) + "/media", body, Effect::harmless));
    auto id = text_of(answer, "id");
    if (id.empty()) {
        return std::unexpected(incomplete(Effect::harmless));
    }
    return id;
}

Outcome<ContainerState> Instagram::container_state(const Access& access, std::string_view container)
{
    const auto answer = TRY(graph_->get(access, percent_encode(container), {{"fields", "status_code,status"}}));
    const auto* const known = std::ranges::find(kStates, text_of(answer, "status_code"), &Named::name);
    if (known == kStates.end()) {
        return std::unexpected(incomplete(Effect::harmless));
    }
    return known->state;
}

Outcome<std::string> Instagram::publish_container(const Access& access, std::string_view container)
{
    const auto state = TRY(container_state(access, container));
    if (state == ContainerState::published) {
        return std::string{};
    }
    if (state != ContainerState::ready) {
        return std::unexpected(not_publishable(state));
    }
    const auto answer = TRY(
        graph_->post(access, account_path(access) + "/media_publish", {{"creation_id", container}}, Effect::once_only));
    auto id = text_of(answer, "id");
    if (id.empty()) {
        return std::unexpected(incomplete(Effect::once_only));
    }
    return id;
}

Outcome<Published> Instagram::find_post(const Access& access, std::string_view post_id, Timestamp since)
{
    if (!post_id.empty()) {
        const auto post = TRY(graph_->get(access, percent_encode(post_id), {{"fields", "id,permalink"}}));
        return published_of(post);
    }
    const auto answer = TRY(
        graph_->get(access, account_path(access) + "/media", {{"fields", "id,permalink,timestamp"}, {"limit", "10"}}));
    const auto earliest = std::chrono::floor<std::chrono::seconds>(since);  // Meta's times have no fraction
    for (const auto& item : member(answer, "data").is_array() ? answer["data"] : json::array()) {
        if (time_of(item, "timestamp").value_or(Timestamp{}) >= earliest) {
            return published_of(item);
        }
    }
    return std::unexpected(failure(FailureClass::permanent, "local/no_post", "Instagram shows no such post.",
                                   "O Instagram não mostra essa publicação."));
}

}  // namespace ss::instagram

// The words of posts' enums, as the database, the API and logs spell them.
#include <ss/posts.hpp>

#include "rules.hpp"

#include <algorithm>
#include <array>

namespace ss::posts {
namespace {

constexpr std::array kStates{std::string_view{"draft"},      std::string_view{"scheduled"},
                             std::string_view{"publishing"}, std::string_view{"published"},
                             std::string_view{"failed"},     std::string_view{"cancelled"},
                             std::string_view{"unknown"}};
constexpr std::array kKinds{std::string_view{"jpeg"}, std::string_view{"png"}, std::string_view{"webp"},
                            std::string_view{"mp4"}};

}  // namespace

std::string_view to_string(PostState state)
{
    return kStates.at(static_cast<std::size_t>(state));
}

std::optional<PostState> parse_post_state(std::string_view text)
{
    const auto found = std::ranges::find(kStates, text);
    return found == kStates.end() ? std::nullopt : std::optional{static_cast<PostState>(found - kStates.begin())};
}

std::string_view to_string(MediaKind kind)
{
    return kKinds.at(static_cast<std::size_t>(kind));
}

MediaKind parse_media_kind(std::string_view text)
{
    const auto found = std::ranges::find(kKinds, text);
    return found == kKinds.end() ? MediaKind::jpeg : static_cast<MediaKind>(found - kKinds.begin());
}

std::string_view content_type(MediaKind kind)
{
    switch (kind) {
        case MediaKind::jpeg:
            return "image/jpeg";
        case MediaKind::png:
            return "image/png";
        case MediaKind::webp:
            return "image/webp";
        case MediaKind::mp4:
            break;
    }
    return "video/mp4";
}

}  // namespace ss::posts

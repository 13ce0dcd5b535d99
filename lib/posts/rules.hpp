#pragma once
/// What posts decide, without a database: may this picture be published, may this post change, what follows a call.

#include <ss/posts.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace ss::posts {

[[nodiscard]] std::string_view to_string(MediaKind kind);
[[nodiscard]] MediaKind parse_media_kind(std::string_view text);

/// Whether the channel will take this as a feed picture: JPEG, up to 8 MiB, 4:5 to 1.91:1. Errors: invalid.
[[nodiscard]] Result<void> check_publishable(const Media& media);
/// Errors: invalid (more than five minutes ago, or more than five years ahead).
[[nodiscard]] Result<void> check_due(Timestamp at, Timestamp now);
[[nodiscard]] bool may_change(PostState state);

/// A post on its way, as its row says.
struct Progress {
    PostId id;
    WorkspaceId workspace;
    AccountId account;
    MediaId media;
    std::string caption;
    std::string alt_text;
    PostState state = PostState::draft;
    Timestamp at;
    std::int64_t version = 0;
    std::string container;
    std::optional<Timestamp> container_at;
    std::optional<Timestamp> publish_called_at;
    int tries = 0;
    int checks = 0;
    std::string external_id;
    std::string permalink;
    Failure refusal;  ///< publish_container() said no; the container is asked before that is believed.
};

enum class Next : std::uint8_t {
    wait,           ///< Look again after `again`.
    publish,        ///< Call publish_container().
    forget,         ///< The container is no good: make another.
    republish,      ///< The call provably did nothing: the same container once more.
    is_published,   ///< It is out.
    fails,          ///< Provably not out.
    stays_unknown,  ///< Nobody can tell.
};

struct Step {
    Next next = Next::wait;
    std::chrono::seconds again{0};
    Failure failure;  ///< fails, stays_unknown
};

inline constexpr int kMaxTries = 8;
inline constexpr int kMaxChecks = 10;

/// What the container's state (or the failure to learn it) means. Knows whether publishing was called before.
[[nodiscard]] Step after_look(const Progress& post, const channel::Outcome<channel::ContainerState>& state,
                              Timestamp now);
/// After create_container() failed.
[[nodiscard]] Step after_create_failed(const Progress& post, const channel::Failure& failure);
/// After publish_container() failed: `republish` when it was refused for now, `wait` when the container must be asked.
[[nodiscard]] Step after_publish_failed(const channel::Failure& failure);

[[nodiscard]] Failure as_failure(const channel::Failure& failure);

}  // namespace ss::posts

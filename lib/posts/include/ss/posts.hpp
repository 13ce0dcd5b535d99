#pragma once
/// Media and the calendar of posts: upload, plan, move, cancel, publish once.
///
/// Owns the tables `media` and `post`; its SQL is sql/queries/posts.sql. A change of a post is told to browsers as
/// "post.updated" in the same transaction.

#include <ss/channel.hpp>
#include <ss/error.hpp>
#include <ss/id.hpp>
#include <ss/page.hpp>
#include <ss/time.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ss::storage {
class Blobs;
class Database;
}  // namespace ss::storage
namespace ss::jobs {
class Queue;
}
namespace ss::realtime {
class Stream;
}

namespace ss::posts {

// ---- media ----------------------------------------------------------------------------------------------------------

enum class MediaKind : std::uint8_t { jpeg, png, webp, mp4 };
[[nodiscard]] std::string_view content_type(MediaKind kind);

inline constexpr std::size_t kMaxImageBytes = std::size_t{8} << 20U;    ///< Instagram's limit of an image.
inline constexpr std::size_t kMaxVideoBytes = std::size_t{100} << 20U;  ///< Of a story video.

struct Media {
    MediaId id;
    MediaKind kind = MediaKind::jpeg;
    std::string name;  ///< As uploaded, for people; never a path.
    std::int64_t bytes = 0;
    int width = 0;  ///< 0: not known (WebP, MP4).
    int height = 0;
    std::string blob;  ///< Key in storage::Blobs.
    UserId author;
    Timestamp created_at;
};

/// What the bytes are, by their signature and not by what the sender calls them.
struct Sniffed {
    MediaKind kind = MediaKind::jpeg;
    int width = 0;
    int height = 0;
};
/// Nothing when it is none of ours or its header is broken.
[[nodiscard]] std::optional<Sniffed> sniff(std::string_view bytes);

/// Safe to share between threads. Borrows all.
class Library {
public:
    Library(storage::Database& database, storage::Blobs& blobs, const Clock& clock)
        : database_{database}, blobs_{blobs}, clock_{clock}
    {
    }

    /// Errors: invalid (empty), unsupported (not JPEG, PNG, WebP or MP4), too_large, unavailable.
    [[nodiscard]] Result<Media> upload(WorkspaceId workspace, UserId author, std::string_view name,
                                       std::string_view bytes);
    [[nodiscard]] Result<Media> get(WorkspaceId workspace, MediaId id) const;  ///< Errors: not_found.
    /// For the signed public URL, which names no workspace. Errors: not_found.
    [[nodiscard]] Result<Media> get(MediaId id) const;
    [[nodiscard]] Result<std::string> read(const Media& media) const;  ///< Errors: not_found, corrupt, unavailable.
    /// Newest first. Errors: invalid (cursor).
    [[nodiscard]] Result<Page<Media>> list(WorkspaceId workspace, std::string_view cursor, int limit) const;

private:
    storage::Database& database_;
    storage::Blobs& blobs_;
    const Clock& clock_;
};

// ---- posts ----------------------------------------------------------------------------------------------------------

enum class PostState : std::uint8_t {
    draft,
    scheduled,
    publishing,  ///< From the first call to the channel on: no edit, no cancel.
    published,
    failed,
    cancelled,
    unknown,  ///< It was told to publish and no answer can be had: look on the phone. Never published again.
};
[[nodiscard]] std::string_view to_string(PostState state);
[[nodiscard]] std::optional<PostState> parse_post_state(std::string_view text);

/// When: nothing (a draft), an instant, or a wall-clock time in a zone.
struct When {
    std::optional<Timestamp> at;
    std::string local;      ///< "2026-11-23T19:00" or with seconds; used when `at` is empty.
    std::string time_zone;  ///< IANA name: "America/Sao_Paulo". Also kept for showing.
};

/// Empty when neither is given. A local time that a change of the clock skips is refused; one that exists twice is
/// the first. Errors: invalid (form, unknown zone, skipped).
[[nodiscard]] Result<std::optional<Timestamp>> instant(const When& when);

struct Draft {
    AccountId account;
    MediaId media;
    std::string caption;
    std::string alt_text;
    When when;
};

/// Only what is given changes; `when` given with nothing in it makes a draft of a scheduled post.
struct Change {
    std::optional<MediaId> media;
    std::optional<std::string> caption;
    std::optional<std::string> alt_text;
    std::optional<When> when;
};

struct Failure {
    std::string code;
    std::string sentence;
    std::string sentence_pt;
};

struct Post {
    PostId id;
    AccountId account;
    MediaId media;
    std::string caption;
    std::string alt_text;
    PostState state = PostState::draft;
    Timestamp at;  ///< When it is due; of a draft: when it was made.
    std::string time_zone;
    std::string external_id;  ///< The channel's, once published.
    std::string permalink;
    std::optional<Timestamp> published_at;
    std::optional<Failure> failure;
    UserId author;
    Timestamp created_at;
    Timestamp updated_at;
};

struct Filter {
    std::optional<Timestamp> from;  ///< Included.
    std::optional<Timestamp> to;    ///< Excluded.
    std::optional<AccountId> account;
    std::optional<PostState> state;
    std::string cursor;
    int limit = 50;  ///< Clamped to 1..kMaxPageSize.
};

/// Limits of a caption: characters, '#' and '@'. Errors: invalid, with the limit in the sentence.
[[nodiscard]] Result<void> check_caption(std::string_view caption, const channel::Rules& rules);

/// The channel an account belongs to, by name; nullptr when this program does not offer it.
using Channels = std::function<channel::Channel*(std::string_view name)>;
/// A public URL under which the channel may fetch the bytes for the next hours.
using PublicUrl = std::function<std::string(MediaId media)>;

/// The job that publishes; its payload is {"post":12,"version":3}.
inline constexpr std::string_view kPublishJob = "post.publish";

/// Safe to share between threads. Borrows all; they must outlive the planner. An id of another workspace is not_found.
class Planner {
public:
    Planner(storage::Database& database, jobs::Queue& queue, const realtime::Stream& stream,
            channel::Accounts& accounts, Channels channels, PublicUrl public_url, const Clock& clock);

    /// A draft, or with a time a scheduled post and its job. Errors: invalid (caption, time in the past, picture that
    /// the channel will not take), not_found (account, media), account_disconnected, unavailable.
    [[nodiscard]] Result<Post> create(WorkspaceId workspace, UserId author, const Draft& draft);
    /// Only drafts, scheduled, failed and cancelled posts; moving the time leaves exactly one job that will act.
    /// Errors: as create(), conflict (it is being or has been published).
    [[nodiscard]] Result<Post> edit(WorkspaceId workspace, PostId id, const Change& change);
    /// Errors: not_found, conflict (it is being or has been published).
    [[nodiscard]] Result<Post> cancel(WorkspaceId workspace, PostId id);
    [[nodiscard]] Result<Post> get(WorkspaceId workspace, PostId id) const;
    /// Earliest first. Errors: invalid (cursor, from after to), not_found (account).
    [[nodiscard]] Result<Page<Post>> list(WorkspaceId workspace, const Filter& filter) const;

    /// One step of kPublishJob. Empty: done. A time: run again then. Each id the channel gives is committed before
    /// the next call, and a container that the channel says is published is never published again.
    /// Errors: unavailable, busy (the database): run again.
    [[nodiscard]] Result<std::optional<Timestamp>> publish(PostId id);
    [[nodiscard]] Result<std::optional<Timestamp>> publish_job(std::string_view payload);

private:
    storage::Database& database_;
    jobs::Queue& queue_;
    const realtime::Stream& stream_;
    channel::Accounts& accounts_;
    Channels channels_;
    PublicUrl public_url_;
    const Clock& clock_;
};

}  // namespace ss::posts

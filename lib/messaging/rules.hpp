#pragma once
/// What messaging decides, without a database: what an event becomes, which sending an echo belongs to, what follows a
/// failed call.

#include <ss/messaging.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ss::messaging {

[[nodiscard]] std::optional<MessageKind> parse_message_kind(std::string_view text);
[[nodiscard]] std::optional<Delivery> parse_delivery(std::string_view text);
[[nodiscard]] CopyState parse_copy_state(std::string_view text);

// ---- receiving

/// Text that both engines take: NUL and what is not UTF-8 become U+FFFD, and it is cut at `max_bytes`.
[[nodiscard]] std::string clean(std::string_view text, std::size_t max_bytes = 64 * 1024);

/// The id that makes storing idempotent: the channel's, or one derived from the content.
[[nodiscard]] std::string identity(const channel::Event& event);

/// Whether an event is stored as a message of the timeline, and as what.
[[nodiscard]] std::optional<MessageKind> stored_as(const channel::Event& event);
/// A customer's message opens the reply window; a public comment and what we do not know do not.
[[nodiscard]] bool opens_window(const channel::Event& event);

/// Whether an attachment is copied: what the customer sent themselves. Stories have to vanish (Meta's policy), and a
/// shared post is somebody else's.
[[nodiscard]] bool is_copied(const channel::Attachment& attachment);

/// A sending that was begun and whose id we do not know.
struct InDoubt {
    std::int64_t id = 0;
    std::string text;
    Timestamp started_at;
};

/// How much earlier than our attempt the channel's clock may say the message was.
inline constexpr std::chrono::minutes kSkew{2};

/// The oldest sending this text of the channel can be; nothing when it is somebody's on the phone.
[[nodiscard]] const InDoubt* sending_of(std::span<const InDoubt> sendings, std::string_view text, Timestamp at);

// ---- searching

/// Folded words of at most 64 code points, separated by one space: what both engines index.
[[nodiscard]] std::string search_words(std::string_view text);
/// At most 12 words, the last one as a prefix, inside a scope as "#c12". No character of `words` reaches the query
/// language. Empty when there is no word.
[[nodiscard]] std::string fts5_query(std::string_view scope, std::string_view words);
[[nodiscard]] std::string ts_query(std::string_view scope, std::string_view words);

// ---- sending

struct AfterFailure {
    Delivery delivery = Delivery::failed;
    std::chrono::seconds again{0};  ///< 0: not again.
};
/// `attempts` counts the one that failed.
[[nodiscard]] AfterFailure after_failure(const channel::Failure& failure, int attempts);

struct Settling {
    enum class Kind : std::uint8_t { found, not_sent, not_yet, gives_up } kind = Kind::not_yet;
    std::string message_id;         ///< found
    Timestamp at;                   ///< found
    std::chrono::seconds again{0};  ///< not_yet
};
/// What the channel's history (newest first; nothing when it could not be had) says about an attempt. It proves that a
/// message was not sent only when the attempt is long over, it reaches back to before the attempt (an empty one shows
/// nothing: the customer's own message is missing too), and nothing of ours since then is unexplained: the channel may
/// have changed the words.
/// `taken` are ids that belong to other messages of ours.
[[nodiscard]] Settling settle(const InDoubt& attempt, const std::optional<std::vector<channel::RemoteMessage>>& history,
                              std::span<const std::string> taken, int checks, Timestamp now);

}  // namespace ss::messaging

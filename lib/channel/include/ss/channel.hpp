#pragma once
/// The words that the domain and a messaging service (Instagram, later WhatsApp) share, the interface a service
/// implements, and the accounts that are connected.
///
/// Nothing here knows Meta's JSON; nothing in messaging, posts or analytics knows Instagram.

#include <ss/error.hpp>
#include <ss/id.hpp>
#include <ss/secret.hpp>
#include <ss/time.hpp>

#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ss::crypto {
class Keyring;
}
namespace ss::storage {
class Database;
}

namespace ss::channel {

// ---- what comes in ----------------------------------------------------------------------------------------------

enum class EventKind {
    message,      ///< A new message, from the customer or (echo) from the business.
    edit,         ///< `text` replaces that of message `message_id`; `edit_number` counts up.
    unsend,       ///< Message `message_id` was taken back.
    reaction,     ///< To message `message_id`; `reaction` empty: taken back.
    read,         ///< The customer has seen everything up to `message_id`, or up to `at` when it is empty.
    postback,     ///< A button or ice breaker; stored as a message: `text` is its title, `payload` its payload.
    referral,     ///< Came from an ad or an ig.me link.
    comment,      ///< A public comment; `comment_id`, `post_id`.
    unsupported,  ///< Something we do not know: stored with `raw`, shown, never dropped.
};

enum class AttachmentKind {
    image,
    video,
    audio,
    file,
    share,
    post,
    reel,
    story_mention,
    story_reply,
    sticker,
    unsupported
};
[[nodiscard]] std::string_view to_string(AttachmentKind kind);
[[nodiscard]] std::string_view to_string(EventKind kind);

struct Attachment {
    AttachmentKind kind = AttachmentKind::unsupported;
    std::string url;  ///< Expires; fetched by a job after storing. May be empty.
    std::string title;
    std::string media_id;  ///< The channel's id of a shared post or reel, when given.
};

struct Referral {
    std::string reference;  ///< `ref` of the link or ad.
    std::string source;     ///< "ADS", "SHORTLINK", …
    std::string ad_id;
    std::string ad_title;
};

/// One thing that happened on a channel. Ids are the channel's, as text.
struct Event {
    EventKind kind = EventKind::unsupported;
    std::string account;         ///< The business account (IG_ID).
    std::string customer;        ///< The customer (IGSID).
    std::string customer_name;   ///< When the event carries it (comments); else empty.
    bool from_business = false;  ///< An echo: written by the business, here or on the phone.
    Timestamp at;                ///< The channel's clock.
    std::string message_id;      ///< Unique within the account: what makes storing idempotent. May be empty for old
                                 ///< postbacks: then derived from the content.
    std::string text;
    std::vector<Attachment> attachments;
    std::string reply_to;  ///< message_id answered to.
    std::string story_id;  ///< Story answered to or mentioned in.
    std::string reaction;  ///< Emoji or name.
    std::string payload;   ///< Of a postback or quick reply.
    std::optional<Referral> referral;
    int edit_number = 0;
    std::string comment_id;
    std::string post_id;
    std::string raw;  ///< The item's JSON, for unsupported ones; else empty.
};

/// What a webhook body came to: a bad item never takes the good ones with it.
struct Parsed {
    std::vector<Event> events;
    std::vector<std::string> problems;  ///< One sentence an unreadable item.
};

// ---- what goes out ----------------------------------------------------------------------------------------------

/// Why a call failed, in the words the domain decides by.
enum class FailureClass {
    transient,        ///< Try again with back-off.
    throttled,        ///< Wait `retry_after`; the attempt does not count.
    reconnect,        ///< The token is dead: the account has to be connected again.
    permission,       ///< A permission or feature is missing.
    window_closed,    ///< Outside the time in which messages are allowed.
    not_ready,        ///< Media is still being processed.
    restricted,       ///< The account is blocked or on hold: stop.
    permanent,        ///< Will never work as it is.
    unknown_outcome,  ///< The request left us and no answer came: it may have worked.
};
[[nodiscard]] std::string_view to_string(FailureClass failure);

struct Failure {
    FailureClass kind = FailureClass::permanent;
    std::string code;         ///< The channel's: "10/2534022".
    std::string sentence;     ///< For a seller, in English.
    std::string sentence_pt;  ///< In Portuguese.
    std::string detail;       ///< For the log; no secrets.
    std::chrono::seconds retry_after{0};
};

template <class T>
using Outcome = std::expected<T, Failure>;

/// As an API error (window_closed, account_disconnected, limited, outcome_unknown, unavailable, channel_rejected).
[[nodiscard]] Error to_error(const Failure& failure);

struct OutgoingMessage {
    std::string customer;  ///< The channel's id of the recipient.
    std::string text;
    std::string reply_to;      ///< May be empty.
    bool human_agent = false;  ///< Written by a person, outside the standard window.
};

struct Sent {
    std::string message_id;
};

struct Publication {
    std::string image_url;  ///< Public; the channel fetches it.
    std::string caption;
    std::string alt_text;
};

enum class ContainerState { in_progress, ready, published, failed, expired };

struct Published {
    std::string post_id;
    std::string permalink;
};

struct Profile {
    std::string external_id;    ///< IG_ID: the key of the account.
    std::string app_scoped_id;  ///< For deauthorize callbacks.
    std::string username;
    std::string name;
    std::string picture_url;
    std::string account_type;
    std::optional<std::int64_t> followers;
    std::optional<std::int64_t> posts;
};

struct CustomerProfile {
    std::string name;
    std::string username;
    std::string picture_url;
};

struct Token {
    Secret value;
    Timestamp expires_at;
    std::vector<std::string> permissions;
};

/// A message as the channel's own history shows it, to settle an unknown sending.
struct RemoteMessage {
    std::string message_id;
    bool from_business = false;
    std::string text;
    Timestamp at;
};

/// Metric name → value; a metric that was not measured is absent, never 0.
using Insights = std::map<std::string, std::int64_t, std::less<>>;

/// Limits the domain checks before it calls.
struct Rules {
    std::size_t max_text_bytes = 1'000;
    std::chrono::hours reply_window{24};
    std::chrono::hours human_agent_window{24 * 7};
    std::size_t max_caption_characters = 2'200;
    std::size_t max_hashtags = 30;
    std::size_t max_mentions = 20;
};

/// Credentials for one call.
struct Access {
    std::string external_id;
    Secret token;
};

/// A messaging service. All calls block (bounded by time-outs) and are safe to share between threads.
class Channel {
public:
    Channel() = default;
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;
    virtual ~Channel() = default;

    [[nodiscard]] virtual std::string_view name() const = 0;  ///< "instagram".
    [[nodiscard]] virtual Rules rules() const = 0;

    // connecting
    [[nodiscard]] virtual std::string authorize_url(std::string_view state) const = 0;
    [[nodiscard]] virtual Outcome<Token> exchange_code(std::string_view code) = 0;  ///< Long-lived.
    [[nodiscard]] virtual Outcome<Token> refresh(const Access& access) = 0;
    [[nodiscard]] virtual Outcome<Profile> profile(const Access& access) = 0;
    [[nodiscard]] virtual Outcome<void> subscribe(const Access& access) = 0;   ///< And reads it back.
    [[nodiscard]] virtual Outcome<void> disconnect(const Access& access) = 0;  ///< Best effort.

    // receiving
    /// Errors: unauthenticated (wrong or no signature). Constant time.
    [[nodiscard]] virtual Result<void> verify_signature(std::string_view body,
                                                        std::string_view signature_header) const = 0;
    /// The challenge to echo. Errors: forbidden (mode or token).
    [[nodiscard]] virtual Result<std::string> verify_handshake(std::string_view mode, std::string_view token,
                                                               std::string_view challenge) const = 0;
    [[nodiscard]] virtual Parsed parse(std::string_view body) const = 0;
    [[nodiscard]] virtual Outcome<CustomerProfile> customer(const Access& access, std::string_view customer) = 0;

    // messages
    [[nodiscard]] virtual Outcome<Sent> send(const Access& access, const OutgoingMessage& message) = 0;
    /// The newest messages with this customer, newest first (at most 20).
    [[nodiscard]] virtual Outcome<std::vector<RemoteMessage>> recent_messages(const Access& access,
                                                                              std::string_view customer) = 0;

    // posts: each step's id is stored before the next, so that a crash never publishes twice
    [[nodiscard]] virtual Outcome<std::string> create_container(const Access& access,
                                                                const Publication& publication) = 0;
    [[nodiscard]] virtual Outcome<ContainerState> container_state(const Access& access, std::string_view container) = 0;
    [[nodiscard]] virtual Outcome<std::string> publish_container(const Access& access, std::string_view container) = 0;
    /// Permalink and id of a post; with an empty id: the newest post made at or after `since`.
    [[nodiscard]] virtual Outcome<Published> find_post(const Access& access, std::string_view post_id,
                                                       Timestamp since) = 0;

    // numbers
    [[nodiscard]] virtual Outcome<Insights> account_insights(const Access& access, Timestamp since,
                                                             Timestamp until) = 0;
    [[nodiscard]] virtual Outcome<Insights> post_insights(const Access& access, std::string_view post_id) = 0;
};

// ---- connected accounts -----------------------------------------------------------------------------------------

enum class AccountState { connected, not_receiving, expiring, expired, revoked, checkpoint, restricted, disconnected };
[[nodiscard]] std::string_view to_string(AccountState state);
/// What the state means for a seller and what to do; "" for connected.
[[nodiscard]] std::string_view sentence(AccountState state);

struct Account {
    AccountId id;
    WorkspaceId workspace;
    std::string channel;  ///< "instagram".
    std::string external_id;
    std::string app_scoped_id;
    std::string username;
    std::string name;
    std::string picture_url;
    std::optional<std::int64_t> followers;
    AccountState state = AccountState::connected;
    std::string state_detail;
    Timestamp token_expires_at;
    Timestamp token_refreshed_at;
    std::optional<Timestamp> last_event_at;
    Timestamp created_at;
};

/// The table `account`: tokens are sealed at rest (associated data: workspace and external id) and leave only through
/// access(). Safe to share between threads. Borrows all.
class Accounts {
public:
    Accounts(storage::Database& database, const crypto::Keyring& keys, const Clock& clock)
        : database_{database}, keys_{keys}, clock_{clock}
    {
    }

    /// Inserts, or reconnects the same external id of the same workspace. Errors: conflict (it is connected to
    /// another workspace), unavailable.
    [[nodiscard]] Result<AccountId> connect(WorkspaceId workspace, std::string_view channel, const Profile& profile,
                                            const Token& token);
    [[nodiscard]] Result<std::vector<Account>> list(WorkspaceId workspace) const;
    [[nodiscard]] Result<Account> get(WorkspaceId workspace, AccountId id) const;  ///< Errors: not_found.
    [[nodiscard]] Result<Account> get(AccountId id) const;                         ///< For workers. Errors: not_found.
    /// The workspace in which it is connected. Errors: not_found (also when everybody has disconnected it).
    [[nodiscard]] Result<Account> find(std::string_view channel, std::string_view external_id) const;
    /// Token for a call. Errors: not_found, account_disconnected (also expired and revoked), wrong_key, corrupt.
    [[nodiscard]] Result<Access> access(AccountId id) const;
    [[nodiscard]] Result<void> store_token(AccountId id, const Token& token);
    [[nodiscard]] Result<void> set_state(AccountId id, AccountState state, std::string_view detail);
    [[nodiscard]] Result<void> update_profile(AccountId id, const Profile& profile);
    [[nodiscard]] Result<void> touch_event(AccountId id, Timestamp at);
    /// Deletes the token; the account's conversations stay. Errors: not_found.
    [[nodiscard]] Result<void> disconnect(WorkspaceId workspace, AccountId id);
    /// The person took the permission back at the channel: state `revoked`, the token is deleted. An account whose
    /// token worked after `at` (as a refresh or a new connection shows) is left alone: this tells of an older
    /// permission. Returns whom it concerned; nobody is not an error.
    struct Revoked {
        AccountId account;
        WorkspaceId workspace;
    };
    [[nodiscard]] Result<std::vector<Revoked>> revoke_by_owner(std::string_view channel, std::string_view app_scoped_id,
                                                               std::optional<Timestamp> at);
    /// Accounts whose token expires before `expires_before` and was refreshed before `refreshed_before`.
    [[nodiscard]] Result<std::vector<AccountId>> due_for_refresh(Timestamp expires_before,
                                                                 Timestamp refreshed_before) const;

private:
    storage::Database& database_;
    const crypto::Keyring& keys_;
    const Clock& clock_;
};

}  // namespace ss::channel

#pragma once
/// Conversations with customers: what they wrote, what we answered, whether we may answer now.
///
/// Owns the tables `contact`, `conversation`, `message`, `attachment`, `reaction`, `pending_change` and
/// `message_attempt`; its SQL is sql/queries/messaging.sql. Knows neither HTTP nor any channel's JSON: the ingest's
/// job hands it events, routes hand it values.
///
/// Order is the channel's time; equal times keep the order of arrival (the row id). Realtime events are written in
/// the same transaction as the change: "message.received", "message.updated", "conversation.updated", each with the
/// ids a browser needs to fetch what changed.

#include <ss/channel.hpp>
#include <ss/error.hpp>
#include <ss/id.hpp>
#include <ss/page.hpp>
#include <ss/time.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ss::storage {
class Database;
}
namespace ss::jobs {
class Queue;
}
namespace ss::realtime {
class Stream;
}

namespace ss::messaging {

// ---- what is stored -----------------------------------------------------------------------------------------------

enum class Direction : std::uint8_t { inbound, outbound };
enum class ConversationState : std::uint8_t { open, archived };
enum class MessageKind : std::uint8_t { message, postback, comment, unsupported };

/// How an outbound message went; `received` is the only one of inbound messages.
enum class Delivery : std::uint8_t {
    received,
    queued,   ///< Waits for its job.
    sending,  ///< Its call is under way, or the process that made it died.
    sent,     ///< The channel has it.
    read,     ///< The customer has seen it.
    failed,   ///< Will not be sent; `failure` says why.
    unknown,  ///< The call was made and no answer came: settled by the echo or the channel's history, or stays so.
};

[[nodiscard]] std::string_view to_string(Direction direction);
[[nodiscard]] std::string_view to_string(ConversationState state);
[[nodiscard]] std::string_view to_string(MessageKind kind);
[[nodiscard]] std::string_view to_string(Delivery delivery);
[[nodiscard]] std::optional<Direction> parse_direction(std::string_view text);
[[nodiscard]] std::optional<ConversationState> parse_conversation_state(std::string_view text);

struct Contact {
    ContactId id;
    std::string external_id;  ///< The channel's id of the customer.
    std::string name;         ///< Empty until the profile has been fetched.
    std::string username;
    std::string picture_url;
};

struct Conversation {
    ConversationId id;
    AccountId account;
    Contact contact;
    ConversationState state = ConversationState::open;
    Timestamp last_message_at;
    std::string preview;  ///< Of the last message; at most 140 bytes of UTF-8.
    Direction last_direction = Direction::inbound;
    std::int64_t unread = 0;                            ///< Inbound messages that arrived after the last mark_read().
    std::optional<Timestamp> last_customer_message_at;  ///< What the reply window is counted from.
    std::optional<channel::Referral> referral;          ///< The ad or link the customer came by last.
};

/// How the copy of an attachment is; the message is there whatever it says.
enum class CopyState : std::uint8_t {
    none,     ///< None is made: no address, a story (it has to vanish), or somebody's post.
    pending,  ///< Its job waits, or waits for its next try.
    stored,
    too_large,
    unsupported,  ///< No kind of file we keep.
    refused,      ///< Its address is not allowed.
    gone,         ///< The channel has it no more.
    failed,       ///< Given up after several tries.
};
[[nodiscard]] std::string_view to_string(CopyState state);

struct Attachment {
    std::int64_t id = 0;
    channel::AttachmentKind kind = channel::AttachmentKind::unsupported;
    std::string url;  ///< The channel's; expires.
    std::string title;
    std::string media_id;
    std::string blob;  ///< Key in storage::Blobs once it has been fetched; else empty.
    CopyState copy = CopyState::none;
    std::string content_type;  ///< Of the copy, by its bytes.
    std::int64_t bytes = 0;    ///< Of the copy.
};

struct Reaction {
    bool from_business = false;
    std::string reaction;
    Timestamp at;
};

struct Failure {
    std::string code;         ///< The channel's, or a policy reason as "window_closed".
    std::string sentence;     ///< English.
    std::string sentence_pt;  ///< Portuguese.
};

struct Message {
    MessageId id;
    ConversationId conversation;
    AccountId account;
    MessageKind kind = MessageKind::message;
    Direction direction = Direction::inbound;
    Delivery delivery = Delivery::received;
    std::string external_id;  ///< The channel's; empty while it is not sent.
    std::string text;         ///< UTF-8; empty when only media, or taken back.
    Timestamp at;             ///< The channel's clock; ours while it is not sent.
    UserId author;            ///< 0: the customer, or somebody on the phone.
    std::string reply_to;     ///< external_id of the message answered to.
    std::string story_id;
    std::string payload;  ///< Of a postback or quick reply.
    std::string comment_id;
    std::string post_id;
    std::string raw;      ///< Of an unsupported one: the item's JSON.
    int edit_number = 0;  ///< 0: never edited.
    bool human_agent = false;
    std::optional<Timestamp> unsent_at;  ///< Taken back: text and attachments are gone, the place stays.
    std::optional<Timestamp> read_at;
    std::optional<Failure> failure;
    std::vector<Attachment> attachments;
    std::vector<Reaction> reactions;
};

// ---- receiving and looking ------------------------------------------------------------------------------------------

/// What apply() did. Every event is counted once.
struct Applied {
    int stored = 0;      ///< New messages.
    int changed = 0;     ///< Edits, unsends, reactions, receipts, referrals and settled sendings.
    int pending = 0;     ///< Changes of a message that has not come yet; applied when it comes.
    int duplicates = 0;  ///< Known already: nothing was written.
    int ignored = 0;     ///< Without a customer: there is no conversation it could belong to.
};

struct ConversationFilter {
    std::optional<AccountId> account;
    std::optional<ConversationState> state;
    bool unread_only = false;
    std::string cursor;
    int limit = 50;  ///< Clamped to 1..kMaxPageSize.
};

struct MessageFilter {
    std::optional<AccountId> account;
    std::optional<ConversationId> conversation;
    std::optional<Direction> direction;
    /// Full-text search when it holds a word: all words have to occur, the last one as a prefix; accents and case do
    /// not matter; any other character separates words. Found messages come newest arrival first.
    std::string words;
    std::string cursor;
    int limit = 50;  ///< Clamped to 1..kMaxPageSize.
};

inline constexpr std::size_t kBatch = 200;  ///< Events in one transaction of apply().

/// Safe to share between threads; each call runs in transactions of its own. An id of another workspace is not_found.
/// Borrows all; they must outlive the inbox.
class Inbox {
public:
    Inbox(storage::Database& database, jobs::Queue& queue, const realtime::Stream& stream, const Clock& clock)
        : database_{database}, queue_{queue}, stream_{stream}, clock_{clock}
    {
    }

    /// Stores events of one account, whatever their order and however often they come: at most kBatch in a
    /// transaction. After an error the earlier batches are stored; applying all again is right.
    /// A new contact gets a job kProfileJob. Errors: unavailable, busy.
    [[nodiscard]] Result<Applied> apply(WorkspaceId workspace, AccountId account,
                                        std::span<const channel::Event> events);

    /// Newest message first. Errors: invalid (a cursor we did not issue), not_found (account), unavailable.
    [[nodiscard]] Result<Page<Conversation>> conversations(WorkspaceId workspace,
                                                           const ConversationFilter& filter) const;
    [[nodiscard]] Result<Conversation> conversation(WorkspaceId workspace, ConversationId id) const;

    /// Newest first. Errors: as conversations(), not_found also for a conversation.
    [[nodiscard]] Result<Page<Message>> messages(WorkspaceId workspace, const MessageFilter& filter) const;
    [[nodiscard]] Result<Message> message(WorkspaceId workspace, MessageId id) const;

    /// Everything that has arrived up to message `up_to` (0: up to now) counts as read. Errors: not_found.
    [[nodiscard]] Result<Conversation> mark_read(WorkspaceId workspace, ConversationId id, MessageId up_to = {});
    /// A new message of the customer opens an archived conversation again. Errors: not_found.
    [[nodiscard]] Result<Conversation> set_state(WorkspaceId workspace, ConversationId id, ConversationState state);
    /// Sum over the workspace's conversations.
    [[nodiscard]] Result<std::int64_t> unread(WorkspaceId workspace) const;

private:
    storage::Database& database_;
    jobs::Queue& queue_;
    const realtime::Stream& stream_;
    const Clock& clock_;
};

// ---- may I answer? --------------------------------------------------------------------------------------------------

enum class Reason : std::uint8_t {
    allowed,
    allowed_as_human,  ///< Outside the window, inside the human agent's: a person's answer only.
    no_message_yet,    ///< The customer has never written: a business cannot begin.
    window_closed,
    humans_only,  ///< An automatic answer outside the window.
    empty,
    too_long,
    account_expired,
    account_revoked,
    account_checkpoint,
    account_restricted,
    account_disconnected,
};
[[nodiscard]] std::string_view to_string(Reason reason);

/// What decides whether a message may go out.
struct Standing {
    channel::AccountState account = channel::AccountState::connected;
    std::optional<Timestamp> last_customer_message_at;
    bool human = true;                     ///< A person writes, not a program.
    bool human_agent_on = true;            ///< The app has the permission for answers after the window.
    std::optional<std::string_view> text;  ///< Checked when given.
};

struct Verdict {
    Reason reason = Reason::allowed;
    bool allowed = false;
    bool human_agent = false;        ///< The message has to carry the channel's human-agent mark.
    std::optional<Timestamp> until;  ///< Allowed: when that ends. Closed by time: when it ended.
    std::string sentence;            ///< English; "" when simply allowed.
    std::string sentence_pt;         ///< Portuguese.
};

/// Pure: a table and two windows. A window is open while now < last customer message + its length.
[[nodiscard]] Verdict may_send(const Standing& standing, const channel::Rules& rules, Timestamp now);

// ---- answering ------------------------------------------------------------------------------------------------------

/// The channel an account belongs to, by name; nullptr when this program does not offer it.
using Channels = std::function<channel::Channel*(std::string_view name)>;

struct Draft {
    ConversationId conversation;
    std::string text;
    MessageId reply_to;      ///< 0: none. Of the same conversation.
    std::string client_key;  ///< May be empty. The same key in a conversation again returns the first message.
    UserId author;           ///< Who writes; 0: a program.
    bool human = true;
};

/// Jobs whose payload is for us: {"message":12} and {"contact":12}.
inline constexpr std::string_view kSendJob = "message.send";
inline constexpr std::string_view kProfileJob = "contact.profile";

/// Sends. Safe to share between threads. Borrows all; they must outlive the outbox.
class Outbox {
public:
    struct Options {
        bool human_agent = true;  ///< The app has the HUMAN_AGENT permission.
    };

    Outbox(storage::Database& database, jobs::Queue& queue, const realtime::Stream& stream, channel::Accounts& accounts,
           Channels channels, const Clock& clock, Options options);
    Outbox(storage::Database& database, jobs::Queue& queue, const realtime::Stream& stream, channel::Accounts& accounts,
           Channels channels, const Clock& clock);

    /// Whether a person (or a program) may answer now. Errors: not_found.
    [[nodiscard]] Result<Verdict> may_send(WorkspaceId workspace, ConversationId conversation, bool human) const;

    /// Queues an answer and returns before it is sent; the message's delivery tells how it went.
    /// Errors: invalid (empty, too long, not UTF-8), not_found (conversation, reply_to), window_closed,
    /// account_disconnected, idempotency_mismatch (client_key with another text), unavailable.
    [[nodiscard]] Result<Message> send(WorkspaceId workspace, const Draft& draft);

    /// One step of kSendJob. Empty: done. A time: run again then (the attempt does not count). An attempt is
    /// committed before the channel is called; what happened is committed after. A message whose outcome is not known
    /// is settled by its echo or by the channel's history, and sent again only when that history proves that it was
    /// not sent. Errors: unavailable, busy (the database): run again.
    [[nodiscard]] Result<std::optional<Timestamp>> deliver(MessageId id);
    [[nodiscard]] Result<std::optional<Timestamp>> deliver_job(std::string_view payload);

    /// Fetches a customer's name and picture (kProfileJob). A refusal is not an error. Empty: done.
    [[nodiscard]] Result<std::optional<Timestamp>> refresh_profile(ContactId id);
    [[nodiscard]] Result<std::optional<Timestamp>> refresh_profile_job(std::string_view payload);

private:
    storage::Database& database_;
    jobs::Queue& queue_;
    const realtime::Stream& stream_;
    channel::Accounts& accounts_;
    Channels channels_;
    const Clock& clock_;
    Options options_;
};

}  // namespace ss::messaging

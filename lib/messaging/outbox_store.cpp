// Outbox: may I send, and queueing an answer together with its job.
#include "notice.hpp"
#include "rows_store.hpp"
#include "thread_store.hpp"

#include <ss/jobs.hpp>
#include <ss/realtime.hpp>
#include <ss/sql/messaging.hpp>
#include <ss/storage.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>

#include <cctype>

namespace ss::messaging {
namespace {

namespace sql = ss::sql::messaging;
using storage::Session;

Result<sql::ConversationHead::Row> head_of(storage::Database& database, WorkspaceId workspace, ConversationId id)
{
    return database.read([&](Session& session) -> Result<sql::ConversationHead::Row> {
        const auto row = TRY(session.one(sql::ConversationHead{.workspace = workspace.value, .id = id.value}));
        if (!row) {
            return fail(Errc::not_found, "there is no such conversation");
        }
        return *row;
    });
}

/// A verdict's sentence in the form of an error's message.
std::unexpected<Error> refused(const Verdict& verdict)
{
    auto message = verdict.sentence;
    if (message.ends_with('.')) {
        message.pop_back();
    }
    message.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(message.front())));
    switch (verdict.reason) {
        case Reason::empty:
        case Reason::too_long:
            return fail(Errc::invalid, std::move(message), {}, "/text");
        case Reason::no_message_yet:
        case Reason::window_closed:
        case Reason::humans_only:
            return fail(Errc::window_closed, std::move(message));
        default:
            return fail(Errc::account_disconnected, std::move(message));
    }
}

std::optional<std::string> given(const std::string& text)
{
    return text.empty() ? std::nullopt : std::optional{text};
}

/// The message a client key stands for already.
Result<std::optional<Message>> earlier(Session& session, WorkspaceId workspace, const Draft& draft)
{
    if (draft.client_key.empty()) {
        return std::nullopt;
    }
    const auto row =
        TRY(session.one(sql::ByClientKey{.conversation = draft.conversation.value, .client_key = draft.client_key}));
    if (!row) {
        return std::nullopt;
    }
    if (row->text != draft.text) {
        return fail(Errc::idempotency_mismatch, "this client key was used for another text", {}, "/client_key");
    }
    auto message = TRY(load_message(session, workspace, MessageId{row->id}));
    return message;
}

Result<std::string> answered(Session& session, WorkspaceId workspace, const Draft& draft)
{
    if (!draft.reply_to) {
        return std::string{};
    }
    const auto row = TRY(session.one(sql::Message{.workspace = workspace.value, .id = draft.reply_to.value}));
    if (!row || row->conversation != draft.conversation.value || !row->external_id) {
        return fail(Errc::not_found, "there is no such message to answer in this conversation", {}, "/reply_to");
    }
    return *row->external_id;
}

}  // namespace

Outbox::Outbox(storage::Database& database, jobs::Queue& queue, const realtime::Stream& stream,
               channel::Accounts& accounts, Channels channels, const Clock& clock, Options options)
    : database_{database},
      queue_{queue},
      stream_{stream},
      accounts_{accounts},
      channels_{std::move(channels)},
      clock_{clock},
      options_{options}
{
}

Outbox::Outbox(storage::Database& database, jobs::Queue& queue, const realtime::Stream& stream,
               channel::Accounts& accounts, Channels channels, const Clock& clock)
    : Outbox{database, queue, stream, accounts, std::move(channels), clock, Options{}}
{
}

Result<Verdict> Outbox::may_send(WorkspaceId workspace, ConversationId conversation, bool human) const
{
    const auto head = TRY(head_of(database_, workspace, conversation));
    const auto account = TRY(accounts_.get(workspace, AccountId{head.account}));
    const auto* service = channels_(account.channel);
    const auto rules = service == nullptr ? channel::Rules{} : service->rules();
    return messaging::may_send({.account = account.state,
                                .last_customer_message_at = to_time(head.last_customer_message_at),
                                .human = human,
                                .human_agent_on = options_.human_agent,
                                .text = {}},
                               rules, clock_.now());
}

Result<Message> Outbox::send(WorkspaceId workspace, const Draft& draft)
{
    if (!is_valid_utf8(draft.text) || draft.text.find('\0') != std::string::npos) {
        return fail(Errc::invalid, "the text is not valid UTF-8", {}, "/text");
    }
    const auto head = TRY(head_of(database_, workspace, draft.conversation));
    const auto account = TRY(accounts_.get(workspace, AccountId{head.account}));
    const auto* service = channels_(account.channel);
    if (service == nullptr) {
        return fail(Errc::unsupported, fmt::format("the channel '{}' is not offered", account.channel));
    }
    const auto rules = service->rules();
    return database_.write([&](Session& session) -> Result<Message> {
        const Owner owner{workspace, account.id};
        auto thread = TRY(Thread::open(session, owner, draft.conversation));
        auto first = TRY(earlier(session, workspace, draft));
        if (first) {
            return std::move(*first);
        }
        const auto now = clock_.now();
        const auto verdict = messaging::may_send({.account = account.state,
                                                  .last_customer_message_at = thread.last_customer_message_at(),
                                                  .human = draft.human,
                                                  .human_agent_on = options_.human_agent,
                                                  .text = draft.text},
                                                 rules, now);
        if (!verdict.allowed) {
            return refused(verdict);
        }
        const auto reply_to = TRY(answered(session, workspace, draft));
        const auto row =
            TRY(session.one(sql::QueueMessage{.workspace = workspace.value,
                                              .account = account.id.value,
                                              .conversation = draft.conversation.value,
                                              .text = draft.text,
                                              .words = search_words(draft.text),
                                              .at = to_micros(now),
                                              .author = draft.author ? std::optional{draft.author.value} : std::nullopt,
                                              .human = draft.human,
                                              .human_agent = verdict.human_agent,
                                              .client_key = given(draft.client_key),
                                              .reply_to = reply_to}));
        if (!row) {
            return fail(Errc::conflict, "this client key is being used");
        }
        TRY(queue_.enqueue(session, {.kind = std::string{kSendJob},
                                     .payload = fmt::format(R"({{"message":{}}})", row->id),
                                     .priority = jobs::Priority::urgent,
                                     .run_at = {},
                                     .unique_key = fmt::format("message:{}", row->id),
                                     .serial_key = fmt::format("conversation:{}", draft.conversation.value),
                                     .workspace = workspace}));
        TRY(thread.close(session));
        TRY(stream_.append(session, workspace, "message.updated",
                           message_notice(account.id, draft.conversation.value, row->id), now));
        return load_message(session, workspace, MessageId{row->id});
    });
}

}  // namespace ss::messaging

// /api/v1/messages: read, search and answer customers' messages.
#include "../idempotency.hpp"
#include "../routes.hpp"
#include "fields.hpp"
#include "message_json.hpp"

#include <ss/messaging.hpp>

namespace ss::daemon {
namespace {

using http::Access, http::Field, http::In, http::Method, http::Request, http::Response, http::Type;
using messaging::Inbox, messaging::Message, messaging::Outbox;
using nlohmann::json;

Result<Response> list(const Inbox& inbox, const Request& request)
{
    messaging::MessageFilter filter;
    filter.account = optional_id<AccountId>(request, "account");
    filter.conversation = optional_id<ConversationId>(request, "conversation");
    filter.direction = messaging::parse_direction(request.text("direction"));
    filter.words = request.text("q");
    filter.cursor = request.text("cursor");
    filter.limit = static_cast<int>(request.number("limit", 50));
    const auto page = TRY(inbox.messages(request.caller.workspace, filter));
    return page_response(page, message_json);
}

Result<Response> send(Outbox& outbox, const Request& request)
{
    const auto& body = request.json();
    messaging::Draft draft;
    draft.conversation = ConversationId{body.at("conversation").get<std::int64_t>()};
    draft.text = body.at("text").get<std::string>();
    draft.reply_to = MessageId{body.value("reply_to", std::int64_t{0})};
    if (const auto key = request.header("idempotency-key"); !key.empty()) {
        draft.client_key = key_scope(request.caller) + ":" + std::string{key};
    }
    draft.author = request.caller.user;
    draft.human = !request.caller.api_key;
    const auto message = TRY(outbox.send(request.caller.workspace, draft));
    return http::json_response(202, message_json(message));
}

void add_schemas(http::Router& router)
{
    router.add(http::Schema{
        .name = "Attachment",
        .about = "Media of a message.",
        .fields = {{.name = "id", .type = Type::integer},
                   {.name = "kind"},
                   {.name = "url", .about = "the channel's; expires"},
                   {.name = "title"},
                   {.name = "media_id", .about = "the channel's id of a shared post"},
                   {.name = "media_state",
                    .about = "how our copy is; `stored`: fetch it from /api/v1/attachments/{id}",
                    .values = {"none", "pending", "stored", "too_large", "unsupported", "refused", "gone", "failed"}},
                   {.name = "content_type", .about = "of the copy, by its bytes"},
                   {.name = "bytes", .type = Type::integer, .about = "of the copy"}}});
    router.add(http::Schema{.name = "Reaction",
                            .about = "A reaction to a message.",
                            .fields = {{.name = "from_business", .type = Type::boolean},
                                       {.name = "reaction"},
                                       {.name = "at", .type = Type::timestamp}}});
    router.add(http::Schema{.name = "Failure",
                            .about = "Why something did not go out, and what to do.",
                            .fields = {{.name = "code"}, {.name = "sentence"}, {.name = "sentence_pt"}}});
    router.add(http::Schema{
        .name = "Message",
        .about = "One message of a conversation.",
        .fields = {
            {.name = "id", .type = Type::integer},
            {.name = "conversation", .type = Type::integer},
            {.name = "account", .type = Type::integer},
            {.name = "kind", .values = {"message", "postback", "comment", "unsupported"}},
            {.name = "direction", .values = {"inbound", "outbound"}},
            {.name = "delivery", .values = {"received", "queued", "sending", "sent", "read", "failed", "unknown"}},
            {.name = "external_id", .about = "the channel's; empty while it is not sent"},
            {.name = "text"},
            {.name = "at", .type = Type::timestamp},
            {.name = "author",
             .type = Type::integer,
             .about = "the user who wrote it; null: the customer, or somebody on the phone",
             .nullable = true},
            {.name = "reply_to"},
            {.name = "story_id"},
            {.name = "payload"},
            {.name = "edit_number", .type = Type::integer},
            {.name = "human_agent", .type = Type::boolean},
            {.name = "unsent_at", .type = Type::timestamp, .nullable = true},
            {.name = "read_at", .type = Type::timestamp, .nullable = true},
            {.name = "failure", .type = Type::object, .schema = "Failure", .nullable = true},
            {.name = "attachments", .type = Type::array, .schema = "Attachment"},
            {.name = "reactions", .type = Type::array, .schema = "Reaction"}}});
    router.add(list_schema("MessageList", "Message"));
}

void add_reading(http::Router& router, const Inbox& inbox)
{
    router.add(
        {.method = Method::get,
         .path = "/api/v1/messages",
         .about = "Messages of the workspace, newest first; `q` searches their text.",
         .tag = "messages",
         .scope = "messages:read",
         .fields =
             {{.name = "q",
               .in = In::query,
               .about =
                   "words to look for: all must occur, the last may be a beginning; accents and case do not matter",
               .maximum = 200},
              {.name = "account", .in = In::query, .type = Type::integer, .about = "only this account's", .minimum = 1},
              {.name = "conversation",
               .in = In::query,
               .type = Type::integer,
               .about = "only this conversation's",
               .minimum = 1},
              {.name = "direction", .in = In::query, .about = "only this way", .values = {"inbound", "outbound"}},
              cursor_field(),
              limit_field()},
         .returns = "MessageList",
         .errors = {Errc::not_found},
         .handler = [&inbox](const Request& request) { return list(inbox, request); },
         .aliases = {"/messages"}});
    router.add({.method = Method::get,
                .path = "/api/v1/messages/{id}",
                .about = "One message.",
                .tag = "messages",
                .scope = "messages:read",
                .fields = {id_field("the message")},
                .returns = "Message",
                .errors = {Errc::not_found},
                .handler = [&inbox](const Request& request) -> Result<Response> {
                    const auto message = TRY(inbox.message(request.caller.workspace, MessageId{request.number("id")}));
                    return http::json_response(200, message_json(message));
                },
                .aliases = {"/messages/{id}"}});
}

}  // namespace

json message_json(const Message& message)
{
    auto attachments = json::array();
    for (const auto& attachment : message.attachments) {
        attachments.push_back({{"id", attachment.id},
                               {"kind", channel::to_string(attachment.kind)},
                               {"url", attachment.url},
                               {"title", attachment.title},
                               {"media_id", attachment.media_id},
                               {"media_state", messaging::to_string(attachment.copy)},
                               {"content_type", attachment.content_type},
                               {"bytes", attachment.bytes}});
    }
    auto reactions = json::array();
    for (const auto& reaction : message.reactions) {
        reactions.push_back({{"from_business", reaction.from_business},
                             {"reaction", reaction.reaction},
                             {"at", to_rfc3339(reaction.at)}});
    }
    json failure = nullptr;
    if (message.failure) {
        failure = {{"code", message.failure->code},
                   {"sentence", message.failure->sentence},
                   {"sentence_pt", message.failure->sentence_pt}};
    }
    return {{"id", message.id.value},
            {"conversation", message.conversation.value},
            {"account", message.account.value},
            {"kind", messaging::to_string(message.kind)},
            {"direction", messaging::to_string(message.direction)},
            {"delivery", messaging::to_string(message.delivery)},
            {"external_id", message.external_id},
            {"text", message.text},
            {"at", to_rfc3339(message.at)},
            {"author", message.author ? json(message.author.value) : json(nullptr)},
            {"reply_to", message.reply_to},
            {"story_id", message.story_id},
            {"payload", message.payload},
            {"edit_number", message.edit_number},
            {"human_agent", message.human_agent},
            {"unsent_at", or_null(message.unsent_at)},
            {"read_at", or_null(message.read_at)},
            {"failure", std::move(failure)},
            {"attachments", std::move(attachments)},
            {"reactions", std::move(reactions)}};
}

void add_message_routes(http::Router& router, Inbox& inbox, Outbox& outbox)
{
    add_schemas(router);
    add_reading(router, inbox);
    router.add({.method = Method::post,
                .path = "/api/v1/messages",
                .about = "Queues an answer to a customer; its `delivery` tells how it went.",
                .tag = "messages",
                .access = Access::agent,
                .scope = "messages:write",
                .fields = {{.name = "conversation",
                            .type = Type::integer,
                            .about = "whom to answer",
                            .required = true,
                            .minimum = 1},
                           {.name = "text",
                            .about = "at most 1,000 bytes of UTF-8 for Instagram",
                            .required = true,
                            .minimum = 1,
                            .maximum = 10'000},
                           {.name = "reply_to",
                            .type = Type::integer,
                            .about = "a message of the conversation it answers",
                            .minimum = 1}},
                .returns = "Message",
                .success = 202,
                .errors = {Errc::not_found, Errc::window_closed, Errc::account_disconnected},
                .handler = [&outbox](const Request& request) { return send(outbox, request); },
                .per_minute = 6'000,
                .aliases = {"/messages"}});
}

}  // namespace ss::daemon

// /api/v1/conversations: the inbox, one thread a customer.
#include "../routes.hpp"
#include "fields.hpp"
#include "message_json.hpp"

#include <ss/messaging.hpp>

namespace ss::daemon {
namespace {

using http::Access, http::Field, http::In, http::Method, http::Request, http::Response, http::Type;
using messaging::Conversation, messaging::Inbox, messaging::Outbox;
using nlohmann::json;

json to_json(const Conversation& conversation)
{
    json referral = nullptr;
    if (conversation.referral) {
        referral = {{"source", conversation.referral->source},
                    {"reference", conversation.referral->reference},
                    {"ad_id", conversation.referral->ad_id},
                    {"ad_title", conversation.referral->ad_title}};
    }
    const auto& contact = conversation.contact;
    return {{"id", conversation.id.value},
            {"account", conversation.account.value},
            {"contact",
             {{"id", contact.id.value},
              {"external_id", contact.external_id},
              {"name", contact.name},
              {"username", contact.username},
              {"picture_url", contact.picture_url}}},
            {"state", messaging::to_string(conversation.state)},
            {"last_message_at", to_rfc3339(conversation.last_message_at)},
            {"last_direction", messaging::to_string(conversation.last_direction)},
            {"preview", conversation.preview},
            {"unread", conversation.unread},
            {"last_customer_message_at", or_null(conversation.last_customer_message_at)},
            {"referral", std::move(referral)}};
}

ConversationId conversation_of(const Request& request)
{
    return ConversationId{request.number("id")};
}

Result<Response> list(const Inbox& inbox, const Request& request)
{
    messaging::ConversationFilter filter;
    filter.account = optional_id<AccountId>(request, "account");
    filter.state = messaging::parse_conversation_state(request.text("state"));
    filter.unread_only = request.text("unread") == "true";
    filter.cursor = request.text("cursor");
    filter.limit = static_cast<int>(request.number("limit", 50));
    const auto page = TRY(inbox.conversations(request.caller.workspace, filter));
    return page_response(page, to_json);
}

Result<Response> thread(const Inbox& inbox, const Request& request)
{
    messaging::MessageFilter filter;
    filter.conversation = conversation_of(request);
    filter.cursor = request.text("cursor");
    filter.limit = static_cast<int>(request.number("limit", 50));
    const auto page = TRY(inbox.messages(request.caller.workspace, filter));
    return page_response(page, message_json);
}

Result<Response> mark_read(Inbox& inbox, const Request& request)
{
    const auto conversation = TRY(inbox.mark_read(request.caller.workspace, conversation_of(request),
                                                  MessageId{request.json().value("up_to", std::int64_t{0})}));
    return http::json_response(200, to_json(conversation));
}

Result<Response> change(Inbox& inbox, const Request& request)
{
    const auto state = messaging::parse_conversation_state(body_text(request, "state"));
    const auto conversation = TRY(inbox.set_state(request.caller.workspace, conversation_of(request),
                                                  state.value_or(messaging::ConversationState::open)));
    return http::json_response(200, to_json(conversation));
}

Result<Response> policy(const Outbox& outbox, const Request& request)
{
    const auto verdict = TRY(outbox.may_send(request.caller.workspace, conversation_of(request), true));
    return http::json_response(200, {{"allowed", verdict.allowed},
                                     {"reason", messaging::to_string(verdict.reason)},
                                     {"human_agent", verdict.human_agent},
                                     {"until", or_null(verdict.until)},
                                     {"sentence", verdict.sentence},
                                     {"sentence_pt", verdict.sentence_pt}});
}

void add_schemas(http::Router& router)
{
    router.add(http::Schema{.name = "Contact",
                            .about = "A customer, as one account knows them.",
                            .fields = {{.name = "id", .type = Type::integer},
                                       {.name = "external_id", .about = "the channel's id"},
                                       {.name = "name", .about = "empty until the profile has been fetched"},
                                       {.name = "username"},
                                       {.name = "picture_url"}}});
    router.add(
        http::Schema{.name = "Referral",
                     .about = "The ad or link a customer came by.",
                     .fields = {{.name = "source"}, {.name = "reference"}, {.name = "ad_id"}, {.name = "ad_title"}}});
    router.add(
        http::Schema{.name = "Conversation",
                     .about = "Everything between one customer and one account.",
                     .fields = {{.name = "id", .type = Type::integer},
                                {.name = "account", .type = Type::integer},
                                {.name = "contact", .type = Type::object, .schema = "Contact"},
                                {.name = "state", .values = {"open", "archived"}},
                                {.name = "last_message_at", .type = Type::timestamp},
                                {.name = "last_direction", .values = {"inbound", "outbound"}},
                                {.name = "preview"},
                                {.name = "unread", .type = Type::integer},
                                {.name = "last_customer_message_at", .type = Type::timestamp, .nullable = true},
                                {.name = "referral", .type = Type::object, .schema = "Referral", .nullable = true}}});
    router.add(list_schema("ConversationList", "Conversation"));
    router.add(http::Schema{.name = "Policy",
                            .about = "Whether a person may answer now, and until when.",
                            .fields = {{.name = "allowed", .type = Type::boolean},
                                       {.name = "reason"},
                                       {.name = "human_agent",
                                        .type = Type::boolean,
                                        .about = "outside 24 hours: only a person's answer, for 7 days"},
                                       {.name = "until", .type = Type::timestamp, .nullable = true},
                                       {.name = "sentence"},
                                       {.name = "sentence_pt"}}});
}

void add_reading(http::Router& router, const Inbox& inbox)
{
    router.add(
        {.method = Method::get,
         .path = "/api/v1/conversations",
         .about = "Conversations, the one with the newest message first.",
         .tag = "conversations",
         .scope = "messages:read",
         .fields =
             {{.name = "account", .in = In::query, .type = Type::integer, .about = "only this account's", .minimum = 1},
              {.name = "state", .in = In::query, .about = "only in this state", .values = {"open", "archived"}},
              {.name = "unread", .in = In::query, .type = Type::boolean, .about = "only with unread messages"},
              cursor_field(),
              limit_field()},
         .returns = "ConversationList",
         .errors = {Errc::not_found},
         .handler = [&inbox](const Request& request) { return list(inbox, request); },
         .aliases = {"/conversations"}});
    router.add({.method = Method::get,
                .path = "/api/v1/conversations/{id}",
                .about = "One conversation.",
                .tag = "conversations",
                .scope = "messages:read",
                .fields = {id_field("the conversation")},
                .returns = "Conversation",
                .errors = {Errc::not_found},
                .handler = [&inbox](const Request& request) -> Result<Response> {
                    const auto conversation =
                        TRY(inbox.conversation(request.caller.workspace, conversation_of(request)));
                    return http::json_response(200, to_json(conversation));
                },
                .aliases = {"/conversations/{id}"}});
    router.add({.method = Method::get,
                .path = "/api/v1/conversations/{id}/messages",
                .about = "Its messages, newest first.",
                .tag = "conversations",
                .scope = "messages:read",
                .fields = {id_field("the conversation"), cursor_field(), limit_field()},
                .returns = "MessageList",
                .errors = {Errc::not_found},
                .handler = [&inbox](const Request& request) { return thread(inbox, request); },
                .aliases = {"/conversations/{id}/messages"}});
}

void add_acting(http::Router& router, Inbox& inbox, const Outbox& outbox)
{
    router.add(
        {.method = Method::post,
         .path = "/api/v1/conversations/{id}/read",
         .about = "Marks its messages as read, up to now or up to one message.",
         .tag = "conversations",
         .access = Access::agent,
         .scope = "messages:write",
         .fields =
             {id_field("the conversation"),
              {.name = "up_to", .type = Type::integer, .about = "a message; later ones stay unread", .minimum = 1}},
         .returns = "Conversation",
         .errors = {Errc::not_found},
         .handler = [&inbox](const Request& request) { return mark_read(inbox, request); }});
    router.add(
        {.method = Method::patch,
         .path = "/api/v1/conversations/{id}",
         .about = "Archives a conversation or opens it again.",
         .tag = "conversations",
         .access = Access::agent,
         .scope = "messages:write",
         .fields = {id_field("the conversation"),
                    {.name = "state", .about = "the new state", .required = true, .values = {"open", "archived"}}},
         .returns = "Conversation",
         .errors = {Errc::not_found},
         .handler = [&inbox](const Request& request) { return change(inbox, request); }});
    router.add({.method = Method::get,
                .path = "/api/v1/conversations/{id}/policy",
                .about = "May I answer now, why not, and until when.",
                .tag = "conversations",
                .scope = "messages:read",
                .fields = {id_field("the conversation")},
                .returns = "Policy",
                .errors = {Errc::not_found},
                .handler = [&outbox](const Request& request) { return policy(outbox, request); }});
}

}  // namespace

void add_conversation_routes(http::Router& router, Inbox& inbox, const Outbox& outbox)
{
    add_schemas(router);
    add_reading(router, inbox);
    add_acting(router, inbox, outbox);
}

}  // namespace ss::daemon

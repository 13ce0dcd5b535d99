// /api/v1/posts: the calendar: plan, move, cancel, see what was published.
#include "../routes.hpp"
#include "fields.hpp"

#include <ss/posts.hpp>

namespace ss::daemon {
namespace {

using http::Access, http::Field, http::In, http::Method, http::Request, http::Response, http::Type;
using nlohmann::json;
using posts::Planner, posts::Post;

json to_json(const Post& post)
{
    json failure = nullptr;
    if (post.failure) {
        failure = {{"code", post.failure->code},
                   {"sentence", post.failure->sentence},
                   {"sentence_pt", post.failure->sentence_pt}};
    }
    return {{"id", post.id.value},
            {"account", post.account.value},
            {"media", post.media.value},
            {"caption", post.caption},
            {"alt_text", post.alt_text},
            {"state", posts::to_string(post.state)},
            {"at", to_rfc3339(post.at)},
            {"time_zone", post.time_zone},
            {"external_id", post.external_id},
            {"permalink", post.permalink},
            {"published_at", or_null(post.published_at)},
            {"failure", std::move(failure)},
            {"author", post.author.value},
            {"created_at", to_rfc3339(post.created_at)},
            {"updated_at", to_rfc3339(post.updated_at)}};
}

bool says_when(const json& body)
{
    return body.contains("at") || body.contains("local_time");
}

posts::When when_of(const Request& request)
{
    return {optional_time(body_text(request, "at")), body_text(request, "local_time"), body_text(request, "time_zone")};
}

Result<Response> create(Planner& planner, const Request& request)
{
    const auto& body = request.json();
    posts::Draft draft;
    draft.account = AccountId{body.at("account").get<std::int64_t>()};
    draft.media = MediaId{body.at("media").get<std::int64_t>()};
    draft.caption = body_text(request, "caption");
    draft.alt_text = body_text(request, "alt_text");
    draft.when = when_of(request);
    const auto post = TRY(planner.create(request.caller.workspace, request.caller.user, draft));
    return http::json_response(201, to_json(post));
}

Result<Response> edit(Planner& planner, const Request& request)
{
    const auto& body = request.json();
    posts::Change change;
    if (body.contains("media")) {
        change.media = MediaId{body.at("media").get<std::int64_t>()};
    }
    if (body.contains("caption")) {
        change.caption = body_text(request, "caption");
    }
    if (body.contains("alt_text")) {
        change.alt_text = body_text(request, "alt_text");
    }
    if (says_when(body)) {
        change.when = when_of(request);
    }
    const auto post = TRY(planner.edit(request.caller.workspace, PostId{request.number("id")}, change));
    return http::json_response(200, to_json(post));
}

Result<Response> list(const Planner& planner, const Request& request)
{
    posts::Filter filter;
    filter.from = optional_time(request.text("from"));
    filter.to = optional_time(request.text("to"));
    filter.account = optional_id<AccountId>(request, "account");
    filter.state = posts::parse_post_state(request.text("state"));
    filter.cursor = request.text("cursor");
    filter.limit = static_cast<int>(request.number("limit", 50));
    const auto page = TRY(planner.list(request.caller.workspace, filter));
    return page_response(page, to_json);
}

http::Schema post_schema()
{
    return {.name = "Post",
            .about = "A planned or published post.",
            .fields = {{.name = "id", .type = Type::integer},
                       {.name = "account", .type = Type::integer},
                       {.name = "media", .type = Type::integer},
                       {.name = "caption"},
                       {.name = "alt_text"},
                       {.name = "state",
                        .values = {"draft", "scheduled", "publishing", "published", "failed", "cancelled", "unknown"}},
                       {.name = "at", .type = Type::timestamp, .about = "when it is due; of a draft: when it was made"},
                       {.name = "time_zone"},
                       {.name = "external_id", .about = "the channel's id, once published"},
                       {.name = "permalink"},
                       {.name = "published_at", .type = Type::timestamp, .nullable = true},
                       {.name = "failure", .type = Type::object, .schema = "Failure", .nullable = true},
                       {.name = "author", .type = Type::integer},
                       {.name = "created_at", .type = Type::timestamp},
                       {.name = "updated_at", .type = Type::timestamp}}};
}

/// What a post is made of and changed by; `required` only when it is made.
std::vector<Field> post_fields(bool required)
{
    return {
        {.name = "media", .type = Type::integer, .about = "an uploaded picture", .required = required, .minimum = 1},
        {.name = "caption", .about = "at most 2,200 characters, 30 #, 20 @ for Instagram", .maximum = 10'000},
        {.name = "alt_text", .about = "what the picture shows, for people who cannot see it", .maximum = 1'000},
        {.name = "at",
         .type = Type::timestamp,
         .about = "when to publish; without it and local_time: a draft",
         .nullable = true},
        {.name = "local_time", .about = "or as 2026-11-23T19:00 in time_zone", .maximum = 19},
        {.name = "time_zone", .about = "IANA name, as America/Sao_Paulo", .maximum = 64}};
}

std::vector<Field> with(Field first, std::vector<Field> rest)
{
    rest.insert(rest.begin(), first);
    return rest;
}

void add_planning(http::Router& router, Planner& planner)
{
    router.add(
        {.method = Method::post,
         .path = "/api/v1/posts",
         .about = "Plans a post for a time, or keeps it as a draft.",
         .tag = "posts",
         .access = Access::agent,
         .scope = "posts:write",
         .fields = with(
             {.name = "account", .type = Type::integer, .about = "where to publish", .required = true, .minimum = 1},
             post_fields(true)),
         .returns = "Post",
         .success = 201,
         .errors = {Errc::not_found, Errc::account_disconnected},
         .handler = [&planner](const Request& request) { return create(planner, request); },
         .per_minute = 3'000,
         .aliases = {"/api/v1/posts/schedule", "/posts/schedule"}});
    router.add(
        {.method = Method::get,
         .path = "/api/v1/posts",
         .about = "The calendar: posts of a range, earliest first.",
         .tag = "posts",
         .scope = "posts:read",
         .fields =
             {{.name = "from", .in = In::query, .type = Type::timestamp, .about = "included"},
              {.name = "to", .in = In::query, .type = Type::timestamp, .about = "excluded"},
              {.name = "account", .in = In::query, .type = Type::integer, .about = "only this account's", .minimum = 1},
              {.name = "state",
               .in = In::query,
               .about = "only in this state",
               .values = {"draft", "scheduled", "publishing", "published", "failed", "cancelled", "unknown"}},
              cursor_field(),
              limit_field()},
         .returns = "PostList",
         .errors = {Errc::not_found},
         .handler = [&planner](const Request& request) { return list(planner, request); }});
    router.add({.method = Method::get,
                .path = "/api/v1/posts/{id}",
                .about = "One post.",
                .tag = "posts",
                .scope = "posts:read",
                .fields = {id_field("the post")},
                .returns = "Post",
                .errors = {Errc::not_found},
                .handler = [&planner](const Request& request) -> Result<Response> {
                    const auto post = TRY(planner.get(request.caller.workspace, PostId{request.number("id")}));
                    return http::json_response(200, to_json(post));
                }});
}

void add_changing(http::Router& router, Planner& planner)
{
    router.add({.method = Method::patch,
                .path = "/api/v1/posts/{id}",
                .about = "Changes what is given; moving the time re-plans it. Not possible once publishing has begun.",
                .tag = "posts",
                .access = Access::agent,
                .scope = "posts:write",
                .fields = with(id_field("the post"), post_fields(false)),
                .returns = "Post",
                .errors = {Errc::not_found, Errc::conflict},
                .handler = [&planner](const Request& request) { return edit(planner, request); }});
    router.add({.method = Method::post,
                .path = "/api/v1/posts/{id}/cancel",
                .about = "Cancels a planned post. Not possible once publishing has begun.",
                .tag = "posts",
                .access = Access::agent,
                .scope = "posts:write",
                .fields = {id_field("the post")},
                .returns = "Post",
                .errors = {Errc::not_found, Errc::conflict},
                .handler = [&planner](const Request& request) -> Result<Response> {
                    const auto post = TRY(planner.cancel(request.caller.workspace, PostId{request.number("id")}));
                    return http::json_response(200, to_json(post));
                }});
}

}  // namespace

void add_post_routes(http::Router& router, Planner& planner)
{
    router.add(post_schema());
    router.add(list_schema("PostList", "Post"));
    add_planning(router, planner);
    add_changing(router, planner);
}

}  // namespace ss::daemon

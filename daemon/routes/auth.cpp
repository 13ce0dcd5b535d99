// /api/v1/auth: register, log in, refresh, log out, one's own password and sessions.
#include "../guard.hpp"
#include "../routes.hpp"
#include "fields.hpp"
#include "user_json.hpp"

#include <ss/auth.hpp>

namespace ss::daemon {
namespace {

using auth::Auth;
using http::Access, http::Field, http::In, http::Method, http::Request, http::Response, http::Type;
using nlohmann::json;

auth::Client client_of(const Request& request)
{
    return {request.remote, std::string{request.header("user-agent").substr(0, 300)}};
}

json to_json(const auth::Tokens& tokens, Timestamp now)
{
    return {{"access_token", tokens.access},
            {"token_type", "Bearer"},
            {"expires_in", std::chrono::duration_cast<std::chrono::seconds>(tokens.access_expires_at - now).count()},
            {"refresh_token", tokens.refresh},
            {"refresh_expires_at", to_rfc3339(tokens.refresh_expires_at)},
            {"session", tokens.session}};
}

/// Answers of a limited call carry the limit's headers, also when it failed.
Response signed_in(const auth::Limited<auth::SignedIn>& outcome, int status, const Request& request, const Clock& clock)
{
    Response answer;
    if (outcome.result) {
        auto body = to_json(outcome.result->tokens, clock.now());
        body["user"] = user_json(outcome.result->user);
        body["workspace"] = {{"id", outcome.result->user.workspace.value}, {"name", outcome.result->workspace_name}};
        answer = http::json_response(status, body);
    } else {
        answer = http::problem(outcome.result.error(), request.id);
    }
    for (auto& header : limit_headers(outcome.limit)) {
        answer.headers.push_back(std::move(header));
    }
    return answer;
}

/// Without a name, a person is called as the first part of the e-mail address; a shop likewise.
std::string or_local_part(std::string given, std::string_view email)
{
    return given.empty() ? std::string{email.substr(0, email.find('@'))} : given;
}

Result<Response> register_workspace(Auth& auth, const Clock& clock, const Request& request)
{
    const auto email = body_text(request, "email");
    const auth::Registration registration{or_local_part(body_text(request, "workspace"), email), email,
                                          or_local_part(body_text(request, "name"), email),
                                          Secret{body_text(request, "password")}};
    return signed_in(auth.register_workspace(registration, client_of(request)), 201, request, clock);
}

Result<Response> log_in(Auth& auth, const Clock& clock, const Request& request)
{
    return signed_in(auth.log_in(body_text(request, "email"), body_text(request, "password"), client_of(request)), 200,
                     request, clock);
}

Result<Response> refresh(Auth& auth, const Clock& clock, const Request& request)
{
    const auto tokens = TRY(auth.refresh(body_text(request, "refresh_token"), client_of(request)));
    return http::json_response(200, to_json(tokens, clock.now()));
}

Result<Response> me(Auth& auth, const Request& request)
{
    const auto caller = auth_caller(request);
    auto body = user_json(TRY(auth.me(caller)));
    body["workspace_name"] = TRY(auth.workspace_name(caller));
    return http::json_response(200, body);
}

Result<Response> sessions(Auth& auth, const Request& request)
{
    auto items = json::array();
    for (const auto& session : TRY(auth.sessions(auth_caller(request)))) {
        items.push_back({{"id", session.id},
                         {"address", session.address},
                         {"user_agent", session.user_agent},
                         {"created_at", to_rfc3339(session.created_at)},
                         {"last_used_at", to_rfc3339(session.last_used_at)},
                         {"expires_at", to_rfc3339(session.expires_at)},
                         {"is_current", session.is_current}});
    }
    return http::json_response(200, {{"items", std::move(items)}});
}

const Field kEmail{.name = "email", .about = "e-mail address", .required = true, .minimum = 3, .maximum = 254};
const Field kPassword{.name = "password", .about = "the password", .required = true, .minimum = 1, .maximum = 1024};

std::vector<Field> token_fields()
{
    return {{.name = "access_token", .about = "for `Authorization: Bearer`"},
            {.name = "token_type", .about = "Bearer"},
            {.name = "expires_in", .type = Type::integer, .about = "seconds"},
            {.name = "refresh_token", .about = "good for one use"},
            {.name = "refresh_expires_at", .type = Type::timestamp},
            {.name = "session", .about = "its id; not a secret"}};
}

void add_schemas(http::Router& router)
{
    auto signed_in_fields = token_fields();
    signed_in_fields.push_back({.name = "user", .type = Type::object, .schema = "User"});
    signed_in_fields.push_back({.name = "workspace", .type = Type::object, .schema = "Workspace"});
    router.add(http::Schema{
        .name = "Workspace", .about = "A shop.", .fields = {{.name = "id", .type = Type::integer}, {.name = "name"}}});
    router.add(http::Schema{.name = "Tokens", .about = "What a session is used with.", .fields = token_fields()});
    router.add(http::Schema{
        .name = "SignedIn", .about = "Tokens, and whose they are.", .fields = std::move(signed_in_fields)});
    router.add(http::Schema{.name = "Session",
                            .about = "A log-in that has not ended.",
                            .fields = {{.name = "id"},
                                       {.name = "address"},
                                       {.name = "user_agent"},
                                       {.name = "created_at", .type = Type::timestamp},
                                       {.name = "last_used_at", .type = Type::timestamp},
                                       {.name = "expires_at", .type = Type::timestamp},
                                       {.name = "is_current", .type = Type::boolean}}});
    router.add(http::Schema{.name = "SessionList",
                            .about = "One's sessions.",
                            .fields = {{.name = "items", .type = Type::array, .schema = "Session"}}});
    router.add(http::Schema{.name = "Ended",
                            .about = "How many sessions were ended.",
                            .fields = {{.name = "ended", .type = Type::integer}}});
}

void add_open_routes(http::Router& router, Auth& auth, const Clock& clock)
{
    router.add(
        {.method = Method::post,
         .path = "/api/v1/auth/register",
         .about = "Makes a workspace and its owner, and logs in. Three a minute.",
         .tag = "auth",
         .access = Access::open,
         .fields = {kEmail,
                    kPassword,
                    {.name = "name", .about = "the person's name; default: the e-mail's first part", .maximum = 100},
                    {.name = "workspace",
                     .about = "the shop's name; default: the e-mail's first part",
                     .maximum = 100}},
         .returns = "SignedIn",
         .success = 201,
         .errors = {Errc::email_taken, Errc::weak_password, Errc::forbidden, Errc::limited},
         .handler = [&](const Request& request) { return register_workspace(auth, clock, request); },
         .aliases = {"/auth/register"}});
    router.add({.method = Method::post,
                .path = "/api/v1/auth/login",
                .about = "Logs in. Five a minute.",
                .tag = "auth",
                .access = Access::open,
                .fields = {kEmail, kPassword},
                .returns = "SignedIn",
                .errors = {Errc::bad_credentials, Errc::forbidden, Errc::limited},
                .handler = [&](const Request& request) { return log_in(auth, clock, request); },
                .aliases = {"/auth/login"}});
    router.add(
        {.method = Method::post,
         .path = "/api/v1/auth/refresh",
         .about = "New tokens for a refresh token; using an old one again ends the session.",
         .tag = "auth",
         .access = Access::open,
         .fields =
             {{.name = "refresh_token", .about = "the latest one", .required = true, .minimum = 1, .maximum = 4096}},
         .returns = "Tokens",
         .errors = {Errc::unauthenticated, Errc::limited},
         .handler = [&](const Request& request) { return refresh(auth, clock, request); },
         .per_minute = 600,
         .aliases = {"/auth/refresh"}});
}

void add_own_routes(http::Router& router, Auth& auth)
{
    router.add({.method = Method::get,
                .path = "/api/v1/auth/me",
                .about = "Who I am.",
                .tag = "auth",
                .returns = "User",
                .handler = [&auth](const Request& request) { return me(auth, request); },
                .aliases = {"/auth/me"}});
    router.add({.method = Method::post,
                .path = "/api/v1/auth/logout",
                .about = "Ends this session; its tokens are refused at once, on every daemon.",
                .tag = "auth",
                .success = 204,
                .handler = [&auth](const Request& request) -> Result<Response> {
                    TRY(auth.log_out(auth_caller(request)));
                    return Response{.status = 204};
                },
                .aliases = {"/auth/logout"}});
    router.add({.method = Method::post,
                .path = "/api/v1/auth/logout-everywhere",
                .about = "Ends all sessions of this user.",
                .tag = "auth",
                .returns = "Ended",
                .handler = [&auth](const Request& request) -> Result<Response> {
                    const auto ended = TRY(auth.log_out_everywhere(auth_caller(request)));
                    return http::json_response(200, {{"ended", ended}});
                },
                .aliases = {"/auth/logout-everywhere"}});
    router.add(
        {.method = Method::put,
         .path = "/api/v1/auth/password",
         .about = "Changes one's password and ends all other sessions.",
         .tag = "auth",
         .fields =
             {{.name = "current", .about = "the password until now", .required = true, .minimum = 1, .maximum = 1024},
              {.name = "new", .about = "the new one", .required = true, .minimum = 1, .maximum = 1024}},
         .success = 204,
         .errors = {Errc::bad_credentials, Errc::weak_password, Errc::limited},
         .handler = [&auth](const Request& request) -> Result<Response> {
             TRY(auth.change_password(auth_caller(request), body_text(request, "current"), body_text(request, "new")));
             return Response{.status = 204};
         }});
}

void add_session_routes(http::Router& router, Auth& auth)
{
    router.add({.method = Method::get,
                .path = "/api/v1/auth/sessions",
                .about = "One's sessions.",
                .tag = "auth",
                .returns = "SessionList",
                .handler = [&auth](const Request& request) { return sessions(auth, request); }});
    router.add({.method = Method::del,
                .path = "/api/v1/auth/sessions/{session}",
                .about = "Ends one of one's sessions.",
                .tag = "auth",
                .fields = {{.name = "session", .in = In::path, .about = "its id", .required = true, .maximum = 100}},
                .success = 204,
                .errors = {Errc::not_found},
                .handler = [&auth](const Request& request) -> Result<Response> {
                    TRY(auth.end_session(auth_caller(request), request.text("session")));
                    return Response{.status = 204};
                }});
}

}  // namespace

void add_auth_routes(http::Router& router, Auth& auth, const Clock& clock)
{
    add_schemas(router);
    add_open_routes(router, auth, clock);
    add_own_routes(router, auth);
    add_session_routes(router, auth);
}

}  // namespace ss::daemon

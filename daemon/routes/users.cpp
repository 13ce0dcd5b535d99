// /api/v1/users, /api/v1/api-keys, /api/v1/audit: who works in the workspace, which programs, and what they did.
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

const std::vector<std::string_view> kRoles{"viewer", "agent", "admin", "owner"};

UserId user_of(const Request& request)
{
    return UserId{request.number("id")};
}

Result<Response> list_users(Auth& auth, const Request& request)
{
    const auto page =
        TRY(auth.users(auth_caller(request), request.text("cursor"), static_cast<int>(request.number("limit", 50))));
    return page_response(page, user_json);
}

Result<Response> add_user(Auth& auth, const Request& request)
{
    const auto email = body_text(request, "email");
    const auto name = body_text(request, "name");
    const auto user =
        TRY(auth.add_user(auth_caller(request), {email, name.empty() ? email.substr(0, email.find('@')) : name,
                                                 auth::to_role(body_text(request, "role")).value_or(auth::Role::agent),
                                                 Secret{body_text(request, "password")}}));
    return http::json_response(201, user_json(user));
}

Result<Response> change_user(Auth& auth, const Request& request)
{
    const auto caller = auth_caller(request);
    const auto id = user_of(request);
    const auto& body = request.json();
    if (body.size() != 1) {  // so that a refusal leaves nothing half done
        return fail(Errc::invalid, "change one thing at a time: role, is_locked or password");
    }
    if (const auto role = auth::to_role(body_text(request, "role"))) {
        TRY(auth.change_role(caller, id, *role));
    }
    if (body.contains("is_locked")) {
        TRY(body.at("is_locked").get<bool>() ? auth.lock(caller, id) : auth.unlock(caller, id));
    }
    if (body.contains("password")) {
        TRY(auth.set_password(caller, id, body_text(request, "password")));
    }
    const auto user = TRY(auth.user(caller, id));
    return http::json_response(200, user_json(user));
}

json to_json(const auth::ApiKey& key)
{
    return {{"id", key.id.value},
            {"name", key.name},
            {"role", auth::to_string(key.role)},
            {"scopes", key.scopes},
            {"prefix", key.prefix},
            {"created_by", key.created_by.value},
            {"created_at", to_rfc3339(key.created_at)},
            {"expires_at", or_null(key.expires_at)},
            {"last_used_at", or_null(key.last_used_at)},
            {"revoked_at", or_null(key.revoked_at)}};
}

Result<Response> create_key(Auth& auth, const Request& request)
{
    auth::NewApiKey fresh;
    fresh.name = body_text(request, "name");
    fresh.role = auth::to_role(body_text(request, "role")).value_or(auth::Role::agent);
    for (const auto& scope : request.json().at("scopes")) {
        if (!scope.is_string()) {
            return fail(Errc::invalid, "a scope is a text as messages:read", {}, "/scopes");
        }
        fresh.scopes.push_back(scope.get<std::string>());
    }
    fresh.expires_at = optional_time(body_text(request, "expires_at"));
    const auto created = TRY(auth.create_key(auth_caller(request), fresh));
    auto body = to_json(created.key);
    body["key"] = created.token.reveal();
    return http::json_response(201, body);
}

Result<Response> list_keys(Auth& auth, const Request& request)
{
    auto items = json::array();
    for (const auto& key : TRY(auth.keys(auth_caller(request)))) {
        items.push_back(to_json(key));
    }
    return http::json_response(200, {{"items", std::move(items)}});
}

Result<Response> audit(Auth& auth, const Request& request)
{
    const auto page =
        TRY(auth.audit(auth_caller(request), request.text("cursor"), static_cast<int>(request.number("limit", 50))));
    return page_response(page, [](const auth::AuditEntry& entry) {
        auto detail = json::parse(entry.detail, nullptr, false);
        return json{{"sequence", entry.sequence},
                    {"at", to_rfc3339(entry.at)},
                    {"actor", entry.actor},
                    {"action", entry.action},
                    {"target", entry.target},
                    {"address", entry.address},
                    {"detail", detail.is_object() ? std::move(detail) : json::object()}};
    });
}

std::vector<Field> key_fields()
{
    return {{.name = "id", .type = Type::integer},
            {.name = "name"},
            {.name = "role", .values = kRoles},
            {.name = "scopes", .type = Type::array},
            {.name = "prefix", .about = "the key's first characters"},
            {.name = "created_by", .type = Type::integer},
            {.name = "created_at", .type = Type::timestamp},
            {.name = "expires_at", .type = Type::timestamp, .nullable = true},
            {.name = "last_used_at", .type = Type::timestamp, .nullable = true},
            {.name = "revoked_at", .type = Type::timestamp, .nullable = true}};
}

void add_schemas(http::Router& router)
{
    router.add(http::Schema{.name = "User",
                            .about = "A person of the workspace.",
                            .fields = {{.name = "id", .type = Type::integer},
                                       {.name = "email"},
                                       {.name = "name"},
                                       {.name = "role", .values = kRoles},
                                       {.name = "is_locked", .type = Type::boolean},
                                       {.name = "created_at", .type = Type::timestamp},
                                       {.name = "last_login_at", .type = Type::timestamp, .nullable = true},
                                       {.name = "workspace", .type = Type::integer},
                                       {.name = "workspace_name", .about = "only of oneself"}}});
    router.add(list_schema("UserList", "User"));
    router.add(http::Schema{.name = "ApiKey", .about = "What a program calls with.", .fields = key_fields()});
    auto created = key_fields();
    created.push_back({.name = "key", .about = "shown this once"});
    router.add(http::Schema{
        .name = "CreatedApiKey", .about = "A new key; only its hash is stored.", .fields = std::move(created)});
    router.add(http::Schema{.name = "ApiKeyList",
                            .about = "The workspace's keys.",
                            .fields = {{.name = "items", .type = Type::array, .schema = "ApiKey"}}});
    router.add(http::Schema{.name = "AuditEntry",
                            .about = "Who did what.",
                            .fields = {{.name = "sequence", .type = Type::integer},
                                       {.name = "at", .type = Type::timestamp},
                                       {.name = "actor"},
                                       {.name = "action"},
                                       {.name = "target"},
                                       {.name = "address"},
                                       {.name = "detail", .type = Type::object}}});
    router.add(list_schema("AuditList", "AuditEntry"));
}

void add_people_routes(http::Router& router, Auth& auth)
{
    const Field role{.name = "role", .about = "what the user may do", .values = kRoles};
    router.add({.method = Method::get,
                .path = "/api/v1/users",
                .about = "The workspace's users.",
                .tag = "users",
                .access = Access::admin,
                .fields = {cursor_field(), limit_field()},
                .returns = "UserList",
                .handler = [&auth](const Request& request) { return list_users(auth, request); }});
    router.add(
        {.method = Method::post,
         .path = "/api/v1/users",
         .about = "Adds a user.",
         .tag = "users",
         .access = Access::admin,
         .fields =
             {{.name = "email", .about = "e-mail address", .required = true, .minimum = 3, .maximum = 254},
              {.name = "name", .about = "the person's name; default: the e-mail's first part", .maximum = 100},
              role,
              {.name = "password", .about = "the first password", .required = true, .minimum = 1, .maximum = 1024}},
         .returns = "User",
         .success = 201,
         .errors = {Errc::email_taken, Errc::weak_password},
         .handler = [&auth](const Request& request) { return add_user(auth, request); },
         .holds_secret = true});
    router.add({.method = Method::get,
                .path = "/api/v1/users/{id}",
                .about = "One user.",
                .tag = "users",
                .access = Access::admin,
                .fields = {id_field("the user")},
                .returns = "User",
                .errors = {Errc::not_found},
                .handler = [&auth](const Request& request) -> Result<Response> {
                    const auto user = TRY(auth.user(auth_caller(request), user_of(request)));
                    return http::json_response(200, user_json(user));
                }});
    router.add(
        {.method = Method::patch,
         .path = "/api/v1/users/{id}",
         .about = "Changes a user's role, locks or unlocks, or sets a password (which ends the user's sessions).",
         .tag = "users",
         .access = Access::admin,
         .fields = {id_field("the user"),
                    role,
                    {.name = "is_locked", .type = Type::boolean, .about = "a locked user cannot log in"},
                    {.name = "password", .about = "a new password", .minimum = 1, .maximum = 1024}},
         .returns = "User",
         .errors = {Errc::not_found, Errc::conflict, Errc::weak_password},
         .handler = [&auth](const Request& request) { return change_user(auth, request); }});
}

void add_key_routes(http::Router& router, Auth& auth)
{
    router.add({.method = Method::get,
                .path = "/api/v1/api-keys",
                .about = "The workspace's API keys.",
                .tag = "api-keys",
                .access = Access::admin,
                .returns = "ApiKeyList",
                .handler = [&auth](const Request& request) { return list_keys(auth, request); }});
    router.add(
        {.method = Method::post,
         .path = "/api/v1/api-keys",
         .about = "Makes an API key; it is shown this once.",
         .tag = "api-keys",
         .access = Access::admin,
         .fields = {{.name = "name", .about = "what it is for", .required = true, .minimum = 1, .maximum = 100},
                    {.name = "role", .about = "at most one's own; default agent", .values = kRoles},
                    {.name = "scopes",
                     .type = Type::array,
                     .about = "as messages:read, posts:write",
                     .required = true,
                     .minimum = 1,
                     .maximum = 32},
                    {.name = "expires_at", .type = Type::timestamp, .about = "never when absent", .nullable = true}},
         .returns = "CreatedApiKey",
         .success = 201,
         .handler = [&auth](const Request& request) { return create_key(auth, request); },
         .holds_secret = true});
    router.add({.method = Method::del,
                .path = "/api/v1/api-keys/{id}",
                .about = "Revokes an API key.",
                .tag = "api-keys",
                .access = Access::admin,
                .fields = {id_field("the key")},
                .success = 204,
                .errors = {Errc::not_found},
                .handler = [&auth](const Request& request) -> Result<Response> {
                    TRY(auth.revoke_key(auth_caller(request), ApiKeyId{request.number("id")}));
                    return Response{.status = 204};
                }});
    router.add({.method = Method::get,
                .path = "/api/v1/audit",
                .about = "What users, keys and the operator did, newest first.",
                .tag = "audit",
                .access = Access::admin,
                .fields = {cursor_field(), limit_field()},
                .returns = "AuditList",
                .handler = [&auth](const Request& request) { return audit(auth, request); }});
}

}  // namespace

json user_json(const auth::User& user)
{
    return {{"id", user.id.value},
            {"email", user.email},
            {"name", user.name},
            {"role", auth::to_string(user.role)},
            {"is_locked", user.is_locked},
            {"created_at", to_rfc3339(user.created_at)},
            {"last_login_at", or_null(user.last_login_at)},
            {"workspace", user.workspace.value}};
}

void add_user_routes(http::Router& router, Auth& auth)
{
    add_schemas(router);
    add_people_routes(router, auth);
    add_key_routes(router, auth);
}

}  // namespace ss::daemon

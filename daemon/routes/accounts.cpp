// /api/v1/accounts and the OAuth flow: connect an Instagram account, see it, disconnect it.
#include "../routes.hpp"

#include <ss/channel.hpp>
#include <ss/connect.hpp>
#include <ss/http.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>

namespace ss::daemon {
namespace {

using http::Access, http::Field, http::In, http::Method, http::Request, http::Response, http::Type;
using nlohmann::json;

constexpr std::string_view kCookie = "ss_connect";

json to_json(const channel::Account& account)
{
    return {{"id", account.id.value},
            {"channel", account.channel},
            {"external_id", account.external_id},
            {"username", account.username},
            {"name", account.name},
            {"picture_url", account.picture_url},
            {"followers", account.followers ? json(*account.followers) : json(nullptr)},
            {"state", channel::to_string(account.state)},
            {"state_sentence", channel::sentence(account.state)},
            {"token_expires_at", to_rfc3339(account.token_expires_at)},
            {"last_event_at", account.last_event_at ? json(to_rfc3339(*account.last_event_at)) : json(nullptr)},
            {"created_at", to_rfc3339(account.created_at)}};
}

/// Host-only and unreadable for scripts; Lax, because the channel sends the browser back with a top-level GET.
http::Header cookie(const Request& request, std::string_view value, int seconds)
{
    return {"Set-Cookie", fmt::format("{}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{}", kCookie, value, seconds,
                                      request.secure ? "; Secure" : "")};
}

std::string cookie_value(const Request& request)
{
    std::string_view rest = request.header("cookie");
    const auto wanted = std::string{kCookie} + "=";
    while (!rest.empty()) {
        const auto end = rest.find(';');
        auto pair = rest.substr(0, end);
        pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
        if (pair.starts_with(wanted)) {
            return std::string{pair.substr(wanted.size())};
        }
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return {};
}

Result<Response> begin(channel::Connector& connector, const Request& request, int status)
{
    const auto begun = connector.begin(request.caller.workspace, request.caller.user);
    auto answer = http::json_response(status, {{"authorize_url", begun.url}});
    answer.headers.push_back(cookie(request, begun.binding, 600));
    if (status == 302) {
        answer.headers.push_back({"Location", begun.url});
    }
    return answer;
}

/// The browser comes back here without a token of ours: the state in the address and the cookie say whose flow it is.
Result<Response> finish(channel::Connector& connector, const Request& request)
{
    const auto connected = TRY(connector.finish({std::string{request.text("state")}, std::string{request.text("code")},
                                                 std::string{request.text("error")}, cookie_value(request)}));
    auto answer = http::json_response(
        200,
        {{"account", connected.account.value}, {"username", connected.username}, {"receiving", connected.receiving}});
    answer.headers.push_back(cookie(request, "", 0));
    return answer;
}

Result<Response> list(const channel::Accounts& accounts, const Request& request)
{
    auto items = json::array();
    for (const auto& account : TRY(accounts.list(request.caller.workspace))) {
        items.push_back(to_json(account));
    }
    return http::json_response(200, {{"items", std::move(items)}});
}

AccountId account_of(const Request& request)
{
    return AccountId{request.number("id")};
}

http::Schema account_schema()
{
    return {.name = "Account",
            .about = "A connected account of a channel.",
            .fields = {
                {.name = "id", .type = Type::integer},
                {.name = "channel", .about = "`instagram`"},
                {.name = "external_id", .about = "the channel's id"},
                {.name = "username"},
                {.name = "name"},
                {.name = "picture_url"},
                {.name = "followers", .type = Type::integer, .about = "null: not measured", .nullable = true},
                {.name = "state",
                 .about = "connected, not_receiving, expiring, expired, revoked, checkpoint, restricted, disconnected"},
                {.name = "state_sentence", .about = "what the state means and what to do"},
                {.name = "token_expires_at", .type = Type::timestamp},
                {.name = "last_event_at", .type = Type::timestamp, .nullable = true},
                {.name = "created_at", .type = Type::timestamp}}};
}

const Field kId{
    .name = "id", .in = In::path, .type = Type::integer, .about = "the account", .required = true, .minimum = 1};

}  // namespace

void add_connect_routes(http::Router& router, channel::Connector& connector)
{
    router.add(http::Schema{
        .name = "ConnectStart", .about = "Where to send the browser.", .fields = {{.name = "authorize_url"}}});
    router.add(http::Schema{.name = "Connected",
                            .about = "An account was connected.",
                            .fields = {{.name = "account", .type = Type::integer},
                                       {.name = "username"},
                                       {.name = "receiving",
                                        .type = Type::boolean,
                                        .about = "false: events do not arrive yet; the account says why"}}});
    router.add({.method = Method::post,
                .path = "/api/v1/accounts/connect",
                .about = "Starts connecting an Instagram account; the answer's cookie binds the flow to this browser.",
                .tag = "accounts",
                .access = Access::admin,
                .returns = "ConnectStart",
                .handler = [&connector](const Request& request) { return begin(connector, request, 200); },
                .holds_secret = true,
                .per_minute = 20});
    router.add({.method = Method::get,
                .path = "/api/v1/auth/instagram",
                .about = "The same as a redirect to Instagram.",
                .tag = "accounts",
                .access = Access::admin,
                .returns = "ConnectStart",
                .success = 302,
                .handler = [&connector](const Request& request) { return begin(connector, request, 302); },
                .per_minute = 20,
                .aliases = {"/auth/instagram"}});
    router.add(
        {.method = Method::get,
         .path = "/api/v1/auth/instagram/callback",
         .about = "Where Instagram sends the browser back to.",
         .tag = "accounts",
         .access = Access::open,
         .fields =
             {{.name = "state", .in = In::query, .about = "as given at the start", .required = true, .maximum = 200},
              {.name = "code", .in = In::query, .about = "authorization code", .maximum = 2000},
              {.name = "error", .in = In::query, .about = "set when the person refused", .maximum = 200},
              {.name = "error_reason", .in = In::query, .about = "the channel's reason", .maximum = 500},
              {.name = "error_description", .in = In::query, .about = "the channel's words", .maximum = 2000}},
         .returns = "Connected",
         .errors = {Errc::invalid, Errc::forbidden, Errc::conflict, Errc::limited, Errc::channel_rejected,
                    Errc::unavailable},
         .handler = [&connector](const Request& request) { return finish(connector, request); },
         .per_minute = 60,
         .aliases = {"/auth/instagram/callback"}});
}

void add_account_routes(http::Router& router, channel::Accounts& accounts, channel::Connector& connector)
{
    router.add(account_schema());
    router.add(http::Schema{.name = "AccountList",
                            .about = "The workspace's accounts.",
                            .fields = {{.name = "items", .type = Type::array, .schema = "Account"}}});
    router.add({.method = Method::get,
                .path = "/api/v1/accounts",
                .about = "The connected accounts and how they are.",
                .tag = "accounts",
                .access = Access::viewer,
                .scope = "accounts:read",
                .returns = "AccountList",
                .handler = [&accounts](const Request& request) { return list(accounts, request); }});
    router.add({.method = Method::get,
                .path = "/api/v1/accounts/{id}",
                .about = "One connected account.",
                .tag = "accounts",
                .access = Access::viewer,
                .scope = "accounts:read",
                .fields = {kId},
                .returns = "Account",
                .errors = {Errc::not_found},
                .handler = [&accounts](const Request& request) -> Result<Response> {
                    const auto account = TRY(accounts.get(request.caller.workspace, account_of(request)));
                    return http::json_response(200, to_json(account));
                }});
    router.add({.method = Method::del,
                .path = "/api/v1/accounts/{id}",
                .about = "Disconnects an account and deletes its token; its conversations stay.",
                .tag = "accounts",
                .access = Access::admin,
                .fields = {kId},
                .success = 204,
                .errors = {Errc::not_found},
                .handler = [&connector](const Request& request) -> Result<Response> {
                    TRY(connector.disconnect(request.caller.workspace, account_of(request)));
                    return Response{.status = 204};
                }});
}

}  // namespace ss::daemon

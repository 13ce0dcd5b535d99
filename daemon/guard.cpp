// Credentials to caller, access levels, scopes and limits of the route table.
#include "guard.hpp"

#include <ss/crypto.hpp>
#include <ss/log.hpp>
#include <ss/storage.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ss::daemon {
namespace {

using namespace std::chrono_literals;
using http::Access, http::Request, http::Route;

constexpr std::array kLevels{std::pair{auth::Role::viewer, Access::viewer}, std::pair{auth::Role::agent, Access::agent},
                             std::pair{auth::Role::admin, Access::admin}, std::pair{auth::Role::owner, Access::owner}};

Access level_of(auth::Role role)
{
    return std::ranges::find(kLevels, role, &std::pair<auth::Role, Access>::first)->second;
}

auth::Role role_of(Access level)
{
    const auto* found = std::ranges::find(kLevels, level, &std::pair<auth::Role, Access>::second);
    return found == kLevels.end() ? auth::Role::viewer : found->first;
}

std::string_view bearer(const Request& request)
{
    const auto header = request.header("authorization");
    constexpr std::string_view kScheme = "bearer ";
    if (header.size() <= kScheme.size() || to_lower_ascii(header.substr(0, kScheme.size())) != kScheme) {
        return {};
    }
    return trim(header.substr(kScheme.size()));
}

bool is_loopback(std::string_view address)
{
    return address.starts_with("127.") || address == "::1";
}

/// From this machine, and not through a proxy on it: behind nginx everybody comes from loopback.
bool is_local(const Request& request)
{
    constexpr std::array<std::string_view, 5> kForwarding{"forwarded", "x-forwarded-for", "x-real-ip",
                                                          "cf-connecting-ip", "via"};
    return is_loopback(request.remote) && std::ranges::none_of(request.headers, [&](const http::Header& header) {
               return std::ranges::find(kForwarding, header.name) != kForwarding.end();
           });
}

std::string_view method_name(http::Method method)
{
    constexpr std::array<std::string_view, 5> kNames{"GET", "POST", "PUT", "PATCH", "DELETE"};
    return kNames.at(static_cast<std::size_t>(method));
}

}  // namespace

Guard::Guard(auth::Auth& auth, storage::KeyValue& key_value, observe::Metrics& metrics, Secret operations_token)
    : auth_{auth}, key_value_{key_value}, metrics_{metrics}, operations_token_{std::move(operations_token)}
{
}

Result<http::Caller> Guard::admit(const Route& route, const Request& request)
{
    http::Caller caller;
    if (route.access == Access::operations) {
        TRY(admit_operations(request));
    } else if (route.access != Access::open) {
        caller = TRY(identify(route, request));
    }
    TRY(limit(route, request, caller));
    return caller;
}

Result<http::Caller> Guard::identify(const Route& route, const Request& request)
{
    const auto token = bearer(request);
    const auto key = request.header("x-api-key");
    if (token.empty() == key.empty()) {
        return fail(Errc::unauthenticated,
                    token.empty() ? "no access token was sent" : "an access token and an API key were sent",
                    "send `Authorization: Bearer …` with a token of POST /api/v1/auth/login, or `X-API-Key`");
    }
    const auto who = TRY(key.empty() ? auth_.authenticate(token) : auth_.authenticate_key(key));
    http::Caller caller{who.workspace, who.user, level_of(who.role), who.session, who.api_key};
    if (!key.empty() && (route.scope.empty() || !auth::has_scope(who, route.scope))) {
        return fail(Errc::forbidden,
                    route.scope.empty() ? "this cannot be done with an API key"
                                        : fmt::format("the API key lacks the scope {}", route.scope),
                    route.scope.empty() ? "log in as a user" : "make a key with this scope");
    }
    if (caller.level < route.access) {
        return fail(Errc::forbidden, fmt::format("this needs the role {}", auth::to_string(role_of(route.access))),
                    "ask an owner or admin of the workspace");
    }
    return caller;
}

Result<void> Guard::admit_operations(const Request& request) const
{
    const auto token = bearer(request);
    const bool knows_token = operations_token_.with([&](const Secret& expected) {
        return !expected.empty() &&
               crypto::equal_constant_time(crypto::sha256(token), crypto::sha256(expected.reveal()));
    });
    if (knows_token || is_local(request)) {
        return {};
    }
    return fail(Errc::unauthenticated, "this is for the operator",
                "ask from this machine without a proxy, or send metrics.token as a bearer token");
}

void Guard::set_operations_token(Secret token)
{
    operations_token_.with([&](Secret& current) { current = std::move(token); });
}

Result<void> Guard::limit(const Route& route, const Request& request, const http::Caller& caller)
{
    if (route.per_minute == 0) {
        return {};
    }
    const auto who = caller.api_key ? fmt::format("key:{}", caller.api_key.value)
                     : caller.user  ? fmt::format("user:{}", caller.user.value)
                                    : "address:" + request.remote;
    const auto allowance = key_value_.take(fmt::format("rate:{}:{}:{}", method_name(route.method), route.path, who),
                                           route.per_minute, 60s);
    if (allowance.allowed) {
        return {};
    }
    Error error{Errc::limited, "too many requests", fmt::format("at most {} a minute", route.per_minute), {}, {}};
    error.retry_after = std::max<std::chrono::seconds>(allowance.reset, 1s);
    return fail(std::move(error));
}

void Guard::done(const Request& request, int status, std::chrono::microseconds took)
{
    const auto route = request.route.empty() ? std::string_view{"none"} : std::string_view{request.route};
    const auto method = method_name(request.method);
    metrics_.counter("sss_http_requests_total", {method, route, std::to_string(status)}).add();
    metrics_.histogram("sss_http_request_seconds", {method, route})
        .observe(std::chrono::duration<double>(took).count());
    // What changes something is in the log; reads only when somebody looks for them.
    const auto level = status >= 500 && !request.route.empty() ? observe::Level::error
                       : request.method == http::Method::get   ? observe::Level::debug
                                                               : observe::Level::info;
    if (!observe::is_logged(level)) {
        return;
    }
    const observe::RequestScope scope{request.id};
    const std::array<observe::Field, 6> fields{
        observe::Field{"method", method}, {"route", route},           {"status", status},
        {"microseconds", took.count()},   {"remote", request.remote}, {"workspace", request.caller.workspace.value}};
    observe::log(level, "request", fields);
}

auth::Caller auth_caller(const Request& request)
{
    const auto& caller = request.caller;
    return {caller.workspace, caller.user, role_of(caller.level), caller.session, caller.api_key, {}, request.remote};
}

std::vector<http::Header> limit_headers(const auth::Limit& limit)
{
    return {{"RateLimit-Limit", std::to_string(limit.limit)},
            {"RateLimit-Remaining", std::to_string(limit.remaining)},
            {"RateLimit-Reset", std::to_string(limit.reset.count())}};
}

}  // namespace ss::daemon

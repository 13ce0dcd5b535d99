// Log-in: the authorize page, code → short token → long token → refreshed token.

#include "core.hpp"

#include <ss/crypto.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>

namespace ss::sandbox {
namespace {

constexpr std::chrono::seconds kCodeLife{3'600};
constexpr int kLongLife = 5'183'944;

Answer page(int status, std::string_view text)
{
    return {.status = status,
            .body = fmt::format("<!doctype html><title>Instagram</title><h1>{}</h1>", text),
            .content_type = "text/html; charset=utf-8"};
}

Answer redirect(const std::string& to, const std::string& query)
{
    return {.status = 302,
            .content_type = "text/html",
            .location = fmt::format("{}{}{}#_", to, to.contains('?') ? '&' : '?', query)};
}

// Not Graph's envelope: this endpoint has its own.
Answer code_error(std::string_view message)
{
    const json body{{"error_type", "OAuthException"}, {"code", 400}, {"error_message", message}};
    return {.status = 400, .body = body.dump()};
}

json permissions_of(const std::string& scopes, bool csv)
{
    if (csv) {
        return scopes;
    }
    json list = json::array();
    for (const auto scope : split(scopes, ',')) {
        list.push_back(scope);
    }
    return list;
}

}  // namespace

Answer show_authorize(Core& core, const Call& call, const std::string&)
{
    auto world = core.world.lock();
    const auto redirect_uri = call.text("redirect_uri");
    if (call.text("client_id") != world->options.app_id) {
        return page(400, "Invalid platform app");
    }
    if (redirect_uri.empty() || (!world->options.redirect_uri.empty() && redirect_uri != world->options.redirect_uri)) {
        return page(400, "Invalid redirect_uri");
    }
    if (call.text("response_type") != "code" || call.text("scope").empty()) {
        return page(400, "Invalid request: response_type or scope");
    }
    const auto state = call.text("state").empty() ? std::string{} : "&state=" + percent_encode(call.text("state"));
    if (world->oauth.deny) {
        return redirect(
            redirect_uri,
            "error=access_denied&error_reason=user_denied&error_description=The+user+denied+your+request" + state);
    }
    std::string scopes;
    const auto ticked = world->oauth.permissions.empty() ? call.text("scope") : world->oauth.permissions;
    for (const auto scope : split(ticked, ',')) {
        scopes += (scopes.empty() ? "" : ",") + std::string{trim(scope)};
    }
    const auto code = "AQ" + crypto::random_token(48);
    world->codes[code] = {redirect_uri, scopes, world->now() + kCodeLife};
    return redirect(redirect_uri, "code=" + code + state);
}

Answer exchange_code(Core& core, const Call& call, const std::string&)
{
    auto world = core.world.lock();
    if (call.text("client_id") != world->options.app_id) {
        return code_error("Invalid platform app");
    }
    if (!crypto::equal_constant_time(call.text("client_secret"), world->options.app_secret)) {
        return code_error("Error validating client secret");
    }
    if (call.text("grant_type") != "authorization_code") {
        return code_error("Invalid grant_type");
    }
    const auto found = world->codes.find(call.text("code"));
    if (found == world->codes.end()) {
        return code_error("Matching code was not found or was already used");
    }
    const auto code = found->second;
    world->codes.erase(found);
    if (code.expires_at <= world->now()) {
        return code_error("Matching code was not found or was already used");
    }
    if (code.redirect_uri != call.text("redirect_uri")) {
        return code_error(
            "Error validating verification code. Please make sure your redirect_uri is identical to the one you used "
            "in the OAuth dialog request");
    }
    const auto& shape = world->oauth;
    json body{{"access_token", world->make_token(false, code.scopes)},
              {"permissions", permissions_of(code.scopes, shape.csv)}};
    if (shape.numeric_id) {
        body["user_id"] = *to_integer(world->business.app_scoped_id);
    } else {
        body["user_id"] = world->business.app_scoped_id;
    }
    return answer(shape.wrapped ? json{{"data", json::array({body})}} : body);
}

Answer exchange_long(Core& core, const Call& call, const std::string&)
{
    auto world = core.world.lock();
    if (call.text("grant_type") != "ig_exchange_token") {
        return answer(GraphError{.code = 100, .message = "Unsupported grant_type"});
    }
    if (!crypto::equal_constant_time(call.text("client_secret"), world->options.app_secret)) {
        return answer(GraphError{.code = 101, .message = "Error validating client secret."});
    }
    const auto token = authorize(*world, call, "");
    if (!token) {
        return answer(token.error());
    }
    if (token->is_long) {
        return answer(
            GraphError{.code = 452,
                       .message = "Session key invalid. This could be because the session key is already long-lived"});
    }
    return answer(json{
        {"access_token", world->make_token(true, token->scopes)}, {"token_type", "bearer"}, {"expires_in", kLongLife}});
}

Answer refresh_token(Core& core, const Call& call, const std::string&)
{
    auto world = core.world.lock();
    if (call.text("grant_type") != "ig_refresh_token") {
        return answer(GraphError{.code = 100, .message = "Unsupported grant_type"});
    }
    const auto token = authorize(*world, call, "instagram_business_basic");
    if (!token) {
        return answer(token.error());
    }
    if (!token->is_long || world->now() - token->issued_at < std::chrono::hours{24}) {
        // The exact text of Meta's is not known.
        return answer(GraphError{.code = 100, .message = "Unsupported request - token is not old enough"});
    }
    return answer(json{{"access_token", world->make_token(true, token->scopes)},
                       {"token_type", "bearer"},
                       {"expires_in", kLongLife},
                       {"permissions", token->scopes}});
}

}  // namespace ss::sandbox

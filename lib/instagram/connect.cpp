// Connecting an account: log-in, tokens, who it is, and its subscription to webhooks.

#include "errors.hpp"
#include "graph.hpp"

#include <ss/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace ss::instagram {
namespace {

using channel::Access, channel::FailureClass, channel::Outcome, channel::Token;

// A grant is frozen at the moment of connecting: all that will ever be needed is asked for.
constexpr std::array<std::string_view, 5> kScopes{
    "instagram_business_basic", "instagram_business_manage_messages", "instagram_business_manage_comments",
    "instagram_business_content_publish", "instagram_business_manage_insights"};

constexpr std::string_view kSubscribed =
    "messages,message_reactions,messaging_postbacks,messaging_referral,messaging_seen,message_echoes,message_edit,"
    "comments,"
    "live_comments";
// The set every account is given; the one above holds fields that Meta has not rolled out everywhere.
constexpr std::string_view kSubscribedAtLeast =
    "messages,message_reactions,messaging_postbacks,messaging_seen,comments";

std::string joined(auto&& texts)
{
    std::string out;
    for (const auto& text : texts) {
        out += (out.empty() ? "" : ",") + std::string{text};
    }
    return out;
}

// {"data":[{…}]} as documented, or the flat object of reality.
json unwrapped(json body)
{
    const auto& data = member(body, "data");
    if (data.is_array() && !data.empty() && data[0].is_object()) {
        return data[0];
    }
    return body;
}

// A list or a comma-separated string.
std::vector<std::string> permissions_of(const json& body)
{
    std::vector<std::string> permissions;
    const auto& value = member(body, "permissions");
    for (const auto& item : value.is_array() ? value : json::array()) {
        if (item.is_string()) {
            permissions.push_back(item.get<std::string>());
        }
    }
    const auto text = value.is_string() ? value.get<std::string>() : std::string{};
    for (const auto part : split(text, ',')) {
        if (!trim(part).empty()) {
            permissions.emplace_back(trim(part));
        }
    }
    return permissions;
}

Outcome<Token> token_of(const json& answer, std::vector<std::string> permissions, Timestamp now)
{
    const auto body = unwrapped(answer);
    auto value = text_of(body, "access_token");
    const auto seconds = integer_of(body, "expires_in").value_or(0);
    if (value.empty() || seconds <= 0) {
        return std::unexpected(incomplete(Effect::harmless));
    }
    auto named = permissions_of(body);
    const auto life = std::chrono::seconds{std::min<std::int64_t>(seconds, 31'536'000)};
    return Token{Secret{std::move(value)}, now + life, named.empty() ? std::move(permissions) : std::move(named)};
}

channel::Profile profile_of(const json& body)
{
    channel::Profile profile;
    profile.external_id = text_of(body, "user_id");
    profile.app_scoped_id = text_of(body, "id");
    profile.username = text_of(body, "username");
    profile.name = text_of(body, "name");
    profile.picture_url = text_of(body, "profile_picture_url");
    profile.account_type = to_lower_ascii(text_of(body, "account_type"));
    profile.followers = integer_of(body, "followers_count");
    profile.posts = integer_of(body, "media_count");
    return profile;
}

}  // namespace

std::string Instagram::authorize_url(std::string_view state) const
{
    const net::Fields fields{{"client_id", options_.app_id},
                             {"redirect_uri", options_.redirect_uri},
                             {"response_type", "code"},
                             {"scope", joined(kScopes)},
                             {"state", std::string{state}}};
    return options_.authorize_url + "?" + net::encode_fields(fields);
}

Outcome<Token> Instagram::exchange_code(std::string_view code)
{
    if (code.ends_with("#_")) {  // people paste the address with Instagram's fragment
        code.remove_suffix(2);
    }
    const net::Fields form{{"client_id", options_.app_id},
                           {"client_secret", std::string{options_.app_secret.reveal()}},
                           {"grant_type", "authorization_code"},
                           {"redirect_uri", options_.redirect_uri},
                           {"code", std::string{code}}};
    // A code works once, so no answer means: start again.
    auto exchanged = TRY(graph_->call(
        {.method = "POST", .url = options_.api_url + "/oauth/access_token", .body = net::form_body(form)}));
    const auto answer = unwrapped(std::move(exchanged));
    const auto short_token = text_of(answer, "access_token");
    auto permissions = permissions_of(answer);
    if (short_token.empty()) {
        return std::unexpected(incomplete(Effect::harmless));
    }
    if (!permissions.empty() && std::ranges::find(permissions, kScopes[0]) == permissions.end()) {
        return std::unexpected(
            failure(FailureClass::permission, "local/basic",
                    "The permissions were not granted. Connect again and allow everything asked for.",
                    "As permissões não foram concedidas. Conecte novamente e permita tudo o que for pedido."));
    }
    const auto answer_long = TRY(graph_->call({.url = options_.graph_url + "/access_token",
                                               .query = {{"grant_type", "ig_exchange_token"},
                                                         {"client_secret", std::string{options_.app_secret.reveal()}},
                                                         {"access_token", short_token}}}));
    return token_of(answer_long, std::move(permissions), clock_.now());
}

Outcome<Token> Instagram::refresh(const Access& access)
{
    const auto answer = TRY(graph_->call(
        {.url = options_.graph_url + "/refresh_access_token",
         .query = {{"grant_type", "ig_refresh_token"}, {"access_token", std::string{access.token.reveal()}}},
         .account = access.external_id}));
    return token_of(answer, {}, clock_.now());
}

Outcome<channel::Profile> Instagram::profile(const Access& access)
{
    const auto answer = TRY(graph_->get(
        access, "me",
        {{"fields", "id,user_id,username,name,account_type,profile_picture_url,followers_count,media_count"}}));
    auto profile = profile_of(unwrapped(answer));
    if (profile.external_id.empty()) {
        return std::unexpected(incomplete(Effect::harmless));
    }
    return profile;
}

Outcome<void> Instagram::subscribe(const Access& access)
{
    const auto path = account_path(access) + "/subscribed_apps";
    auto done = graph_->post(access, path, {{"subscribed_fields", kSubscribed}}, Effect::harmless);
    if (!done && done.error().code == "100") {  // one unknown field refuses them all
        done = graph_->post(access, path, {{"subscribed_fields", kSubscribedAtLeast}}, Effect::harmless);
    }
    TRY(std::move(done));
    // Subscriptions have failed silently: only what can be read back counts.
    const auto listed = TRY(graph_->get(access, path, {}));
    for (const auto& app : member(listed, "data").is_array() ? listed["data"] : json::array()) {
        const auto& fields = member(app, "subscribed_fields");
        if (fields.is_array() && std::ranges::find(fields, json("messages")) != fields.end()) {
            return {};
        }
    }
    return std::unexpected(failure(FailureClass::permission, "local/not_subscribed",
                                   "Instagram does not deliver this account's messages to us. Connect it again.",
                                   "O Instagram não está entregando as mensagens desta conta. Conecte novamente."));
}

Outcome<void> Instagram::disconnect(const Access& access)
{
    const auto unsubscribed = graph_->remove(access, account_path(access) + "/subscribed_apps");
    const auto revoked = graph_->remove(access, "me/permissions");  // not documented: best effort
    if (!unsubscribed && !revoked) {
        return std::unexpected(unsubscribed.error());
    }
    return {};
}

}  // namespace ss::instagram

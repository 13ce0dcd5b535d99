// One function an object: which setting becomes which option.
#include "options.hpp"

#include <ss/password.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace ss::daemon {

storage::DatabaseOptions database_options(const Settings& settings)
{
    return {.url = settings.get<"database.url">(),
            .readers = static_cast<int>(settings.get<"database.pool">()),
            .busy_timeout = settings.get<"database.lock_timeout">(),
            .statement_timeout = settings.get<"database.statement_timeout">(),
            .connect_timeout = settings.get<"database.connect_timeout">(),
            .tls_required = settings.get<"database.tls">()};
}

storage::KeyValue::Options key_value_options(const Settings& settings)
{
    const auto& url = settings.get<"redis.url">();
    return {.url = url.empty() ? Secret{"memory:"} : url,
            .ca_file = settings.get<"redis.ca_file">(),
            .tls = settings.get<"redis.tls">(),
            .timeout = settings.get<"redis.timeout">()};
}

/// "id:base64" each, the first active.
Result<crypto::Keyring> keyring(const Settings& settings)
{
    std::string text;
    for (const auto& key : settings.get<"crypto.data_keys">()) {
        text += (text.empty() ? "" : ",") + std::string{key.reveal()};
    }
    auto keys = crypto::Keyring::parse(text);
    wipe(text.data(), text.size());
    return keys;
}

auth::Options auth_options(const Settings& settings, std::function<void(UserId, std::string_view)> ended)
{
    const auto& secret = settings.get<"auth.jwt_secret">();
    auth::Options options;
    options.access_keys = {{"1", secret}};
    options.refresh_keys = {{"1", settings.get<"auth.refresh_secret">()}};
    options.audit_keys = {{"1", crypto::derive_key(settings.get<"auth.refresh_secret">().reveal(), "audit")}};
    options.access_lifetime = std::chrono::floor<std::chrono::seconds>(settings.get<"auth.access_lifetime">());
    options.session_lifetime = std::chrono::floor<std::chrono::seconds>(settings.get<"auth.refresh_lifetime">());
    options.session_idle = std::min(options.session_idle, options.session_lifetime);
    options.password_policy.scheme = settings.get<"auth.password_hash">() == "bcrypt"
                                         ? crypto::PasswordScheme::bcrypt
                                         : crypto::PasswordScheme::argon2id;
    options.password_rule.min_length = static_cast<std::size_t>(settings.get<"auth.password_minimum">());
    options.is_registration_open = settings.get<"auth.registration">() == "open";
    options.login_limit = settings.get<"auth.login_limit">();
    options.registration_limit = settings.get<"auth.registration_limit">();
    options.journals_attempts = settings.get<"redis.url">().empty();
    options.ended = std::move(ended);
    return options;
}

instagram::Options instagram_options(const Settings& settings)
{
    return {.app_id = settings.get<"instagram.app_id">(),
            .app_secret = settings.get<"instagram.app_secret">(),
            .meta_app_secret = settings.get<"instagram.meta_app_secret">(),
            .redirect_uri = settings.get<"instagram.redirect_uri">(),
            .verify_token = settings.get<"instagram.verify_token">(),
            .graph_version = settings.get<"instagram.graph_version">(),
            .authorize_url = settings.get<"instagram.authorize_url">(),
            .api_url = settings.get<"instagram.api_url">(),
            .graph_url = settings.get<"instagram.graph_url">()};
}

net::Options media_client_options(const Settings& settings)
{
    net::Options options;
    if (settings.get<"mode">() == "development") {
        if (const auto pretend = net::parse_url(settings.get<"instagram.graph_url">())) {
            options.allowed_hosts.push_back(fmt::format("{}:{}", pretend->host, pretend->port));
        }
    }
    return options;
}

Result<http::ServerOptions> server_options(const Settings& settings, const observe::ServiceEnvironment& service)
{
    const auto& listen = settings.get<"http.listen">();
    const auto colon = listen.rfind(':');
    const auto port =
        colon == std::string::npos ? std::nullopt : to_integer(std::string_view{listen}.substr(colon + 1));
    if (!port || *port < 0 || *port > 65'535) {
        return fail(Errc::configuration, "http.listen is not address:port", "write it as 127.0.0.1:4000",
                    "http.listen");
    }
    const auto sockets = observe::inherited_sockets(service);
    http::ServerOptions options;
    options.address = listen.substr(0, colon);
    if (options.address.starts_with('[') && options.address.ends_with(']')) {
        options.address = options.address.substr(1, options.address.size() - 2);
    }
    options.port = static_cast<std::uint16_t>(*port);
    options.inherited_socket = sockets.empty() ? -1 : sockets.front();
    options.workers = static_cast<int>(settings.get<"http.workers">());
    options.queue = static_cast<std::size_t>(settings.get<"http.queue">());
    options.connections = static_cast<std::size_t>(settings.get<"http.connections">());
    options.connections_per_address = static_cast<std::size_t>(settings.get<"http.connections_per_address">());
    options.header_timeout = settings.get<"http.header_timeout">();
    options.body_timeout = settings.get<"http.body_timeout">();
    options.idle_timeout = settings.get<"http.idle_timeout">();
    options.trusted_proxies = settings.get<"http.trusted_proxies">();
    options.cors_origins = settings.get<"http.cors_origins">();
    return options;
}

}  // namespace ss::daemon

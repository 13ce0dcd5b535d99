// Rules that one value alone cannot break: weak secrets, pretend services in production, missing halves of pairs.
#include "rules.hpp"

#include "sources.hpp"
#include "url.hpp"

#include <ss/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace ss::config {
namespace {

class Rules {
public:
    Rules(const Settings& settings, const std::array<bool, kSettings.size()>& failed, std::vector<Error>& errors)
        : settings_{settings}, failed_{failed}, errors_{errors}
    {
    }

    template <Key key>
    void refuse(std::string_view message, std::string hint = {})
    {
        refuse(setting_index(key.view()), message, std::move(hint));
    }

    void refuse(std::size_t index, std::string_view message, std::string hint)
    {
        if (failed_[index]) {
            return;
        }
        const auto& source = settings_.source(index);
        errors_.push_back(wrong(fmt::format("{}: {}", kSettings[index].key, message), std::move(hint),
                                source.where.empty() ? std::string{kSettings[index].key} : source.where));
    }

    [[nodiscard]] const Settings& settings() const { return settings_; }

private:
    const Settings& settings_;
    const std::array<bool, kSettings.size()>& failed_;
    std::vector<Error>& errors_;
};

std::string how_to_give(const Setting& row)
{
    std::string names = variable_name(row.key);
    for (const auto name : split(row.variables, ' ')) {
        names += name.empty() ? "" : fmt::format(" or {}", name);
    }
    return fmt::format("write it in the file or set {}", names);
}

// Words that stand in examples, and secrets a person typed to get on with it.
bool is_guessable(std::string_view secret)
{
    const auto folded = to_lower_ascii(secret);
    for (const auto* word :
         {"changeme", "change-me", "change_me", "your-secret", "your_secret", "yoursecret", "secretkey", "secret-key",
          "jwt_secret", "jwt-secret", "password", "example", "default", "12345678"}) {
        if (folded.find(word) != std::string::npos) {
            return true;
        }
    }
    return std::set<char>{secret.begin(), secret.end()}.size() < 10;
}

template <Key key>
void check_strength(Rules& rules)
{
    const Secret& secret = rules.settings().get<key>();
    if (!secret.empty() && is_guessable(secret.reveal())) {
        rules.refuse<key>("this secret can be guessed", "make one with `openssl rand -base64 48`");
    }
}

void check_secrets(Rules& rules)
{
    check_strength<"auth.jwt_secret">(rules);
    check_strength<"auth.refresh_secret">(rules);
    const Secret& access = rules.settings().get<"auth.jwt_secret">();
    if (!access.empty() && access.reveal() == rules.settings().get<"auth.refresh_secret">().reveal()) {
        rules.refuse<"auth.refresh_secret">("the same secret as auth.jwt_secret", "each needs its own");
    }
    if (rules.settings().get<"auth.refresh_lifetime">() <= rules.settings().get<"auth.access_lifetime">()) {
        rules.refuse<"auth.refresh_lifetime">("not longer than auth.access_lifetime");
    }
}

// Canonical base64 of 32 bytes: 43 letters and one '='.
bool is_key_of_32_bytes(std::string_view text)
{
    if (text.size() != 44 || text.back() != '=') {
        return false;
    }
    text.remove_suffix(1);
    return std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) != 0 || c == '+' || c == '/'; }) &&
           std::string_view{"AEIMQUYcgkosw048"}.find(text.back()) != std::string_view::npos;
}

void check_data_keys(Rules& rules)
{
    std::set<std::string_view> ids;
    int number = 0;
    for (const Secret& entry : rules.settings().get<"crypto.data_keys">()) {
        ++number;
        const auto colon = entry.reveal().find(':');
        const auto id = entry.reveal().substr(0, std::min(colon, entry.reveal().size()));
        const bool id_is_fine =
            colon != std::string_view::npos && !id.empty() && id.size() <= 32 &&
            id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string_view::npos;
        if (!id_is_fine || !is_key_of_32_bytes(entry.reveal().substr(colon + 1))) {
            rules.refuse<"crypto.data_keys">(fmt::format("entry {} is not \"id:base64 of 32 bytes\"", number),
                                             "make one with `echo k1:$(openssl rand -base64 32)`");
        } else if (!ids.insert(id).second) {
            rules.refuse<"crypto.data_keys">(fmt::format("the id of entry {} was used before", number),
                                             "ids must differ");
        }
    }
}

void check_listen(Rules& rules)
{
    const auto& listen = rules.settings().get<"http.listen">();
    const auto colon = listen.rfind(':');
    const std::int64_t port =
        colon == std::string::npos ? -1 : to_integer(std::string_view{listen}.substr(colon + 1)).value_or(-1);
    const auto host = std::string_view{listen}.substr(0, std::min(colon, listen.size()));
    const bool v6 = host.starts_with('[') && host.ends_with(']');
    const bool fine = !host.empty() && (v6 || host.find_first_not_of("0123456789.") == std::string_view::npos);
    if (port < 0 || port > 65535 || !fine) {
        rules.refuse<"http.listen">(fmt::format("\"{}\" is not address:port", printable(listen)),
                                    "as \"127.0.0.1:4000\", \"[::1]:4000\" or \"0.0.0.0:4000\"");
    }
}

void check_lists(Rules& rules)
{
    for (const auto& origin : rules.settings().get<"http.cors_origins">()) {
        const auto url = parse_url(origin);
        if (!url || !url->rest.empty() || !url->user.empty() || (url->scheme != "https" && url->scheme != "http")) {
            rules.refuse<"http.cors_origins">(fmt::format("\"{}\" is not an origin", printable(origin)),
                                              "as \"https://shop.example\": no path, no star");
        }
    }
    for (const auto& network : rules.settings().get<"http.trusted_proxies">()) {
        if (network.empty() || network.find_first_not_of("0123456789abcdefABCDEF.:/") != std::string::npos) {
            rules.refuse<"http.trusted_proxies">(fmt::format("\"{}\" is not an address or network", printable(network)),
                                                 "as \"127.0.0.1\" or \"10.0.0.0/8\"");
        }
    }
}

void check_addresses(Rules& rules)
{
    const auto database = rules.settings().get<"database.url">().reveal();
    const auto server = parse_url(database);
    // libpq's form for a socket has no host before the path: postgresql://user@/name?host=/run/postgresql
    const bool by_socket = database.starts_with("postgres") && database.find("?host=") != std::string_view::npos;
    const bool postgres = by_socket || (server && (server->scheme == "postgresql" || server->scheme == "postgres"));
    const bool sqlite = database.starts_with("sqlite:") && database.size() > 7;
    if (!postgres && !sqlite) {
        rules.refuse<"database.url">("neither sqlite: nor a postgresql:// address",
                                     "as \"sqlite:/var/lib/social-selling/social-selling.db\" or "
                                     "\"postgresql://user:password@host:5432/name\"");
    }
    if (sqlite && rules.settings().get<"database.tls">()) {
        rules.refuse<"database.tls">("TLS is asked for, but the database is a file here",
                                     "set it to false, or name a PostgreSQL server");
    }
    const auto redis = rules.settings().get<"redis.url">().reveal();
    const auto store = parse_url(redis);
    if (!redis.empty() && (!store || (store->scheme != "redis" && store->scheme != "rediss"))) {
        rules.refuse<"redis.url">("not a redis:// address", "as \"redis://user:password@host:6379/0\"");
    }
    const auto dsn = rules.settings().get<"sentry.dsn">().reveal();
    const auto sentry = parse_url(dsn);
    if (!dsn.empty() && (!sentry || !sentry->scheme.starts_with("http") || sentry->user.empty())) {
        rules.refuse<"sentry.dsn">("not a Sentry DSN", "as \"https://key@host/number\"");
    }
}

void check_pairs(Rules& rules)
{
    const auto& settings = rules.settings();
    const auto& endpoint = settings.get<"s3.endpoint">();
    if (endpoint.find("://") != std::string::npos || endpoint.find('/') != std::string::npos) {
        rules.refuse<"s3.endpoint">("only host and port belong here",
                                    "as \"minio.example:9000\"; s3.use_ssl says how to speak to it");
    }
    if (!endpoint.empty() && (settings.get<"s3.access_key">().empty() || settings.get<"s3.secret_key">().empty())) {
        rules.refuse<"s3.endpoint">("s3.access_key and s3.secret_key are missing",
                                    "MINIO_ACCESS_KEY and MINIO_SECRET_KEY are names for them");
    }
    if (!settings.get<"smtp.user">().empty() && settings.get<"smtp.password">().empty()) {
        rules.refuse<"smtp.user">("smtp.password is missing", "give both or neither");
    }
    if (!settings.get<"smtp.host">().empty() && settings.get<"smtp.from">().find('@') == std::string::npos) {
        rules.refuse<"smtp.from">("a sender is missing", "as \"Shop <no-reply@shop.example>\"");
    }
    const auto& version = settings.get<"instagram.graph_version">();
    const auto dot = version.find('.');
    if (!version.starts_with('v') || dot == std::string::npos ||
        !to_integer(std::string_view{version}.substr(1, dot - 1)) ||
        !to_integer(std::string_view{version}.substr(dot + 1))) {
        rules.refuse<"instagram.graph_version">(fmt::format("\"{}\" is not a version", printable(version)),
                                                "as \"v25.0\"");
    }
}

void check_outside(Rules& rules, std::size_t index)
{
    const auto address = rules.settings().written(index);
    const auto url = parse_url(address);
    if (!url) {
        return;
    }
    if (is_loopback(url->host)) {
        rules.refuse(index, "points to this machine, which production mode refuses",
                     "the pretend services are for mode = \"development\"");
    } else if (url->scheme != "https") {
        rules.refuse(index, "not https, which production mode refuses", "write https://…");
    }
}

void check_production(Rules& rules)
{
    for (std::size_t i = 0; i < kSettings.size(); ++i) {
        const Setting& row = kSettings[i];
        if (row.need != Need::optional && rules.settings().source(i).origin == Origin::standard) {
            rules.refuse(i, "missing, and production mode needs it", how_to_give(row));
        } else if (row.need != Need::optional && rules.settings().is_empty(i)) {
            rules.refuse(i, "empty, and production mode needs it", how_to_give(row));
        } else if (row.outside && rules.settings().source(i).origin != Origin::standard) {
            check_outside(rules, i);
        }
    }
}

}  // namespace

void check_rules(const Settings& settings, const std::array<bool, kSettings.size()>& failed, std::vector<Error>& errors)
{
    Rules rules{settings, failed, errors};
    check_listen(rules);
    check_addresses(rules);
    check_lists(rules);
    check_secrets(rules);
    check_data_keys(rules);
    check_pairs(rules);
    if (settings.is_production()) {
        check_production(rules);
    }
}

std::vector<Error> missing_for_daemon(const Settings& settings)
{
    std::vector<Error> errors;
    for (std::size_t i = 0; i < kSettings.size(); ++i) {
        if (kSettings[i].need == Need::daemon && settings.is_empty(i)) {
            errors.push_back(wrong(fmt::format("{}: missing, and sssd does not start without it", kSettings[i].key),
                                   fmt::format("ssctl init makes one; otherwise {}", how_to_give(kSettings[i])),
                                   std::string{kSettings[i].key}));
        }
    }
    return errors;
}

}  // namespace ss::config

// Which engine a URL asks for.

#include "engine.hpp"
#include "key_value.hpp"
#include "url.hpp"

#include <ss/text.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace ss::storage {
namespace {

constexpr std::string_view kSystemCertificates = "/etc/ssl/certs/ca-certificates.crt";

/// Parameters of the seed's database client that libpq would refuse.
constexpr std::array<std::string_view, 5> kForeignParameters{"schema", "connection_limit", "pool_timeout", "pgbouncer",
                                                             "socket_timeout"};

std::string parameter(const Url& url, std::string_view key)
{
    const auto found = std::ranges::find(url.query, key, [](const auto& pair) { return std::string_view{pair.first}; });
    return found == url.query.end() ? std::string{} : found->second;
}

/// What libpq is given: the URL's parts encoded anew, our defaults where it is silent.
Result<PostgresTarget> postgres_target(const DatabaseOptions& options)
{
    const auto url = TRY(parse_url(options.url.reveal()));
    std::string text = "postgresql://" + percent_encode(url.user);
    if (!url.password.empty()) {
        text += ":" + percent_encode(url.password);
    }
    if (!url.user.empty()) {
        text += "@";
    }
    text += url.host.find(':') == std::string::npos ? percent_encode(url.host) : "[" + url.host + "]";
    if (url.port != 0) {
        text += ":" + std::to_string(url.port);
    }
    const auto seconds = std::max<std::int64_t>(2, (options.connect_timeout.count() + 999) / 1000);
    text += "/" + percent_encode(url.path) + "?application_name=social-selling";
    const auto add = [&](std::string_view key, const std::string& value) {
        text += "&" + std::string{key} + "=" + percent_encode(value);
    };
    auto tls = parameter(url, "sslmode");
    if (options.tls_required) {
        const bool weak = tls == "disable" || tls == "allow" || tls == "prefer";
        tls = tls.empty() ? "verify-full" : weak ? "require" : tls;
    }
    if (!tls.empty()) {
        add("sslmode", tls);
    }
    if (tls.starts_with("verify-") && parameter(url, "sslrootcert").empty()) {
        add("sslrootcert", std::string{kSystemCertificates});
    }
    if (parameter(url, "connect_timeout").empty()) {
        add("connect_timeout", std::to_string(seconds));
    }
    for (const auto& [key, value] : url.query) {
        if (key != "sslmode" && key != "application_name" &&
            std::ranges::find(kForeignParameters, key) == kForeignParameters.end()) {
            add(key, value);
        }
    }
    return PostgresTarget{.connect_string = Secret{std::move(text)},
                          .schema = parameter(url, "schema"),
                          .statement_timeout = options.statement_timeout,
                          .lock_timeout = options.busy_timeout,
                          .idle_timeout = options.statement_timeout,
                          .watchdog = nullptr};
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const DatabaseOptions& options)
{
    const auto url = options.url.reveal();
    if (options.readers < 1) {
        return fail(Errc::configuration, "a database needs at least one connection");
    }
    if (url == "sqlite::memory:") {
        return open_sqlite(options, {});
    }
    if (url.starts_with("sqlite:")) {
        auto file = url.substr(std::string_view{"sqlite:"}.size());
        if (file.starts_with("//")) {
            file.remove_prefix(2);
        }
        if (file.empty()) {
            return fail(Errc::configuration, "the database's URL names no file",
                        "sqlite:/var/lib/social-selling/social-selling.db");
        }
        return open_sqlite(options, std::filesystem::path{file});
    }
    if (url.starts_with("postgres://") || url.starts_with("postgresql://")) {
        return open_postgres(options, TRY(postgres_target(options)));
    }
    return fail(Errc::configuration, "the database's URL begins with neither sqlite: nor postgresql://");
}

Result<std::vector<Variable>> client_environment(const DatabaseOptions& options)
{
    if (!options.url.reveal().starts_with("postgres")) {
        return fail(Errc::unsupported, "only PostgreSQL has programs of its own");
    }
    const auto target = TRY(postgres_target(options));
    const std::string text{target.connect_string.reveal()};
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parts{PQconninfoParse(text.c_str(), nullptr),
                                                                             PQconninfoFree};
    if (parts == nullptr) {
        return fail(Errc::configuration, "the database's URL is not understood by PostgreSQL's client");
    }
    std::vector<Variable> variables;
    for (const auto* part = parts.get(); part->keyword != nullptr; ++part) {
        if (part->envvar != nullptr && part->val != nullptr) {
            variables.push_back({part->envvar, Secret{part->val}});
        }
    }
    return variables;
}

Result<std::unique_ptr<KeyValue>> KeyValue::open(const Options& options, const Clock& clock)
{
    const auto url = options.url.reveal();
    if (url.empty() || url == "memory:") {
        return make_memory_store(clock);
    }
    if (url.starts_with("redis://") || url.starts_with("rediss://")) {
        return open_redis_store(options, clock);
    }
    return fail(Errc::configuration,
                "the key-value store's URL begins with neither memory: nor redis:// nor rediss://");
}

}  // namespace ss::storage

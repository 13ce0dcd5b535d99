#pragma once
/// The one table of settings. From it come: typed access, the loader's checks, etc/sssd.toml,
/// docs/operations/settings.md, man/social-selling.toml.5 and `ssctl env`. Add a row, run the tests with
/// SS_TEST_ACCEPT=1, commit what they print.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ss::config {

/// How a value is written, and what `Settings::get` gives for it.
enum class Type : std::uint8_t {
    text,         ///< std::string
    choice,       ///< std::string, one of `limits` ("a|b")
    url,          ///< std::string, absolute, http or https
    integer,      ///< std::int64_t
    size,         ///< std::int64_t bytes, written "64KiB", "10MiB" or a bare number
    duration,     ///< std::chrono::milliseconds, written "500ms", "30s", "15m", "24h", "60d"
    boolean,      ///< bool
    path,         ///< std::filesystem::path; relative ones count from the folder of the file they stand in
    list,         ///< std::vector<std::string>; in variables and credentials separated by commas
    secret,       ///< Secret
    secret_url,   ///< Secret: a URL that may hold a password; shown without it
    secret_list,  ///< std::vector<Secret>
};

/// Where a setting must be present.
enum class Need : std::uint8_t {
    optional,
    production,  ///< Refused when missing in production mode.
    daemon,      ///< As production, and sssd does not start without it in any mode.
};

/// One row. `standard` is the default as one would write it; "{data_dir}" and "{public_url}" in it stand for
/// those settings. `limits`: "least..most" in the type's own units (for text, secret and list: bytes, or
/// entries), or the words of a choice. `variables`: names besides our own SS_…, which is made from the key.
struct Setting {
    std::string_view key{};
    Type type = Type::text;
    std::string_view standard{};
    std::string_view limits{};
    Need need = Need::optional;
    bool reloads = false;  ///< SIGHUP takes a new value; otherwise it needs a restart.
    bool outside = false;  ///< In production: https and not this machine.
    bool idle = false;     ///< Known and checked, and without effect yet: the daemon says so when it is set.
    std::string_view variables{};
    std::string_view help{};
};

// A table reads as a table: one row, two lines.
// clang-format off
inline constexpr std::array kSettings{
    Setting{.key = "mode", .type = Type::choice, .standard = "development", .limits = "development|production",
            .help = "Production refuses pretend services, plain http and missing secrets."},
    Setting{.key = "public_url", .type = Type::url, .standard = "http://127.0.0.1:4000", .need = Need::production, .outside = true,
            .help = "Where browsers and Meta reach this installation; no slash at the end."},
    Setting{.key = "data_dir", .type = Type::path, .standard = "/var/lib/social-selling",
            .help = "The folder that holds everything not kept in another service."},

    Setting{.key = "http.listen", .standard = "127.0.0.1:4000",
            .help = "Address and port of the front door; port 0 lets the system choose; ignored when systemd hands over a socket."},
    Setting{.key = "http.workers", .type = Type::integer, .standard = "8", .limits = "1..256",
            .help = "Threads that run requests."},
    Setting{.key = "http.queue", .type = Type::integer, .standard = "256", .limits = "1..100000",
            .help = "Requests that may wait for a worker; more are answered 503 at once."},
    Setting{.key = "http.header_timeout", .type = Type::duration, .standard = "10s", .limits = "100ms..5m",
            .help = "Time for the whole request header."},
    Setting{.key = "http.body_timeout", .type = Type::duration, .standard = "30s", .limits = "100ms..30m",
            .help = "Time for the whole request body."},
    Setting{.key = "http.idle_timeout", .type = Type::duration, .standard = "60s", .limits = "100ms..1h",
            .help = "How long a connection may stay open between requests."},
    Setting{.key = "http.connections", .type = Type::integer, .standard = "10000", .limits = "16..1000000",
            .help = "Open connections in all."},
    Setting{.key = "http.connections_per_address", .type = Type::integer, .standard = "2000", .limits = "1..1000000",
            .help = "Open connections from one address; a trusted proxy is not counted."},
    Setting{.key = "http.cors_origins", .type = Type::list, .limits = "0..64", .variables = "CORS_ORIGINS",
            .help = "Origins other than public_url whose pages may call the API, as \"https://shop.example\"."},
    Setting{.key = "http.trusted_proxies", .type = Type::list, .limits = "0..256",
            .help = "Addresses or networks whose X-Forwarded-For and X-Forwarded-Proto are believed, as \"127.0.0.1\" or \"10.0.0.0/8\"."},

    Setting{.key = "database.url", .type = Type::secret_url, .standard = "sqlite:{data_dir}/social-selling.db", .variables = "DATABASE_URL",
            .help = "\"sqlite:/path/file.db\" or \"postgresql://user:password@host:5432/name\"."},
    Setting{.key = "database.tls", .type = Type::boolean, .standard = "false", .variables = "DATABASE_SSL",
            .help = "PostgreSQL: refuse a connection without TLS; the certificate is checked unless the URL says otherwise."},
    Setting{.key = "database.pool", .type = Type::integer, .standard = "4", .limits = "1..200",
            .help = "SQLite: connections that read in parallel; PostgreSQL: connections in all."},
    Setting{.key = "database.lock_timeout", .type = Type::duration, .standard = "5s", .limits = "10ms..10m",
            .help = "How long a statement waits for a lock before it counts as busy."},
    Setting{.key = "database.statement_timeout", .type = Type::duration, .standard = "10s", .limits = "100ms..1h",
            .help = "PostgreSQL: how long one statement may run."},
    Setting{.key = "database.connect_timeout", .type = Type::duration, .standard = "5s", .limits = "100ms..2m",
            .help = "PostgreSQL: how long connecting may take."},

    Setting{.key = "redis.url", .type = Type::secret_url, .variables = "REDIS_URL",
            .help = "\"redis://user:password@host:6379/0\" or \"rediss://…\"; empty keeps sessions and limits in this process."},
    Setting{.key = "redis.tls", .type = Type::boolean, .standard = "false", .variables = "REDIS_TLS",
            .help = "TLS even when the URL says redis://."},
    Setting{.key = "redis.ca_file", .type = Type::path, .variables = "REDIS_CA_FILE",
            .help = "Certificates to trust for Redis; empty: the system's."},
    Setting{.key = "redis.timeout", .type = Type::duration, .standard = "1s", .limits = "10ms..1m",
            .help = "How long one command may take."},

    Setting{.key = "media.dir", .type = Type::path, .standard = "{data_dir}/media",
            .help = "The folder for pictures and videos."},
    Setting{.key = "media.max_bytes", .type = Type::size, .standard = "16MiB", .limits = "1MiB..1GiB",
            .help = "Largest upload."},

    Setting{.key = "s3.endpoint", .idle = true, .variables = "MINIO_ENDPOINT",
            .help = "Host and port of an S3 service (\"minio.example:9000\"); empty keeps media in media.dir."},
    Setting{.key = "s3.use_ssl", .type = Type::boolean, .standard = "true", .idle = true, .variables = "MINIO_USE_SSL",
            .help = "Whether to speak https to it."},
    Setting{.key = "s3.region", .standard = "us-east-1", .idle = true, .variables = "MINIO_REGION AWS_REGION",
            .help = "The region its signatures name."},
    Setting{.key = "s3.bucket", .standard = "social-selling", .idle = true, .variables = "MINIO_BUCKET",
            .help = "The bucket for media."},
    Setting{.key = "s3.access_key", .type = Type::secret, .idle = true, .variables = "MINIO_ACCESS_KEY AWS_ACCESS_KEY_ID",
            .help = "Access key id."},
    Setting{.key = "s3.secret_key", .type = Type::secret, .idle = true, .variables = "MINIO_SECRET_KEY AWS_SECRET_ACCESS_KEY",
            .help = "Secret access key."},

    Setting{.key = "auth.jwt_secret", .type = Type::secret, .limits = "32..512", .need = Need::daemon, .variables = "JWT_SECRET",
            .help = "Signs access tokens; 32 bytes or more, random."},
    Setting{.key = "auth.refresh_secret", .type = Type::secret, .limits = "32..512", .need = Need::daemon, .variables = "JWT_REFRESH_SECRET",
            .help = "Peppers stored refresh tokens; another value than auth.jwt_secret."},
    Setting{.key = "auth.access_lifetime", .type = Type::duration, .standard = "15m", .limits = "30s..24h", .variables = "JWT_EXPIRES_IN",
            .help = "How long an access token is good."},
    Setting{.key = "auth.refresh_lifetime", .type = Type::duration, .standard = "30d", .limits = "5m..365d", .variables = "JWT_REFRESH_EXPIRES_IN",
            .help = "How long a session lives without being used."},
    Setting{.key = "auth.password_hash", .type = Type::choice, .standard = "argon2id", .limits = "argon2id|bcrypt",
            .help = "For new passwords; others are rehashed at the next log-in."},
    Setting{.key = "auth.password_minimum", .type = Type::integer, .standard = "12", .limits = "8..64",
            .help = "Fewest characters of a new password."},
    Setting{.key = "auth.hash_threads", .type = Type::integer, .standard = "2", .limits = "1..64",
            .help = "Threads that hash passwords, apart from all other work."},
    Setting{.key = "auth.registration", .type = Type::choice, .standard = "open", .limits = "open|closed",
            .help = "Whether strangers may register; closed: only ssctl user add."},
    Setting{.key = "auth.login_limit", .type = Type::integer, .standard = "5", .limits = "1..100000",
            .help = "Log-in attempts a minute, by address and by account."},
    Setting{.key = "auth.registration_limit", .type = Type::integer, .standard = "3", .limits = "1..100000",
            .help = "Registrations a minute from one address."},

    Setting{.key = "crypto.data_keys", .type = Type::secret_list, .limits = "0..64", .need = Need::daemon, .variables = "ENCRYPTION_KEYS",
            .help = "Keys that seal tokens at rest, each \"id:base64 of 32 bytes\"; the first seals, the others only open."},

    Setting{.key = "instagram.app_id", .need = Need::production, .variables = "INSTAGRAM_APP_ID",
            .help = "Instagram app id (not the id of the Meta app around it)."},
    Setting{.key = "instagram.app_secret", .type = Type::secret, .need = Need::production, .variables = "INSTAGRAM_APP_SECRET",
            .help = "Instagram app secret; also checks signatures of webhooks."},
    Setting{.key = "instagram.meta_app_secret", .type = Type::secret, .variables = "META_APP_SECRET FACEBOOK_APP_SECRET",
            .help = "Secret of the Meta app: the second one accepted in signatures of webhooks."},
    Setting{.key = "instagram.redirect_uri", .type = Type::url, .standard = "{public_url}/auth/instagram/callback", .outside = true, .variables = "INSTAGRAM_REDIRECT_URI",
            .help = "Where Instagram sends a seller back to; exactly as registered with the app."},
    Setting{.key = "instagram.verify_token", .type = Type::secret, .need = Need::production,
            .variables = "INSTAGRAM_VERIFY_TOKEN INSTAGRAM_WEBHOOK_VERIFY_TOKEN",
            .help = "The word Meta repeats when it first calls the webhook."},
    Setting{.key = "instagram.graph_version", .standard = "v25.0", .variables = "INSTAGRAM_GRAPH_VERSION",
            .help = "Version of the Graph API, as \"v25.0\"."},
    Setting{.key = "instagram.authorize_url", .type = Type::url, .standard = "https://www.instagram.com/oauth/authorize", .outside = true,
            .help = "The page where a seller grants access."},
    Setting{.key = "instagram.api_url", .type = Type::url, .standard = "https://api.instagram.com", .outside = true,
            .help = "Base of the token exchange."},
    Setting{.key = "instagram.graph_url", .type = Type::url, .standard = "https://graph.instagram.com", .outside = true,
            .help = "Base of the Graph API."},
    Setting{.key = "instagram.upload_url", .type = Type::url, .standard = "https://rupload.facebook.com", .outside = true, .idle = true,
            .help = "Base of resumable uploads."},

    Setting{.key = "jobs.workers", .type = Type::integer, .standard = "4", .limits = "1..64",
            .help = "Threads that run jobs."},
    Setting{.key = "jobs.lease", .type = Type::duration, .standard = "60s", .limits = "1s..1h",
            .help = "After this long without a sign of life a job is given to another worker."},
    Setting{.key = "jobs.drain", .type = Type::duration, .standard = "20s", .limits = "0s..10m", .reloads = true,
            .help = "Time running jobs and requests get to finish at shutdown."},

    Setting{.key = "log.level", .type = Type::choice, .standard = "info", .limits = "trace|debug|info|warning|error", .reloads = true, .variables = "LOG_LEVEL",
            .help = "The least important event that is written."},
    Setting{.key = "log.format", .type = Type::choice, .standard = "json", .limits = "json|text|journal", .variables = "LOG_FORMAT",
            .help = "json: one object a line; text: for a person; journal: fields to systemd's journal."},

    Setting{.key = "metrics.token", .type = Type::secret, .limits = "16..512", .reloads = true, .variables = "METRICS_TOKEN",
            .help = "Bearer token for /metrics from elsewhere; empty: only this machine may read it."},
    Setting{.key = "prometheus.enabled", .type = Type::boolean, .standard = "true", .variables = "PROMETHEUS_ENABLED",
            .help = "Whether /metrics is served."},
    Setting{.key = "sentry.dsn", .type = Type::secret_url, .idle = true, .variables = "SENTRY_DSN",
            .help = "Where crashes are reported to; empty: nowhere."},

    Setting{.key = "smtp.host", .idle = true, .variables = "SMTP_HOST", .help = "Mail server; empty: no mail is sent."},
    Setting{.key = "smtp.port", .type = Type::integer, .standard = "587", .limits = "1..65535", .idle = true, .variables = "SMTP_PORT",
            .help = "465 speaks TLS from the start; other ports must offer STARTTLS."},
    Setting{.key = "smtp.user", .idle = true, .variables = "SMTP_USER", .help = "Log-in name; empty: none."},
    Setting{.key = "smtp.password", .type = Type::secret, .idle = true, .variables = "SMTP_PASSWORD SMTP_PASS", .help = "Its password."},
    Setting{.key = "smtp.from", .idle = true, .variables = "SMTP_FROM", .help = "Sender of our mail, as \"Shop <no-reply@shop.example>\"."},

    Setting{.key = "backup.dir", .type = Type::path, .standard = "{data_dir}/backups", .variables = "BACKUP_DIR",
            .help = "The folder for backups."},

    Setting{.key = "smoke.base_url", .type = Type::url, .standard = "{public_url}", .variables = "SMOKE_BASE_URL",
            .help = "The installation that ssctl smoke tries."},
    Setting{.key = "smoke.recipient", .variables = "SMOKE_RECIPIENT",
            .help = "Instagram-scoped id of a customer of ours who may be sent a real test message; empty: none is sent in production."},
};
// clang-format on

/// Position of a key; a misspelt one does not compile.
consteval std::size_t setting_index(std::string_view key)
{
    for (std::size_t i = 0; i < kSettings.size(); ++i) {
        if (kSettings[i].key == key) {
            return i;
        }
    }
    throw "there is no setting with this key";
}

[[nodiscard]] constexpr bool is_secret(Type type)
{
    return type == Type::secret || type == Type::secret_url || type == Type::secret_list;
}

}  // namespace ss::config

// Every object of the daemon, in the order of the module graph; destroyed in the reverse.
#include "app.hpp"

#include "departures.hpp"
#include "guard.hpp"
#include "idempotency.hpp"
#include "marked_database.hpp"
#include "media_fetcher.hpp"
#include "media_urls.hpp"
#include "options.hpp"
#include "routes.hpp"
#include "workers.hpp"

#include <ss/analytics.hpp>
#include <ss/auth.hpp>
#include <ss/channel.hpp>
#include <ss/connect.hpp>
#include <ss/copies.hpp>
#include <ss/crypto.hpp>
#include <ss/health.hpp>
#include <ss/http.hpp>
#include <ss/ingest.hpp>
#include <ss/instagram.hpp>
#include <ss/jobs.hpp>
#include <ss/log.hpp>
#include <ss/messaging.hpp>
#include <ss/metrics.hpp>
#include <ss/migrate.hpp>
#include <ss/net.hpp>
#include <ss/password.hpp>
#include <ss/posts.hpp>
#include <ss/realtime.hpp>
#include <ss/storage.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <utility>

namespace ss::daemon {
namespace {

using namespace std::chrono_literals;
using config::Settings;

std::string process_name()
{
    return fmt::format("{}:{}", jobs::process_owner(), crypto::to_hex(crypto::random_bytes(6)));
}

double random_fraction()
{
    const auto bytes = crypto::random_bytes(4);
    std::uint32_t number = 0;
    for (const char byte : bytes) {
        number = number << 8U | static_cast<unsigned char>(byte);
    }
    return static_cast<double>(number) / 4'294'967'296.0;
}

}  // namespace

/// What can fail to open.
struct App::Foundations {
    Settings settings;
    config::Sources sources;
    observe::Notifier notifier;
    http::ServerOptions server_options;
    SystemClock clock;
    std::unique_ptr<MarkedDatabase> database;
    std::unique_ptr<storage::KeyValue> key_value;
    std::unique_ptr<storage::Blobs> blobs;
    std::unique_ptr<crypto::Keyring> keys;
};

/// All else, in the order of the graph.
struct App::Parts {
    Foundations& base;
    std::string name = process_name();
    observe::Metrics metrics;
    observe::Health health{base.clock};
    std::atomic<bool> is_ready{false};
    crypto::PasswordPool passwords;
    realtime::Stream stream{*base.key_value};
    realtime::Hub hub{*base.database, *base.key_value, base.clock, {}};
    std::unique_ptr<auth::Auth> auth;
    jobs::Queue queue{*base.database, base.clock};
    channel::Accounts accounts{*base.database, *base.keys, base.clock};
    net::HttpClient client{base.clock};
    net::HttpClient media_client{base.clock, media_client_options(base.settings)};
    instagram::Instagram instagram{instagram_options(base.settings), client, base.clock};
    channel::Connector connector{instagram, accounts, *base.key_value, base.clock};
    messaging::Inbox inbox{*base.database, queue, stream, base.clock};
    MediaUrls media_urls{base.settings.get<"public_url">(), base.settings.get<"auth.jwt_secret">(), base.clock};
    messaging::Outbox outbox{*base.database, queue, stream, accounts, channels(), base.clock};
    messaging::Copies copies{
        *base.database, queue, stream, *base.blobs, media_fetcher(media_client, base.settings.is_production()),
        base.clock};
    posts::Library library{*base.database, *base.blobs, base.clock};
    posts::Planner planner{*base.database, queue,      stream,
                           accounts,       channels(), [this](MediaId media) { return media_urls.url(media); },
                           base.clock};
    analytics::Analytics analytics{*base.database, queue, accounts, channels(), base.clock};
    ingest::Journal journal{*base.database, queue, accounts, channels(), sink(), base.clock, {.observe = told()}};
    Idempotency idempotency{*base.database, base.clock, jobs::process_owner()};
    Departures departures{*base.database, queue, accounts, base.clock};
    std::unique_ptr<Guard> guard;
    std::shared_ptr<const http::FixedBody> openapi;
    http::Router router;
    std::unique_ptr<http::Server> server;
    std::unique_ptr<jobs::Workers> workers;

    explicit Parts(Foundations& foundations)
        : base{foundations},
          passwords{{.threads = static_cast<unsigned>(foundations.settings.get<"auth.hash_threads">())}}
    {
    }

    std::function<channel::Channel*(std::string_view)> channels()
    {
        return [this](std::string_view channel) { return channel == instagram.name() ? &instagram : nullptr; };
    }

    ingest::Sink sink()
    {
        return [this](const channel::Account& account, std::span<const channel::Event> events) -> Result<void> {
            const auto applied = TRY(inbox.apply(account.workspace, account.id, events));
            metrics.counter("sss_messages_total", {"in", "stored"}).add(applied.stored);
            metrics.counter("sss_messages_total", {"in", "duplicate"}).add(applied.duplicates);
            return {};
        };
    }

    /// An event that is not in a timeline is never silent.
    std::function<void(const ingest::Processed&)> told()
    {
        return [this](const ingest::Processed& processed) {
            metrics.counter("sss_webhook_events_total", {"handed_on"}).add(processed.events);
            metrics.counter("sss_webhook_events_total", {"set_aside"}).add(processed.problems);
            metrics.counter("sss_webhook_events_total", {"unknown_account"}).add(processed.unknown_accounts);
            if (processed.problems + processed.unknown_accounts > 0) {
                observe::log_warning(
                    "events of a webhook are only in the journal",
                    {{"set_aside", processed.problems}, {"unknown_account", processed.unknown_accounts}});
            }
        };
    }

    Result<void> join();
    void add_routes();
    void add_health();
    void add_metrics();
};

void App::Parts::add_routes()
{
    add_auth_routes(router, *auth, base.clock);
    add_user_routes(router, *auth);
    add_workspace_routes(router, {*auth, accounts, connector, *base.database});
    add_connect_routes(router, connector);
    add_account_routes(router, accounts, connector);
    add_webhook_routes(router, journal, instagram, metrics);
    add_departure_routes(router, {departures, *auth, instagram, base.settings.get<"public_url">()});
    add_conversation_routes(router, inbox, outbox);
    add_message_routes(router, inbox, outbox);
    add_attachment_routes(router, copies);
    add_media_routes(router, library, media_urls, static_cast<std::size_t>(base.settings.get<"media.max_bytes">()));
    add_post_routes(router, planner);
    add_analytics_routes(router, analytics, base.clock);
    add_event_routes(router, hub);
    add_system_routes(router, health, metrics, base.settings.get<"prometheus.enabled">(), is_ready, openapi);
    router.set_gate({.admit = [this](const http::Route& route,
                                     const http::Request& request) { return guard->admit(route, request); },
                     .once =
                         [this](const http::Request& request, const std::function<Result<http::Response>()>& work) {
                             return idempotency.once(request, work);
                         },
                     .done = [this](const http::Request& request, int status,
                                    std::chrono::microseconds took) { guard->done(request, status, took); },
                     .failed =
                         [](const http::Request& request, const Error& error) {
                             const observe::RequestScope scope{request.id};
                             observe::log_error(
                                 "request failed",
                                 {{"route", request.route}, {"code", to_string(error.code)}, {"error", error.message}});
                         }});
    openapi = std::make_shared<http::FixedBody>(router.openapi("Social Selling", kVersion));
}

void App::Parts::add_health()
{
    using observe::HealthReading, observe::HealthState;
    health.add("database", [this]() -> HealthReading {
        const auto now = base.database->health();
        return {now.reachable ? HealthState::ok : HealthState::failed, now.detail};
    });
    health.add("key-value", [this]() -> HealthReading {
        const auto now = base.key_value->health();
        return {now.degraded || !now.reachable ? HealthState::degraded : HealthState::ok, now.detail};
    });
    health.add("media", [this]() -> HealthReading {
        // Degraded, not failed: messages are still taken; only pictures and attachments cannot be kept.
        const auto writable = base.blobs->probe();
        return writable ? HealthReading{} : HealthReading{HealthState::degraded, writable.error().message};
    });
    health.add("workers", [this]() -> HealthReading {
        if (!workers->alive()) {
            return {HealthState::failed, "the workers do not look for jobs any more"};
        }
        const auto counts = queue.counts();
        if (counts && counts->oldest_due > 5min) {
            return {HealthState::degraded,
                    fmt::format("the oldest due job has waited {} s", counts->oldest_due.count())};
        }
        return {};
    });
}

void App::Parts::add_metrics()
{
    metrics.gauge("sss_build_info", {kVersion}).set(1);
    metrics.on_scrape([this](observe::Metrics& to) {
        const auto front = server->numbers();
        to.gauge("sss_http_connections").set(static_cast<double>(front.connections));
        to.gauge("sss_http_queue").set(static_cast<double>(front.queued));
        to.gauge("sss_realtime_connections").set(static_cast<double>(hub.connected()));
        if (const auto counts = journal.counts(); counts && counts->last_received) {
            to.gauge("sss_webhook_last_timestamp_seconds")
                .set(std::chrono::duration<double>(counts->last_received->time_since_epoch()).count());
        }
        if (const auto counts = queue.counts()) {
            to.gauge("sss_jobs_waiting").set(static_cast<double>(counts->queued));
            to.gauge("sss_jobs_dead").set(static_cast<double>(counts->dead));
            to.gauge("sss_jobs_oldest_seconds").set(static_cast<double>(counts->oldest_due.count()));
        }
        for (const auto& report : health.check()) {
            const double value = report.state == observe::HealthState::ok         ? 1.0
                                 : report.state == observe::HealthState::degraded ? 0.5
                                                                                  : 0.0;
            to.gauge("sss_health", {report.name}).set(value);
        }
    });
}

Result<void> App::Parts::join()
{
    const auto& settings = base.settings;
    auth = TRY(auth::Auth::create(
        *base.database, *base.key_value, base.clock, passwords,
        auth_options(settings, [this](UserId user, std::string_view session) { hub.disconnect(user, session); })));
    guard = std::make_unique<Guard>(*auth, *base.key_value, metrics, settings.get<"metrics.token">());
    server = std::make_unique<http::Server>(base.server_options, router);
    workers = std::make_unique<jobs::Workers>(
        queue, *base.database, base.clock,
        jobs::Workers::Options{.threads = static_cast<int>(settings.get<"jobs.workers">()),
                               .lease = std::chrono::floor<std::chrono::seconds>(settings.get<"jobs.lease">()),
                               .crash_reports = base.settings.get<"data_dir">(),
                               .owner = name,
                               .random = random_fraction});
    TRY(add_work(*workers, {base.clock, queue, metrics, *auth, accounts, connector, journal, outbox, planner, analytics,
                            hub, idempotency, departures, copies, *base.database, *base.blobs}));
    add_routes();
    add_health();
    add_metrics();
    auto origins = settings.get<"http.cors_origins">();
    origins.push_back(settings.get<"public_url">());
    server->add(event_socket(hub, std::move(origins)));
    return {};
}

Result<std::unique_ptr<App>> App::create(Settings settings, config::Sources sources,
                                         const observe::ServiceEnvironment& service)
{
    auto options = TRY(server_options(settings, service));
    auto base = std::unique_ptr<Foundations>(new Foundations{.settings = std::move(settings),
                                                             .sources = std::move(sources),
                                                             .notifier = observe::Notifier{service},
                                                             .server_options = std::move(options),
                                                             .clock = {},
                                                             .database = nullptr,
                                                             .key_value = nullptr,
                                                             .blobs = nullptr,
                                                             .keys = nullptr});
    base->database = std::make_unique<MarkedDatabase>(TRY(storage::Database::open(database_options(base->settings))));
    TRY(migrate::require_current(*base->database));
    base->key_value = TRY(storage::KeyValue::open(key_value_options(base->settings), base->clock));
    base->blobs = TRY(storage::Blobs::open_folder(base->settings.get<"media.dir">()));
    base->keys = std::make_unique<crypto::Keyring>(TRY(keyring(base->settings)));
    auto app = std::unique_ptr<App>(new App{std::move(base)});
    TRY(app->parts_->join());
    return app;
}

App::App(std::unique_ptr<Foundations> foundations)
    : foundations_{std::move(foundations)}, parts_{std::make_unique<Parts>(*foundations_)}
{
}

App::~App() = default;

void App::reload()
{
    auto& base = *foundations_;
    base.notifier.reloading();
    const auto fresh = config::load(base.sources);
    if (!fresh) {
        observe::log_error("the configuration was not reloaded",
                           {{"error", config::as_one_error(fresh.error()).message}});
    } else {
        auto reloaded = config::reload(base.settings, *fresh);
        base.settings = std::move(reloaded.settings);
        observe::set_log_level(observe::to_level(base.settings.get<"log.level">()));
        parts_->guard->set_operations_token(base.settings.get<"metrics.token">());
        for (const auto key : reloaded.changed) {
            observe::log_info("setting reloaded", {{"key", key}});
        }
        for (const auto key : reloaded.needs_restart) {
            observe::log_warning("setting changed, but needs a restart", {{"key", key}});
        }
    }
    base.notifier.ready("serving");
}

Result<void> App::run()
{
    auto& base = *foundations_;
    auto& parts = *parts_;
    parts.hub.start();
    TRY(parts.workers->start());
    TRY(parts.server->start());
    parts.is_ready = true;
    const auto where = fmt::format("http://{}:{}", base.server_options.address, parts.server->port());
    // For whoever started us with port 0: the one line on standard output.
    fmt::print("ready on {}\n", where);
    std::fflush(stdout);
    base.notifier.ready(fmt::format("serving {}", where));
    observe::log_info("ready", {{"address", where}, {"version", kVersion}});

    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
        sigaddset(&signals, signal);
    }
    const auto rhythm = base.notifier.watchdog().value_or(1s);
    const timespec wait{rhythm / 1s, static_cast<long>((rhythm % 1s).count() * 1000)};
    for (;;) {
        const int signal = sigtimedwait(&signals, nullptr, &wait);
        if (signal == SIGHUP) {
            reload();
        } else if (signal > 0) {
            observe::log_info("stopping", {{"signal", signal}});
            break;
        } else if (parts.server->alive() && parts.workers->alive()) {
            base.notifier.alive();
        }
    }
    base.notifier.stopping();
    parts.is_ready = false;
    const auto patience = base.settings.get<"jobs.drain">();
    parts.workers->drain(patience);
    parts.server->stop(patience);
    parts.hub.stop();
    parts.passwords.stop();
    observe::log_info("stopped");
    return {};
}

}  // namespace ss::daemon

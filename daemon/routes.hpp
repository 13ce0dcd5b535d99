#pragma once
/// The rows of the route table, one function a resource; app.cpp calls them all. Each borrows what it is given.

#include <ss/error.hpp>
#include <ss/http.hpp>

#include <atomic>
#include <string>
#include <vector>

namespace ss {
class Clock;
}
namespace ss::analytics {
class Analytics;
}
namespace ss::auth {
class Auth;
}
namespace ss::channel {
class Accounts;
class Channel;
class Connector;
}  // namespace ss::channel
namespace ss::ingest {
class Journal;
}
namespace ss::instagram {
class Instagram;
}
namespace ss::messaging {
class Copies;
class Inbox;
class Outbox;
}  // namespace ss::messaging
namespace ss::observe {
class Health;
class Metrics;
}  // namespace ss::observe
namespace ss::posts {
class Library;
class Planner;
}  // namespace ss::posts
namespace ss::realtime {
class Hub;
}

namespace ss::storage {
class Database;
}

namespace ss::daemon {

class Departures;
class MediaUrls;

/// What deleting a workspace touches. Borrowed.
struct WorkspaceServices {
    auth::Auth& auth;
    channel::Accounts& accounts;
    channel::Connector& connector;
    storage::Database& database;
};

/// What a person's leaving touches. Borrowed.
struct DepartureServices {
    Departures& departures;
    auth::Auth& auth;
    const instagram::Instagram& instagram;
    std::string public_url;  ///< Without a slash at the end.
};

void add_auth_routes(http::Router& router, auth::Auth& auth, const Clock& clock);
void add_user_routes(http::Router& router, auth::Auth& auth);
void add_workspace_routes(http::Router& router, const WorkspaceServices& services);
void add_connect_routes(http::Router& router, channel::Connector& connector);
void add_account_routes(http::Router& router, channel::Accounts& accounts, channel::Connector& connector);
void add_webhook_routes(http::Router& router, ingest::Journal& journal, const channel::Channel& instagram,
                        observe::Metrics& metrics);
void add_departure_routes(http::Router& router, const DepartureServices& services);
void add_conversation_routes(http::Router& router, messaging::Inbox& inbox, const messaging::Outbox& outbox);
void add_message_routes(http::Router& router, messaging::Inbox& inbox, messaging::Outbox& outbox);
void add_attachment_routes(http::Router& router, const messaging::Copies& copies);
/// `upload_limit` in bytes.
void add_media_routes(http::Router& router, posts::Library& library, const MediaUrls& urls, std::size_t upload_limit);
void add_post_routes(http::Router& router, posts::Planner& planner);
void add_analytics_routes(http::Router& router, analytics::Analytics& analytics, const Clock& clock);
void add_event_routes(http::Router& router, realtime::Hub& hub);
[[nodiscard]] http::SocketRoute event_socket(realtime::Hub& hub, std::vector<std::string> origins);

/// `openapi` is read when asked for, so it may be filled after the last route was added.
void add_system_routes(http::Router& router, observe::Health& health, observe::Metrics& metrics, bool are_metrics_on,
                       const std::atomic<bool>& is_ready, const std::shared_ptr<const http::FixedBody>& openapi);

}  // namespace ss::daemon

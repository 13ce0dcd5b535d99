#pragma once
/// Which job does what, and what happens by the clock.

#include <ss/error.hpp>

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
class Connector;
}  // namespace ss::channel
namespace ss::ingest {
class Journal;
}
namespace ss::jobs {
class Queue;
class Workers;
}  // namespace ss::jobs
namespace ss::messaging {
class Copies;
class Inbox;
class Outbox;
}  // namespace ss::messaging
namespace ss::observe {
class Metrics;
}
namespace ss::posts {
class Planner;
}
namespace ss::realtime {
class Hub;
}
namespace ss::storage {
class Blobs;
class Database;
}  // namespace ss::storage

namespace ss::daemon {

class Departures;
class Idempotency;

/// What the jobs call. Borrowed.
struct WorkServices {
    const Clock& clock;
    jobs::Queue& queue;
    observe::Metrics& metrics;
    auth::Auth& auth;
    channel::Accounts& accounts;
    channel::Connector& connector;
    ingest::Journal& journal;
    messaging::Outbox& outbox;
    posts::Planner& planner;
    analytics::Analytics& analytics;
    realtime::Hub& hub;
    Idempotency& idempotency;
    Departures& departures;
    messaging::Copies& copies;
    storage::Database& database;
    storage::Blobs& blobs;
};

/// Before Workers::start(). Errors: configuration (a schedule that cannot be read).
[[nodiscard]] Result<void> add_work(jobs::Workers& workers, const WorkServices& services);

}  // namespace ss::daemon

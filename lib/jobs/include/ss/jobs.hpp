#pragma once
/// Work that must happen once, later, or again until it succeeds: a queue in the database.
///
/// A job is enqueued in the same transaction as the change that needs it. A worker claims it with a lease
/// (SKIP LOCKED on PostgreSQL, an immediate transaction on SQLite) that it keeps renewing; when the worker dies the
/// lease runs out and another runs the job again: at least once, so handlers are idempotent. Each claim has a fencing
/// number; finishing with an old one changes nothing.

#include <ss/error.hpp>
#include <ss/id.hpp>
#include <ss/time.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ss::storage {
class Database;
class Session;
}  // namespace ss::storage

namespace ss::jobs {

enum class State { queued, running, done, dead, cancelled };
[[nodiscard]] std::string_view to_string(State state);

/// Lower runs first: an answer to a customer is not behind bulk work.
enum class Priority { urgent = 0, normal = 10, bulk = 20 };

struct NewJob {
    std::string kind;            ///< "message.send", "webhook.process", …
    std::string payload = "{}";  ///< One JSON object; ids, never secrets.
    Priority priority = Priority::normal;
    std::optional<Timestamp> run_at;  ///< Empty: now.
    std::string unique_key;           ///< When not empty: a queued or running job of this kind and key is not doubled.
    /// Jobs of one kind with the same key run one at a time, in the order of their ids (per-account concurrency). One
    /// that waits less than 15 minutes for its retry holds the later ones back; a longer wait, or a first run_at that
    /// lies ahead, lets them pass.
    std::string serial_key;
    int max_attempts = 25;
    WorkspaceId workspace;  ///< 0: none; for lists and fairness.
};

struct Job {
    JobId id;
    std::string kind;
    std::string payload;
    State state = State::queued;
    Priority priority = Priority::normal;
    int attempts = 0;  ///< Including the one under way.
    int max_attempts = 25;
    Timestamp run_at;
    Timestamp created_at;
    std::optional<Timestamp> finished_at;
    std::string last_error;
    std::string unique_key;
    std::string serial_key;
    WorkspaceId workspace;
    std::int64_t fence = 0;
};

/// What a handler decided.
struct Outcome {
    enum class Kind { done, retry_at, give_up } kind = Kind::done;
    Timestamp at{};      ///< retry_at: runs again then; the attempt is not counted.
    std::string reason;  ///< give_up: straight to the dead letters.

    [[nodiscard]] static Outcome done() { return {}; }
    [[nodiscard]] static Outcome retry_at(Timestamp when) { return {Kind::retry_at, when, {}}; }
    [[nodiscard]] static Outcome give_up(std::string why) { return {Kind::give_up, {}, std::move(why)}; }
};

struct Context {
    const Job& job;
    std::function<bool()>
        stopping;  ///< True when the worker drains: long handlers give back by Outcome::retry_at(now).
};

/// A Result error counts the attempt: again after back_off(), a dead letter after max_attempts.
using Handler = std::function<Result<Outcome>(const Context&)>;

struct Counts {
    std::int64_t queued = 0;
    std::int64_t running = 0;
    std::int64_t dead = 0;
    std::chrono::seconds oldest_due{0};  ///< How long the oldest due job has waited.
};

struct Filter {
    std::optional<State> state;
    std::string kind;
    int limit = 50;
    std::string cursor;
};

struct JobPage {
    std::vector<Job> jobs;
    std::string next;
};

/// Safe to share between threads. Borrows database and clock.
class Queue {
public:
    Queue(storage::Database& database, const Clock& clock);
    ~Queue();
    Queue(const Queue&) = delete;
    Queue& operator=(const Queue&) = delete;

    /// Inside the caller's transaction; local workers wake after its commit. Returns the job that will do the work:
    /// the existing one when unique_key matched. Errors: invalid (no kind, a space in it), and those of the session.
    [[nodiscard]] Result<JobId> enqueue(storage::Session& session, const NewJob& job);
    [[nodiscard]] Result<JobId> enqueue(const NewJob& job);

    [[nodiscard]] Result<Job> get(JobId id) const;                   ///< Errors: not_found.
    [[nodiscard]] Result<JobPage> list(const Filter& filter) const;  ///< Newest first.
    [[nodiscard]] Result<void> retry(
        JobId id);  ///< Dead or cancelled → queued, attempts from 0. Errors: not_found, conflict.
    [[nodiscard]] Result<void> cancel(JobId id);  ///< Queued → cancelled. Errors: not_found, conflict (it runs).
    [[nodiscard]] Result<Counts> counts() const;
    /// Deletes done jobs older than `done`, dead and cancelled ones older than `dead`. Returns how many.
    [[nodiscard]] Result<std::int64_t> prune(std::chrono::hours done, std::chrono::hours dead);

    struct Signal;
    [[nodiscard]] Signal& signal() { return *signal_; }  ///< For Workers.

private:
    storage::Database& database_;
    const Clock& clock_;
    std::unique_ptr<Signal> signal_;
};

/// A wall-clock rhythm: five-field cron ("0 2 * * *") in a time zone (IANA name), or "every 30s".
/// Cron fields take numbers, names (jan, mon), ranges, steps and lists; Sunday is 0 or 7; with both a day of the month
/// and a day of the week, either is enough (as cron does). "@hourly", "@daily", "@weekly", "@monthly" and "@yearly"
/// too. A local time that daylight saving skips runs at the next one that exists; one that exists twice runs once, the
/// first time. "every 30s" (s, m, h, d) counts from 1970, so all daemons agree.
class Schedule {
public:
    /// Errors: invalid (the text, or a time zone that this system does not know).
    [[nodiscard]] static Result<Schedule> parse(std::string_view text, std::string_view time_zone = "UTC");
    /// The first tick after `after`; Timestamp::max() when there is none within 30 years (31 February).
    [[nodiscard]] Timestamp next(Timestamp after) const;
    [[nodiscard]] const std::string& text() const;  ///< As parsed, with the time zone: tells two rhythms apart.
    /// Of "every …"; zero for cron.
    [[nodiscard]] std::chrono::seconds interval() const;

    struct Fields;

private:
    explicit Schedule(std::shared_ptr<const Fields> fields) : fields_{std::move(fields)} {}
    std::shared_ptr<const Fields> fields_;  ///< Shared and immutable: schedules are copied into tables.
};

/// A job that crashed its worker this many times in a row is quarantined in the dead letters. A crash report says so;
/// an end from outside (kill -9, a power cut, no memory) blames no job: the first two such runs are repeated at once,
/// the next after 1, 2, 4, … seconds, and only the 25th goes to the dead letters.
inline constexpr int kMaxDeaths = 3;

/// "host/boot/pid namespace:pid:start time": names this process for leases, so that another on the same host can tell
/// from /proc whether it still lives.
[[nodiscard]] std::string process_owner();
/// Whether the process that a name begins with is known to be gone: true only when it ran on this host, boot and pid
/// namespace; false when that cannot be known.
[[nodiscard]] bool is_dead_process(std::string_view owner);

/// Threads that claim and run jobs, and fire schedules: each tick enqueues its job exactly once over all daemons
/// (a row per schedule, compare-and-set on its next tick). Ticks missed while no daemon ran fire once.
///
/// What runs next: the most urgent priority; among its workspaces the one with the fewest running jobs, then the one
/// served longest ago; of that workspace the oldest job. So 100,000 jobs of one shop do not delay another's.
class Workers {
public:
    struct Options {
        int threads = 4;
        /// Renewed every third of it. Leases of other hosts' dead workers are taken over when it is past, those of this
        /// host's dead processes at once. A jump of the wall clock steals none: a lease is only taken when it was also
        /// watched not being renewed for half of it.
        std::chrono::seconds lease{45};
        std::chrono::milliseconds poll{500};
        std::filesystem::path crash_reports;  ///< The folder of observe's crash reports; empty: there are none.
        std::string owner;                    ///< Empty: process_owner() and something unique.
        std::function<double()> random;       ///< 0 ≤ x < 1, for jitter; empty: a generator of its own.
    };

    /// Borrows all; they must outlive the workers.
    Workers(Queue& queue, storage::Database& database, const Clock& clock, Options options);
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    void handle(std::string_view kind, Handler handler);  ///< Before start(). An exception counts as an error.
    /// Before start(). Give the job a unique_key when a tick may be skipped while the last one's job still waits.
    void schedule(std::string_view name, Schedule when, NewJob job);

    [[nodiscard]] Result<void> start();
    /// Claims nothing more; running handlers see stopping(); what is not finished after `patience` (real time) is given
    /// back, and what its handler then decides changes nothing. The destructor still waits for such a handler.
    void drain(std::chrono::milliseconds patience);
    /// Runs what is due in the calling thread until nothing is: for tests, without threads. Returns how many ran.
    /// Trusts the wall clock about leases.
    [[nodiscard]] Result<int> run_due();
    /// A worker has looked for work within the last few polls; readiness asks. With every thread in a handler: one has
    /// finished a job within the last ten minutes.
    [[nodiscard]] bool alive() const;

    struct State;

private:
    std::unique_ptr<State> state_;
};

/// attempt⁴ + 15 seconds, ±10 %: 25 attempts are about three weeks. `jitter` in [0,1).
[[nodiscard]] std::chrono::seconds back_off(int attempt, double jitter);

}  // namespace ss::jobs

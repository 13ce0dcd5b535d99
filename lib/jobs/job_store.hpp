#pragma once
/// The table of jobs as workers see it: claim, settle, renew, take over, and the rows of schedules.

#include <ss/jobs.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ss::jobs {

/// Who claims, and until when the lease holds.
struct Claim {
    std::string owner;
    Timestamp lease_until;
    /// When a workspace was last served here, as a number that grows; 0: never.
    std::function<std::uint64_t(WorkspaceId)> last_served;
};

/// What becomes of a job that ran.
struct Settlement {
    State state = State::done;  ///< done, queued (again at run_at) or dead.
    Timestamp run_at{};
    bool counted = true;  ///< False: the attempt does not count.
    std::string error;
};

struct Lease {
    JobId id;
    std::int64_t fence = 0;
    std::string owner;
    Timestamp until{};
    std::string serial_key{};
    int attempts = 0;  ///< Including the one under way.
    int max_attempts = 0;
    int deaths = 0;  ///< How often in a row a crash report has blamed it.
};

struct ScheduleRow {
    Timestamp next;
    std::optional<Timestamp> last_tick;
};

/// Safe to share between threads. Every call is one transaction. Borrows the database.
class JobStore {
public:
    explicit JobStore(storage::Database& database) : database_{database} {}

    /// A cheap look whether anything may run at all.
    [[nodiscard]] Result<bool> any_due();
    [[nodiscard]] Result<std::optional<Job>> claim(const Claim& claim);

    struct Settled {
        bool accepted = false;  ///< False: the lease was lost, nothing was changed.
        std::optional<Job> next;
    };
    /// Settles and, with a claim, takes the next job in the same transaction.
    [[nodiscard]] Result<Settled> settle(const Job& job, const Settlement& settlement, Timestamp now,
                                         const Claim* claim);
    [[nodiscard]] Result<void> give_back(const std::vector<Lease>& leases, Timestamp now);

    [[nodiscard]] Result<void> renew(const std::vector<Lease>& leases, Timestamp until);
    [[nodiscard]] Result<std::vector<Lease>> leases();
    /// Settles a dead worker's job; `lease.deaths` is stored. Nothing happens when the lease was renewed or settled
    /// meanwhile. Returns whether it was taken.
    [[nodiscard]] Result<bool> take_over(const Lease& lease, const Settlement& settlement, Timestamp now);

    /// Jobs whose time has come may now be claimed. Returns how many.
    [[nodiscard]] Result<std::int64_t> promote(Timestamp now);

    [[nodiscard]] Result<void> put_schedule(const std::string& name, const std::string& rhythm, Timestamp next);
    [[nodiscard]] Result<ScheduleRow> schedule(const std::string& name);
    /// Compare-and-set on the expected tick; enqueues in the same transaction. False: another daemon was first.
    [[nodiscard]] Result<bool> fire(const std::string& name, Timestamp expected, Timestamp now, Timestamp next,
                                    Queue& queue, const NewJob& job);
    [[nodiscard]] Result<void> move_schedule(const std::string& name, Timestamp expected, Timestamp next);

private:
    storage::Database& database_;
};

}  // namespace ss::jobs

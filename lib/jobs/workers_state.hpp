#pragma once
/// The inside of Workers: what its threads share. The threads that run jobs are in workers.cpp, the one that keeps
/// leases and schedules in keeper.cpp.

#include <ss/guarded.hpp>
#include <ss/jobs.hpp>

#include "job_store.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ss::jobs {

struct Workers::State {
    State(Queue& queue, storage::Database& database, const Clock& clock, Options options);

    // ---- running jobs (workers.cpp)
    void work();
    /// Runs the job and settles it; takes the next one at once when `claim_next`.
    std::optional<Job> run(const Job& job, bool claim_next);
    [[nodiscard]] Settlement decide(const Job& job);
    [[nodiscard]] std::optional<Job> settle(const Job& job, const Settlement& settlement, bool claim_next);
    [[nodiscard]] Result<std::optional<Job>> claim();
    void began(const Job& job);
    void ended(const Job& job);
    [[nodiscard]] Claim next_claim();

    // ---- keeping (keeper.cpp)
    [[nodiscard]] Result<void> prepare_schedules();
    void keep();
    void renew();
    /// `trust_wall`: leases that the wall clock says are past are taken at once.
    [[nodiscard]] Result<int> take_over_dead(bool trust_wall);
    [[nodiscard]] Result<void> fire_schedules();

    struct Watched {
        std::int64_t fence = 0;
        Timestamp until;
        std::chrono::steady_clock::time_point since;  ///< When this lease was first seen like this.
    };
    struct Timetable {
        std::string name;
        Schedule when;
        NewJob job;
        Timestamp next;
        bool prepared = false;
    };

    Queue& queue;
    JobStore store;
    const Clock& clock;
    Options options;
    std::map<std::string, Handler, std::less<>> handlers;
    std::vector<Timetable> timetables;
    std::map<std::int64_t, Watched> watched;  ///< By job; the keeper's alone.
    Timestamp last_wall{};                    ///< The keeper's alone: tells when the wall clock went back.

    std::atomic<bool> draining{false};
    std::atomic<bool> leaving{false};                       ///< The drain's patience is over.
    std::atomic<std::int64_t> last_look;                    ///< Steady nanoseconds.
    Guarded<std::map<std::int64_t, std::int64_t>> running;  ///< Job → fence.
    struct Served {
        std::map<std::int64_t, std::uint64_t> at;  ///< Workspace → turn.
        std::uint64_t turn = 0;
    };
    Guarded<Served> served;

    std::mutex idle_mutex;
    std::condition_variable idle;  ///< Something ended, or draining began.
    std::vector<std::jthread> threads;

    void looked() { last_look = clock.steady().time_since_epoch().count(); }
    [[nodiscard]] std::vector<Lease> held();

private:
    /// What becomes of a job whose worker died; counts a death that a crash report explains.
    [[nodiscard]] Settlement after_death(Lease& lease);
    [[nodiscard]] Result<bool> is_abandoned(const Lease& lease, bool trust_wall);
    [[nodiscard]] Result<void> read_schedule(Timetable& table);
    [[nodiscard]] Result<void> fire(Timetable& table, Timestamp now);
};

}  // namespace ss::jobs

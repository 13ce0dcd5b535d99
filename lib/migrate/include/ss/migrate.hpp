#pragma once
/// The database's schema, step by step: what is applied, what is pending, and whether it is still what was applied.
///
///     migrate::Migrator migrator{database, clock};
///     auto report = TRY(migrator.up());
///
/// Owns the table `schema_ledger`: an append-only list of every step up and down with its SQL, the schema it left, and
/// a hash that chains each row to the one before. One step is one transaction together with its ledger row, so a
/// process killed at any point leaves a state the next up() finishes. One run at a time: PostgreSQL by an advisory
/// lock, SQLite by a lock on "<database>.migrate-lock"; both are freed by the death of their holder.

#include <ss/error.hpp>
#include <ss/sql/migrations.hpp>
#include <ss/storage.hpp>
#include <ss/time.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ss::migrate {

enum class State : std::uint8_t {
    applied,
    pending,       ///< Known to this program, not applied.
    drifted,       ///< Applied with another text than this program has.
    missing,       ///< Applied, but unknown to this program: a newer one did it.
    out_of_order,  ///< Not applied although a later one is; up() refuses.
};
[[nodiscard]] std::string_view to_string(State state);

struct Step {
    std::int64_t version = 0;
    std::string name;
    State state = State::pending;
    std::optional<Timestamp> applied_at;
    std::chrono::microseconds duration{0};
    std::string program;  ///< Which program applied it.
};

struct Status {
    std::vector<Step> steps;   ///< By version.
    std::int64_t version = 0;  ///< The highest applied one; 0: none.
    std::int64_t known = 0;    ///< The highest one this program has.

    [[nodiscard]] std::size_t count(State state) const;
    /// Every step of this program is applied with this text, and no other.
    [[nodiscard]] bool is_current() const { return count(State::applied) == steps.size(); }
};

enum class Direction : std::uint8_t { up, down };

struct PlannedStep {
    std::int64_t version = 0;
    std::string name;
    Direction direction = Direction::up;
    std::string sql;  ///< Down: the text stored when it was applied, not this program's.
};

/// What goes with a step that is taken back. What a step deletes by a statement of its own is not told.
struct Loss {
    std::string table;
    std::string column;     ///< Empty: the whole table.
    std::int64_t rows = 0;  ///< Of the table; of a column, those that hold something. Never 0.
};

/// How far down: exactly one of the two. `to` = 0 takes everything away.
struct Depth {
    std::optional<int> steps;
    std::optional<std::int64_t> to;
};

enum class Moment : std::uint8_t {
    waiting,   ///< Somebody else holds the lock; `detail` says who.
    starting,  ///< The step's transaction is open.
    written,   ///< Its SQL and its ledger row are written, not committed.
    committed,
};
struct Progress {
    Moment moment = Moment::starting;
    PlannedStep step;  ///< Empty at `waiting`.
    std::string detail;
    std::chrono::microseconds duration{0};
};

struct Options {
    std::span<const sql::Migration> migrations = sql::migrations();
    std::string program = "social-selling";  ///< Name and version, recorded with each step.
    std::chrono::milliseconds lock_timeout{60'000};
    /// Called once, with the lock held, before the first step of a database that holds tables; an error ends the run
    /// before anything has changed. The command passes a backup.
    std::function<Result<void>()> before;
    std::function<void(const Progress&)> progress;
};

struct Report {
    std::vector<PlannedStep> done;  ///< Without their SQL.
    std::int64_t version = 0;       ///< Afterwards.
    std::chrono::microseconds duration{0};
};

/// What verify() found wrong.
enum class Problem : std::uint8_t {
    ledger,  ///< A row was changed, removed or put in by hand: the chain or a checksum does not fit.
    text,    ///< An applied step reads differently in this program.
    schema,  ///< The live schema is not the one the last step left.
};
[[nodiscard]] std::string_view to_string(Problem problem);
struct Finding {
    Problem problem = Problem::schema;
    std::string subject;  ///< "step 3 (jobs)", "table message", "index message_by_time".
    std::string detail;   ///< One sentence.
};

/// One thread at a time. Borrows all it is given; a step may take as long as the database's statement time-out allows.
class Migrator {
public:
    Migrator(storage::Database& database, const Clock& clock, Options options = {});

    /// Reads, locks nothing. A database without a ledger has every step pending.
    /// Errors: unavailable, corrupt (a ledger that cannot be read).
    [[nodiscard]] Result<Status> status();

    /// What up() would run, in order; runs nothing. Errors: as up().
    [[nodiscard]] Result<std::vector<PlannedStep>> plan_up(std::optional<std::int64_t> to = std::nullopt);
    [[nodiscard]] Result<std::vector<PlannedStep>> plan_down(Depth depth);

    /// The tables and columns with rows that down() would lose: what is there and is not in the schema that the last
    /// remaining step left. Reads only. Errors: as down().
    [[nodiscard]] Result<std::vector<Loss>> losses(Depth depth);

    /// Applies the pending steps up to and including `to` (default: all). Nothing pending: done, without a lock.
    /// Errors: conflict (out of order, or a newer program was here), invalid (no such step), locked (names the holder),
    /// corrupt (an applied step was edited, the ledger was tampered with, a step left rows without their parents), and
    /// what the database says to a step's SQL, with the step in front. What was committed before the error stays and is
    /// in the ledger.
    [[nodiscard]] Result<Report> up(std::optional<std::int64_t> to = std::nullopt);

    /// Takes the newest steps back with the texts stored when they were applied, so that an older program can do it.
    /// Errors: as up().
    [[nodiscard]] Result<Report> down(Depth depth);

    /// Chain, checksums and live schema; empty when all is as it was left. Errors: unavailable.
    [[nodiscard]] Result<std::vector<Finding>> verify();

private:
    using Planner = std::function<Result<std::vector<PlannedStep>>(storage::Connection&)>;

    Result<Report> run(const Planner& planner, std::string_view purpose);
    Result<Report> run_locked(storage::Connection& connection, const Planner& planner);
    Result<void> apply(storage::Connection& connection, const PlannedStep& step);
    void tell(Moment moment, const PlannedStep& step, std::chrono::microseconds duration = {});

    storage::Database& database_;
    const Clock& clock_;
    Options options_;
};

/// For a program that wants to start: fine when every step it knows is applied and no other.
/// Errors: pending_migrations (message and hint say what to run), configuration (the database is newer than the
/// program), corrupt (an applied step reads differently here), unavailable.
[[nodiscard]] Result<void> require_current(storage::Database& database);

}  // namespace ss::migrate

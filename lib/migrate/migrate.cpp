// Planning and running steps.

#include "ledger.hpp"
#include "lock.hpp"
#include "schema.hpp"

#include <ss/sql/migrate.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace ss::migrate {
namespace {

std::string name_of(const Step& step)
{
    return fmt::format("{} ({})", step.version, step.name);
}

Result<void> refuse(const Status& status, State state, Errc code, std::string_view what, std::string_view hint)
{
    const auto found = std::ranges::find(status.steps, state, &Step::state);
    if (found == status.steps.end()) {
        return {};
    }
    return fail(code, fmt::format("step {} {}", name_of(*found), what), std::string{hint});
}

Result<void> refuse_tampering(const Ledger& ledger)
{
    const auto findings = ledger.tampering();
    if (findings.empty()) {
        return {};
    }
    return fail(Errc::corrupt, fmt::format("the ledger's {}: {}", findings.front().subject, findings.front().detail),
                "`ssctl migrate verify` lists everything; restore a backup from before");
}

Result<std::vector<PlannedStep>> steps_up(storage::Session& session, std::span<const sql::Migration> migrations,
                                          std::optional<std::int64_t> to)
{
    const auto ledger = TRY(Ledger::read(session));
    const auto status = compare(ledger, migrations, session.engine());
    const auto goal = to.value_or(status.known);
    if (goal < 0 || goal > status.known) {
        return fail(Errc::invalid, fmt::format("there is no step {}; the newest is {}", goal, status.known));
    }
    if (to && *to < status.version) {
        return fail(Errc::invalid, fmt::format("step {} is behind the database's {}", *to, status.version),
                    fmt::format("ssctl migrate down --to {}", *to));
    }
    TRY(refuse_tampering(ledger));
    TRY(refuse(status, State::drifted, Errc::corrupt, "was applied with another text than this program has",
               "`ssctl migrate verify` shows it; an applied step is never edited, a new one is added"));
    TRY(refuse(status, State::out_of_order, Errc::conflict, "is not applied although a later one is",
               "give it a number after the newest applied step"));
    std::vector<PlannedStep> plan;
    for (const auto& migration : migrations) {
        if (migration.version > status.version && migration.version <= goal) {
            plan.push_back({.version = migration.version,
                            .name = std::string{migration.name},
                            .direction = Direction::up,
                            .sql = std::string{up_text(migration, session.engine())}});
        }
    }
    if (!plan.empty()) {
        TRY(refuse(status, State::missing, Errc::conflict, "is applied but unknown to this program",
                   "use the newer program"));
    }
    return plan;
}

Result<std::vector<PlannedStep>> steps_down(storage::Session& session, const Depth& depth)
{
    if (depth.steps.has_value() == depth.to.has_value()) {
        return fail(Errc::usage, "say how far down: either a number of steps or the step to stop at");
    }
    if (depth.steps.value_or(1) < 1 || depth.to.value_or(0) < 0) {
        return fail(Errc::invalid, "a number of steps is at least 1, a step to stop at at least 0");
    }
    const auto ledger = TRY(Ledger::read(session));
    if (depth.to && *depth.to > ledger.version()) {
        return fail(Errc::invalid, fmt::format("step {} is ahead of the database's {}", *depth.to, ledger.version()),
                    fmt::format("ssctl migrate up --to {}", *depth.to));
    }
    if (depth.to && *depth.to != 0 && !ledger.applied().contains(*depth.to)) {
        return fail(Errc::invalid, fmt::format("step {} is not applied", *depth.to));
    }
    TRY(refuse_tampering(ledger));
    std::vector<PlannedStep> plan;
    for (auto at = ledger.applied().rbegin(); at != ledger.applied().rend(); ++at) {
        const auto& row = *at->second;
        if (depth.to ? row.version <= *depth.to : plan.size() >= static_cast<std::size_t>(*depth.steps)) {
            break;
        }
        plan.push_back({.version = row.version, .name = row.name, .direction = Direction::down, .sql = row.down_text});
    }
    return plan;
}

/// What was begun and not committed is taken back.
class Transaction {
public:
    explicit Transaction(storage::Connection& connection) : connection_{connection} {}
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction()
    {
        if (open_) {
            connection_.rollback();
        }
    }
    Result<void> begin()
    {
        TRY(connection_.begin());
        open_ = true;
        return {};
    }
    Result<void> commit()
    {
        TRY(connection_.commit());
        open_ = false;
        return {};
    }

private:
    storage::Connection& connection_;
    bool open_ = false;
};

Result<void> make_ledger(storage::Connection& connection)
{
    const auto exists = TRY(connection.one(sql::migrate::LedgerExists{}));
    if (exists && exists->found != 0) {
        return {};
    }
    Transaction transaction{connection};
    TRY(transaction.begin());
    TRY(connection.run(sql::migrate::MakeLedger{}));
    return transaction.commit();
}

Result<void> check_foreign_keys(storage::Connection& connection)
{
    const auto violations = TRY(connection.all(sql::migrate::ForeignKeyViolations{}));
    if (violations.empty()) {
        return {};
    }
    const auto& first = violations.front();
    return fail(Errc::corrupt, fmt::format("{} rows of {} would refer to rows of {} that do not exist",
                                           first.violations, first.child, first.parent));
}

using Steady = std::chrono::steady_clock;
std::chrono::microseconds since(Steady::time_point start)
{
    return std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - start);
}

}  // namespace

Migrator::Migrator(storage::Database& database, const Clock& clock, Options options)
    : database_{database}, clock_{clock}, options_{std::move(options)}
{
}

Result<Status> Migrator::status()
{
    return database_.read([this](storage::Session& session) -> Result<Status> {
        const auto ledger = TRY(Ledger::read(session));
        return compare(ledger, options_.migrations, session.engine());
    });
}

Result<std::vector<PlannedStep>> Migrator::plan_up(std::optional<std::int64_t> to)
{
    return database_.read([&](storage::Session& session) { return steps_up(session, options_.migrations, to); });
}

Result<std::vector<PlannedStep>> Migrator::plan_down(Depth depth)
{
    return database_.read([&](storage::Session& session) { return steps_down(session, depth); });
}

Result<Report> Migrator::up(std::optional<std::int64_t> to)
{
    return run([this, to](storage::Connection& connection) { return steps_up(connection, options_.migrations, to); },
               "ssctl migrate up");
}

Result<Report> Migrator::down(Depth depth)
{
    return run([depth](storage::Connection& connection) { return steps_down(connection, depth); },
               "ssctl migrate down");
}

Result<Report> Migrator::run(const Planner& planner, std::string_view purpose)
{
    const auto start = Steady::now();
    const auto connection = TRY(database_.connect());
    const auto first_look = TRY(planner(*connection));
    Report report;
    if (first_look.empty()) {
        const auto ledger = TRY(Ledger::read(*connection));
        report.version = ledger.version();
    } else {
        const auto lock = TRY(Lock::take(*connection, purpose, options_.lock_timeout, [this](std::string holder) {
            if (options_.progress) {
                options_.progress({.moment = Moment::waiting, .step = {}, .detail = std::move(holder), .duration = {}});
            }
        }));
        report = TRY(run_locked(*connection, planner));
    }
    report.duration = since(start);
    return report;
}

Result<Report> Migrator::run_locked(storage::Connection& connection, const Planner& planner)
{
    Report report;
    auto plan = TRY(planner(connection));  // whoever held the lock may have done it all
    if (!plan.empty()) {
        const auto schema = TRY(describe(connection));
        if (options_.before && !schema.empty()) {
            TRY(options_.before());
        }
        if (connection.engine() == storage::Engine::sqlite) {
            // No effect inside a transaction, and a table that is rebuilt must not take its children with it.
            TRY(connection.script("pragma foreign_keys = off"));
        }
        TRY(make_ledger(connection));
    }
    for (auto& step : plan) {
        auto done = apply(connection, step);
        if (!done) {
            return fail(
                prefixed(std::move(done).error(), fmt::format("step {} ({}) {}", step.version, step.name,
                                                              step.direction == Direction::up ? "up" : "down")));
        }
        step.sql.clear();
        report.done.push_back(std::move(step));
    }
    const auto ledger = TRY(Ledger::read(connection));
    report.version = ledger.version();
    return report;
}

Result<void> Migrator::apply(storage::Connection& connection, const PlannedStep& step)
{
    const auto start = Steady::now();
    Transaction transaction{connection};
    TRY(transaction.begin());
    tell(Moment::starting, step);
    const auto ledger = TRY(Ledger::read(connection));
    TRY(connection.script(step.sql));
    TRY(check_foreign_keys(connection));
    const auto schema = TRY(describe(connection));

    LedgerRow row;
    if (step.direction == Direction::down) {
        row = *ledger.applied().at(step.version);
    } else {
        const auto migration = std::ranges::find(options_.migrations, step.version, &sql::Migration::version);
        row.up_text = step.sql;
        row.down_text = down_text(*migration, connection.engine());
    }
    row.version = step.version;
    row.name = step.name;
    row.direction = step.direction;
    row.checksum = checksum_of(row.up_text, row.down_text);
    row.fingerprint = fingerprint_of(schema);
    row.applied_at = clock_.now();
    row.duration = since(start);
    row.program = options_.program;
    TRY(append(connection, ledger.last_chain(), std::move(row), schema));
    tell(Moment::written, step);
    TRY(transaction.commit());
    tell(Moment::committed, step, since(start));
    return {};
}

void Migrator::tell(Moment moment, const PlannedStep& step, std::chrono::microseconds duration)
{
    if (options_.progress) {
        options_.progress({.moment = moment, .step = step, .detail = {}, .duration = duration});
    }
}

}  // namespace ss::migrate

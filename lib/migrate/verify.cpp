// Is the database still what the ledger says, and is it what this program needs?

#include "ledger.hpp"
#include "schema.hpp"

#include <ss/sql/migrate.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace ss::migrate {

std::string_view to_string(State state)
{
    switch (state) {
        case State::applied:
            return "applied";
        case State::pending:
            return "pending";
        case State::drifted:
            return "drifted";
        case State::missing:
            return "missing";
        case State::out_of_order:
            return "out_of_order";
    }
    return "?";
}

std::string_view to_string(Problem problem)
{
    switch (problem) {
        case Problem::ledger:
            return "ledger";
        case Problem::text:
            return "text";
        case Problem::schema:
            return "schema";
    }
    return "?";
}

std::size_t Status::count(State state) const
{
    return static_cast<std::size_t>(std::ranges::count(steps, state, &Step::state));
}

namespace {

Result<std::vector<Finding>> schema_findings(storage::Session& session, const Ledger& ledger)
{
    if (ledger.rows().empty()) {
        return std::vector<Finding>{};
    }
    const auto recorded = TRY(session.one(sql::migrate::RecordedSchema{}));
    const auto live = TRY(describe(session));
    auto findings = differences(recorded ? std::string_view{recorded->schema_text} : std::string_view{}, live);
    if (recorded && fingerprint_of(recorded->schema_text) != ledger.rows().back().fingerprint) {
        findings.push_back(
            {Problem::ledger, fmt::format("step {}", ledger.rows().back().version), "the recorded schema was changed"});
    }
    return findings;
}

}  // namespace

Result<std::vector<Finding>> Migrator::verify()
{
    return database_.read([this](storage::Session& session) -> Result<std::vector<Finding>> {
        const auto ledger = TRY(Ledger::read(session));
        auto findings = ledger.tampering();
        const auto status = compare(ledger, options_.migrations, session.engine());
        for (const auto& step : status.steps) {
            if (step.state == State::drifted) {
                findings.push_back({Problem::text, fmt::format("step {} ({})", step.version, step.name),
                                    "was applied with another text than this program has"});
            }
        }
        auto schema = TRY(schema_findings(session, ledger));
        std::ranges::move(schema, std::back_inserter(findings));
        return findings;
    });
}

Result<void> require_current(storage::Database& database)
{
    const SystemClock clock;
    const auto status = TRY(Migrator(database, clock).status());
    if (status.count(State::drifted) > 0) {
        return fail(Errc::corrupt, "an applied schema step reads differently in this program",
                    "`ssctl migrate verify` shows which");
    }
    if (const auto pending = status.count(State::pending) + status.count(State::out_of_order); pending > 0) {
        return fail(Errc::pending_migrations,
                    fmt::format("the database is at step {} and this program needs step {}: {} to apply",
                                status.version, status.known, pending),
                    "run: ssctl migrate up");
    }
    if (status.count(State::missing) > 0) {
        return fail(
            Errc::configuration,
            fmt::format("the database is at step {}, newer than this program's {}", status.version, status.known),
            fmt::format("start the newer program, or run: ssctl migrate down --to {}", status.known));
    }
    return {};
}

}  // namespace ss::migrate

// Reading, folding and extending the ledger.

#include "ledger.hpp"

#include <ss/crypto.hpp>
#include <ss/sql/migrate.hpp>

#include <fmt/core.h>

#include <set>
#include <utility>

namespace ss::migrate {

std::string_view up_text(const sql::Migration& migration, storage::Engine engine)
{
    return engine == storage::Engine::sqlite ? migration.sqlite_up : migration.postgres_up;
}

std::string_view down_text(const sql::Migration& migration, storage::Engine engine)
{
    return engine == storage::Engine::sqlite ? migration.sqlite_down : migration.postgres_down;
}

std::string checksum_of(std::string_view up, std::string_view down)
{
    return crypto::sha256_hex(fmt::format("{}\n-- down\n{}", up, down));
}

std::string chain_of(std::string_view previous, const LedgerRow& row)
{
    return crypto::sha256_hex(fmt::format("{}\n{}\n{}\n{}\n{}\n{}", previous, row.version, row.name,
                                          row.direction == Direction::up ? "up" : "down", row.checksum,
                                          row.fingerprint));
}

Result<Ledger> Ledger::read(storage::Session& session)
{
    Ledger ledger;
    const auto exists = TRY(session.one(sql::migrate::LedgerExists{}));
    if (!exists || exists->found == 0) {
        return ledger;
    }
    auto rows = TRY(session.all(sql::migrate::LedgerRows{}));
    ledger.rows_.reserve(rows.size());
    for (auto& row : rows) {
        ledger.rows_.push_back({.version = row.version,
                                .name = std::move(row.name),
                                .direction = row.direction == "down" ? Direction::down : Direction::up,
                                .checksum = std::move(row.checksum),
                                .fingerprint = std::move(row.fingerprint),
                                .chain = std::move(row.chain),
                                .up_text = std::move(row.up_text),
                                .down_text = std::move(row.down_text),
                                .applied_at = from_micros(row.applied_at),
                                .duration = std::chrono::microseconds{row.duration},
                                .program = std::move(row.program)});
    }
    for (const auto& row : ledger.rows_) {
        if (row.direction == Direction::up) {
            ledger.applied_[row.version] = &row;
        } else {
            ledger.applied_.erase(row.version);
        }
    }
    return ledger;
}

std::string_view Ledger::last_chain() const
{
    return rows_.empty() ? std::string_view{} : std::string_view{rows_.back().chain};
}

std::vector<Finding> Ledger::tampering() const
{
    std::vector<Finding> findings;
    std::string_view previous;
    for (const auto& row : rows_) {
        const auto subject = fmt::format("step {} ({})", row.version, row.name);
        if (row.checksum != checksum_of(row.up_text, row.down_text)) {
            findings.push_back({Problem::ledger, subject, "the stored text is not the one that was applied"});
        }
        if (row.chain != chain_of(previous, row)) {
            findings.push_back({Problem::ledger, subject,
                                "its hash does not follow from the row before: a row was changed, removed or put in"});
        }
        previous = row.chain;
    }
    return findings;
}

Result<void> append(storage::Session& session, std::string_view previous_chain, LedgerRow row,
                    const std::string& schema_text)
{
    row.chain = chain_of(previous_chain, row);
    TRY(session.run(sql::migrate::AppendToLedger{.version = row.version,
                                                 .name = std::move(row.name),
                                                 .direction = row.direction == Direction::up ? "up" : "down",
                                                 .checksum = std::move(row.checksum),
                                                 .fingerprint = std::move(row.fingerprint),
                                                 .chain = std::move(row.chain),
                                                 .up_text = std::move(row.up_text),
                                                 .down_text = std::move(row.down_text),
                                                 .schema_text = schema_text,
                                                 .applied_at = to_micros(row.applied_at),
                                                 .duration = row.duration.count(),
                                                 .program = std::move(row.program)}));
    return {};
}

Status compare(const Ledger& ledger, std::span<const sql::Migration> migrations, storage::Engine engine)
{
    Status status{
        .steps = {}, .version = ledger.version(), .known = migrations.empty() ? 0 : migrations.back().version};
    std::map<std::int64_t, Step> steps;
    for (const auto& migration : migrations) {
        steps[migration.version] = {.version = migration.version,
                                    .name = std::string{migration.name},
                                    .state = migration.version < status.version ? State::out_of_order : State::pending,
                                    .applied_at = {},
                                    .duration = {},
                                    .program = {}};
    }
    for (const auto& migration : migrations) {
        const auto applied = ledger.applied().find(migration.version);
        if (applied != ledger.applied().end()) {
            const bool same =
                applied->second->checksum == checksum_of(up_text(migration, engine), down_text(migration, engine));
            steps[migration.version].state = same ? State::applied : State::drifted;
        }
    }
    for (const auto& [version, row] : ledger.applied()) {
        auto [step, unknown] = steps.try_emplace(version);
        if (unknown) {
            step->second = {.version = version,
                            .name = row->name,
                            .state = State::missing,
                            .applied_at = {},
                            .duration = {},
                            .program = {}};
        }
        step->second.applied_at = row->applied_at;
        step->second.duration = row->duration;
        step->second.program = row->program;
    }
    for (auto& [version, step] : steps) {
        status.steps.push_back(std::move(step));
    }
    return status;
}

}  // namespace ss::migrate

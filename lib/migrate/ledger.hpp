#pragma once
// The rows of schema_ledger, what they add up to, and whether they are still what was written.

#include <ss/migrate.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ss::migrate {

struct LedgerRow {
    std::int64_t version = 0;
    std::string name;
    Direction direction = Direction::up;
    std::string checksum;     ///< Of both texts.
    std::string fingerprint;  ///< Of the schema after this step.
    std::string chain;        ///< Of the row before and all of the above.
    std::string up_text;
    std::string down_text;
    Timestamp applied_at;
    std::chrono::microseconds duration{0};
    std::string program;
};

[[nodiscard]] std::string checksum_of(std::string_view up, std::string_view down);
[[nodiscard]] std::string chain_of(std::string_view previous, const LedgerRow& row);

class Ledger {
public:
    /// Empty when the table does not exist.
    [[nodiscard]] static Result<Ledger> read(storage::Session& session);

    [[nodiscard]] const std::vector<LedgerRow>& rows() const { return rows_; }
    [[nodiscard]] std::string_view last_chain() const;
    /// The last `up` row of every step that is applied now, by version.
    [[nodiscard]] const std::map<std::int64_t, const LedgerRow*>& applied() const { return applied_; }
    [[nodiscard]] std::int64_t version() const { return applied_.empty() ? 0 : applied_.rbegin()->first; }
    /// Rows whose chain or checksum does not fit what they hold.
    [[nodiscard]] std::vector<Finding> tampering() const;

    Ledger(Ledger&&) noexcept = default;
    Ledger& operator=(Ledger&&) noexcept = default;

private:
    Ledger() = default;
    std::vector<LedgerRow> rows_;
    std::map<std::int64_t, const LedgerRow*> applied_;
};

/// `row.chain` is filled in. Inside the step's transaction.
[[nodiscard]] Result<void> append(storage::Session& session, std::string_view previous_chain, LedgerRow row,
                                  const std::string& schema_text);

[[nodiscard]] Status compare(const Ledger& ledger, std::span<const sql::Migration> migrations, storage::Engine engine);

[[nodiscard]] std::string_view up_text(const sql::Migration& migration, storage::Engine engine);
[[nodiscard]] std::string_view down_text(const sql::Migration& migration, storage::Engine engine);

}  // namespace ss::migrate

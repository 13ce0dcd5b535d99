#pragma once
/// The tables `webhook` and `webhook_problem`.

#include <ss/ingest.hpp>

namespace ss::ingest {

struct Body {
    std::string channel;
    std::string bytes;
};

/// Every call is one transaction. Borrows both.
class JournalStore {
public:
    JournalStore(storage::Database& database, jobs::Queue& queue) : database_{database}, queue_{queue} {}

    [[nodiscard]] Result<Receipt> insert(std::string_view channel, std::string_view body, std::string_view request_id,
                                         Timestamp now);
    /// Nothing when it has been pruned. Errors: corrupt.
    [[nodiscard]] Result<std::optional<Body>> body(JournalId id);
    [[nodiscard]] Result<void> finish(JournalId id, const Processed& processed, const std::vector<Problem>& problems,
                                      Timestamp now);
    [[nodiscard]] Result<void> fail_attempt(JournalId id, std::string_view error);

    [[nodiscard]] Result<std::optional<Entry>> get(JournalId id);
    [[nodiscard]] Result<std::vector<Problem>> problems(JournalId id);
    /// Newest first, ids below `before`.
    [[nodiscard]] Result<std::vector<Entry>> list(const Filter& filter, std::int64_t before, int max_rows);
    [[nodiscard]] Result<void> enqueue(const std::vector<Entry>& entries);
    [[nodiscard]] Result<Counts> counts(Timestamp now);
    [[nodiscard]] Result<std::int64_t> prune(Timestamp before, Timestamp with_problems_before);

private:
    storage::Database& database_;
    jobs::Queue& queue_;
};

}  // namespace ss::ingest

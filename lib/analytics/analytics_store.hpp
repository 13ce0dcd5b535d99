#pragma once
/// The rows behind the numbers.

#include <ss/analytics.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ss::analytics {

struct Scope {
    WorkspaceId workspace;
    std::int64_t account = 0;  ///< 0: all.
    Range range;
};

/// Everything of one dashboard from one snapshot. Errors: not_found (account), unavailable.
[[nodiscard]] Result<Dashboard> read_dashboard(storage::Database& database, const Scope& scope);

struct Measured {
    std::chrono::sys_days day;
    std::string metric;
    std::int64_t value = 0;
};
[[nodiscard]] Result<void> store_measured(storage::Database& database, const channel::Account& account,
                                          const std::vector<Measured>& measured, Timestamp now);

/// A job for every account that has nothing of today yet. Returns how many.
[[nodiscard]] Result<int> queue_accounts(storage::Database& database, jobs::Queue& queue, std::chrono::sys_days today);

}  // namespace ss::analytics

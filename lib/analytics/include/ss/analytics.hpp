#pragma once
/// Numbers that were measured, and nothing else: what our own rows say, and what the channel measured.
///
/// Owns the table `insight` (one row a day, account and metric); reads `message`, `conversation` and `post`. Its SQL is
/// sql/queries/analytics.sql. A metric the channel did not give is absent, never 0.

#include <ss/channel.hpp>
#include <ss/error.hpp>
#include <ss/guarded.hpp>
#include <ss/id.hpp>
#include <ss/time.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ss::storage {
class Database;
}
namespace ss::jobs {
class Queue;
}

namespace ss::analytics {

struct Range {
    Timestamp from;  ///< Included.
    Timestamp to;    ///< Excluded; at most 366 days after `from`.
};

/// One UTC day.
struct Day {
    std::chrono::sys_days day;
    std::int64_t received = 0;
    std::int64_t sent = 0;
    std::optional<std::int64_t> followers;
    std::optional<std::int64_t> reach;
};

struct Dashboard {
    std::int64_t messages_received = 0;
    std::int64_t messages_sent = 0;  ///< Reached the channel, from here or from the phone.
    std::int64_t messages_failed = 0;
    std::int64_t new_conversations = 0;
    /// From a customer's first unanswered message to the next answer: median over the answers in the range.
    std::optional<std::chrono::seconds> response_time;
    std::int64_t answers = 0;  ///< How many the median is over.
    std::int64_t posts_published = 0;
    std::int64_t posts_scheduled = 0;
    std::int64_t posts_failed = 0;
    // What the channel measured; empty: not measured in the range.
    std::optional<std::int64_t> followers;  ///< The last value in the range, summed over the accounts.
    std::optional<std::int64_t> reach;      ///< Sum of the days: who was reached on two days counts twice.
    std::optional<std::int64_t> views;
    std::optional<std::int64_t> interactions;
    std::vector<Day> days;  ///< Days with at least one number, in order.
    Timestamp computed_at;  ///< At most kCached old.
};

inline constexpr std::chrono::seconds kCached{30};
/// The job that fetches one account's insights; its payload is {"account":12}.
inline constexpr std::string_view kFetchJob = "analytics.fetch";

/// The channel an account belongs to, by name; nullptr when this program does not offer it.
using Channels = std::function<channel::Channel*(std::string_view name)>;

/// Safe to share between threads. Borrows all; they must outlive it.
class Analytics {
public:
    Analytics(storage::Database& database, jobs::Queue& queue, channel::Accounts& accounts, Channels channels,
              const Clock& clock);

    /// Of the workspace, or of one of its accounts. Answers are kept for kCached; the range is widened to whole
    /// 30 seconds.
    /// Errors: invalid (range), not_found (account), unavailable.
    [[nodiscard]] Result<Dashboard> dashboard(WorkspaceId workspace, const Range& range,
                                              std::optional<AccountId> account = {});

    /// Queues kFetchJob for every connected account, at most once a day each: for a daily schedule. Returns how many.
    [[nodiscard]] Result<int> queue_fetches();
    /// Fetches the last three complete days (the channel may lag by two) and today's followers. Empty: done.
    [[nodiscard]] Result<std::optional<Timestamp>> fetch(AccountId account);
    [[nodiscard]] Result<std::optional<Timestamp>> fetch_job(std::string_view payload);

private:
    struct Key {
        std::int64_t workspace = 0;
        std::int64_t account = 0;
        Timestamp from;
        Timestamp to;
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    [[nodiscard]] Result<Dashboard> compute(const Key& key);

    storage::Database& database_;
    jobs::Queue& queue_;
    channel::Accounts& accounts_;
    Channels channels_;
    const Clock& clock_;
    Guarded<std::map<Key, Dashboard>> cache_;
};

}  // namespace ss::analytics

#pragma once
/// The journal of signed webhooks: what a channel says happened, kept as it came before it is answered.
///
/// Owns the tables `webhook` and `webhook_problem`; its SQL is sql/queries/ingest.sql. A body is journaled once its
/// signature is right and before it is parsed, in one transaction with the job that processes it: an answer of 200
/// means that nothing is lost, whatever happens next. What was journaled can be processed again at any time.

#include <ss/channel.hpp>
#include <ss/error.hpp>
#include <ss/id.hpp>
#include <ss/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ss::storage {
class Database;
}
namespace ss::jobs {
class Queue;
struct Context;
struct Outcome;
}  // namespace ss::jobs

namespace ss::ingest {

inline constexpr std::string_view kProcessJob = "webhook.process";

/// Stores events of one account, oldest first, all or none of them, and may get the same ones again. After an error
/// that says something about the events (invalid, conflict, not_found, too_large, unsupported, corrupt, and internal
/// from the third attempt on) the batch is halved until the bad one is alone; any other error stops the job, which is
/// tried again.
using Sink = std::function<Result<void>(const channel::Account& account, std::span<const channel::Event> events)>;

/// The channel of this name, or null.
using Channels = std::function<channel::Channel*(std::string_view name)>;

enum class State { received, processed, failed };
[[nodiscard]] std::string_view to_string(State state);
[[nodiscard]] std::optional<State> to_state(std::string_view name);

struct Receipt {
    JournalId id;
    bool repeated = false;  ///< The same bytes were journaled before.
};

/// A journaled body, without the body.
struct Entry {
    JournalId id;
    std::string channel;
    State state = State::received;
    int attempts = 0;
    int events = 0;            ///< Handed to the sink and stored, the last time.
    int problems = 0;          ///< Items set aside: see Problem.
    int unknown_accounts = 0;  ///< Events of accounts that nobody has connected: only in the journal.
    JournalId repeat_of;       ///< The first entry with the same bytes; 0: none.
    std::string request_id;
    std::string last_error;
    Timestamp received_at;
    std::optional<Timestamp> processed_at;
    std::int64_t bytes = 0;
    std::string sha256;  ///< Of the body, lower-case hex.
};

/// An item that could not be read or stored; it took no other with it.
struct Problem {
    std::string account;  ///< The channel's id; empty when it could not be read.
    std::string reason;
    std::string item;  ///< What is known of it, as a JSON object: its ids and, for unsupported ones, its JSON.
    Timestamp found_at;
};

struct Shown {
    Entry entry;
    std::string body;  ///< The raw bytes. Holds customers' words: never logged.
    std::vector<Problem> problems;
};

struct Filter {
    std::optional<State> state;
    bool with_problems = false;
    std::optional<Timestamp> from;   ///< Received at or after.
    std::optional<Timestamp> until;  ///< Received before.
    std::string cursor;
    int limit = 50;
};

struct EntryPage {
    std::vector<Entry> entries;
    std::string next;
};

struct Counts {
    std::int64_t waiting = 0;                ///< Received and not yet tried.
    std::int64_t failed = 0;                 ///< Tried in vain so far.
    std::chrono::seconds oldest_waiting{0};  ///< A growing one means that webhooks come in and nothing processes them.
    std::optional<Timestamp> last_received;  ///< The gap alarm of all accounts; one account's: Account::last_event_at.
};

struct Processed {
    int events = 0;
    int problems = 0;
    int unknown_accounts = 0;
};

struct Options {
    std::chrono::hours keep{24 * 30};                 ///< Processed entries; at least seven days.
    std::chrono::hours keep_with_problems{24 * 180};  ///< Processed entries with problems.
    std::size_t batch = 200;                          ///< Events handed to the sink at a time.
    std::function<void(const Processed&)> observe;    ///< After each processed entry; for metrics. May be empty.
};

/// Safe to share between threads. Borrows all; they must outlive the journal.
class Journal {
public:
    Journal(storage::Database& database, jobs::Queue& queue, channel::Accounts& accounts, Channels channels, Sink sink,
            const Clock& clock, Options options);

    /// Checks the signature over the raw bytes before anything else, then journals; durable when it returns.
    /// Errors: unauthenticated (nothing was written), unavailable, busy (the channel shall send it again).
    [[nodiscard]] Result<Receipt> receive(const channel::Channel& channel, std::string_view body,
                                          std::string_view signature_header, std::string_view request_id);

    /// The handler of kProcessJob.
    [[nodiscard]] Result<jobs::Outcome> process(const jobs::Context& context);

    /// Queues it to be processed (again). Errors: not_found.
    [[nodiscard]] Result<void> replay(JournalId id);
    /// Queues every entry the filter finds; its cursor and limit do not count. Returns how many.
    [[nodiscard]] Result<std::int64_t> replay(const Filter& filter);

    [[nodiscard]] Result<EntryPage> list(const Filter& filter) const;  ///< Newest first. Errors: invalid (cursor).
    [[nodiscard]] Result<Shown> show(JournalId id) const;              ///< Errors: not_found, corrupt.
    [[nodiscard]] Result<Counts> counts() const;

    /// Deletes processed entries older than the options say, never others. Returns how many.
    [[nodiscard]] Result<std::int64_t> prune();

private:
    storage::Database& database_;
    jobs::Queue& queue_;
    channel::Accounts& accounts_;
    Channels channels_;
    Sink sink_;
    const Clock& clock_;
    Options options_;
};

}  // namespace ss::ingest

// The journal's rows. Bodies are base64, because text columns hold neither NUL nor invalid UTF-8.

#include "journal_store.hpp"

#include <ss/crypto.hpp>
#include <ss/jobs.hpp>
#include <ss/sql/ingest.hpp>
#include <ss/storage.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace ss::ingest {
namespace {

using storage::Session;

constexpr std::size_t kMaxTextBytes = 4'000;

/// What a text column takes: valid, without control characters, not endless.
std::string storable(std::string_view text)
{
    if (!is_valid_utf8(text)) {
        return "(not UTF-8)";
    }
    auto clean = printable(text);
    if (clean.size() > kMaxTextBytes) {
        auto end = kMaxTextBytes;
        while (end > 0 && (static_cast<unsigned char>(clean[end]) & 0xC0U) == 0x80U) {
            --end;
        }
        clean.resize(end);
    }
    return clean;
}

/// One job an entry and `reason`: asked for twice it still runs once. A replay does not wait for the first one's retry.
jobs::NewJob job_for(JournalId id, std::string_view reason)
{
    jobs::NewJob job;
    job.kind = kProcessJob;
    job.payload = fmt::format(R"({{"journal":{}}})", id.value);
    job.priority = jobs::Priority::urgent;
    job.unique_key = fmt::format("{}:{}", reason, id.value);
    return job;
}

template <class Row>
Entry entry_of(Row row)
{
    Entry entry;
    entry.id = JournalId{row.id};
    entry.channel = std::move(row.channel);
    entry.state = to_state(row.state).value_or(State::received);
    entry.attempts = static_cast<int>(row.attempts);
    entry.events = static_cast<int>(row.events);
    entry.problems = static_cast<int>(row.problems);
    entry.unknown_accounts = static_cast<int>(row.unknown_accounts);
    entry.repeat_of = JournalId{row.repeat_of.value_or(0)};
    entry.request_id = std::move(row.request_id);
    entry.last_error = std::move(row.last_error);
    entry.received_at = from_micros(row.received_at);
    if (row.processed_at) {
        entry.processed_at = from_micros(*row.processed_at);
    }
    entry.bytes = row.bytes;
    entry.sha256 = std::move(row.body_sha256);
    return entry;
}

template <class Query>
Result<std::vector<Entry>> entries_of(Session& session, const Filter& filter, std::int64_t before, int max_rows)
{
    Query query;
    query.before = before;
    query.from_at = filter.from ? to_micros(*filter.from) : std::numeric_limits<std::int64_t>::min();
    query.until_at = filter.until ? to_micros(*filter.until) : std::numeric_limits<std::int64_t>::max();
    query.state = filter.state ? to_string(*filter.state) : std::string_view{};
    query.with_problems = filter.with_problems;
    query.max_rows = max_rows;
    auto rows = TRY(session.all(query));
    std::vector<Entry> entries;
    entries.reserve(rows.size());
    for (auto& row : rows) {
        entries.push_back(entry_of(std::move(row)));
    }
    return entries;
}

}  // namespace

Result<Receipt> JournalStore::insert(std::string_view channel, std::string_view body, std::string_view request_id,
                                     Timestamp now)
{
    const sql::ingest::InsertWebhook row{.channel = std::string{channel},
                                         .request_id = storable(request_id),
                                         .now = to_micros(now),
                                         .bytes = static_cast<std::int64_t>(body.size()),
                                         .body_sha256 = crypto::sha256_hex(body),
                                         .body_base64 = crypto::to_base64(body)};
    return database_.write([&](Session& session) -> Result<Receipt> {
        const auto inserted = TRY(session.one(row));
        if (!inserted) {
            return fail(Errc::internal, "the journal gave no id");
        }
        const Receipt receipt{JournalId{inserted->id}, inserted->repeat_of.has_value()};
        TRY(queue_.enqueue(session, job_for(receipt.id, "first")));
        return receipt;
    });
}

Result<std::optional<Body>> JournalStore::body(JournalId id)
{
    auto row =
        TRY(database_.read([&](Session& session) { return session.one(sql::ingest::ReadBody{.id = id.value}); }));
    if (!row) {
        return std::optional<Body>{};
    }
    auto bytes = crypto::from_base64(row->body_base64);
    if (!bytes || crypto::sha256_hex(*bytes) != row->body_sha256) {
        return fail(Errc::corrupt, fmt::format("the journaled body {} does not fit its hash", id.value));
    }
    return std::optional{Body{std::move(row->channel), *std::move(bytes)}};
}

Result<void> JournalStore::finish(JournalId id, const Processed& processed, const std::vector<Problem>& problems,
                                  Timestamp now)
{
    return database_.write([&](Session& session) -> Result<void> {
        TRY(session.run(sql::ingest::ClearProblems{.webhook_id = id.value}));
        for (const auto& problem : problems) {
            TRY(session.run(sql::ingest::InsertProblem{.webhook_id = id.value,
                                                       .account = storable(problem.account),
                                                       .reason = storable(problem.reason),
                                                       .item = storable(problem.item),
                                                       .now = to_micros(now)}));
        }
        TRY(session.run(sql::ingest::FinishWebhook{.id = id.value,
                                                   .events = processed.events,
                                                   .problems = processed.problems,
                                                   .unknown_accounts = processed.unknown_accounts,
                                                   .now = to_micros(now)}));
        return {};
    });
}

Result<void> JournalStore::fail_attempt(JournalId id, std::string_view error)
{
    const sql::ingest::FailWebhook query{.id = id.value, .last_error = storable(error)};
    TRY(database_.write([&](Session& session) { return session.run(query); }));
    return {};
}

Result<std::optional<Entry>> JournalStore::get(JournalId id)
{
    auto row =
        TRY(database_.read([&](Session& session) { return session.one(sql::ingest::GetWebhook{.id = id.value}); }));
    return row ? std::optional{entry_of(*std::move(row))} : std::nullopt;
}

Result<std::vector<Problem>> JournalStore::problems(JournalId id)
{
    auto rows = TRY(database_.read(
        [&](Session& session) { return session.all(sql::ingest::ListProblems{.webhook_id = id.value}); }));
    std::vector<Problem> problems;
    problems.reserve(rows.size());
    for (auto& row : rows) {
        problems.push_back(
            {std::move(row.account), std::move(row.reason), std::move(row.item), from_micros(row.found_at)});
    }
    return problems;
}

Result<std::vector<Entry>> JournalStore::list(const Filter& filter, std::int64_t before, int max_rows)
{
    return database_.read([&](Session& session) {
        return filter.state && *filter.state != State::processed
                   ? entries_of<sql::ingest::ListOpenWebhooks>(session, filter, before, max_rows)
                   : entries_of<sql::ingest::ListWebhooks>(session, filter, before, max_rows);
    });
}

Result<void> JournalStore::enqueue(const std::vector<Entry>& entries)
{
    return database_.write([&](Session& session) -> Result<void> {
        for (const auto& entry : entries) {
            auto job = job_for(entry.id, "replay");
            job.priority = entries.size() == 1 ? jobs::Priority::urgent : jobs::Priority::bulk;
            TRY(queue_.enqueue(session, job));
        }
        return {};
    });
}

Result<Counts> JournalStore::counts(Timestamp now)
{
    const auto row = TRY(database_.read([](Session& session) { return session.one(sql::ingest::CountWebhooks{}); }));
    Counts counts;
    if (row) {
        counts.waiting = row->waiting;
        counts.failed = row->failed;
        if (row->oldest_waiting_at) {
            counts.oldest_waiting =
                std::max(std::chrono::seconds{0},
                         std::chrono::duration_cast<std::chrono::seconds>(now - from_micros(*row->oldest_waiting_at)));
        }
        if (row->last_received_at) {
            counts.last_received = from_micros(*row->last_received_at);
        }
    }
    return counts;
}

Result<std::int64_t> JournalStore::prune(Timestamp before, Timestamp with_problems_before)
{
    const sql::ingest::PruneWebhooks query{.before = to_micros(before),
                                           .with_problems_before = to_micros(with_problems_before)};
    std::int64_t total = 0;
    while (true) {
        const auto gone = TRY(database_.write([&](Session& session) { return session.run(query); }));
        if (gone == 0) {
            return total;
        }
        total += gone;
    }
}

}  // namespace ss::ingest

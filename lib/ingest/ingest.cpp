// Receiving and processing: the signature first, then the journal, then a job that hands events on in batches and sets
// aside what cannot be stored.

#include <ss/ingest.hpp>
#include <ss/jobs.hpp>
#include <ss/text.hpp>

#include "journal_store.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <limits>
#include <map>
#include <utility>

namespace ss::ingest {
namespace {

constexpr int kMaxRows = 500;
constexpr std::chrono::hours kLeastKept{24 * 7};  // channels repeat a webhook for a day and a half
constexpr int kAttemptsBeforeBlame = 3;

/// Whether the error speaks about the events rather than about the world around them.
bool blames_events(const Error& error, int attempt)
{
    switch (error.code) {
        case Errc::invalid:
        case Errc::conflict:
        case Errc::not_found:
        case Errc::too_large:
        case Errc::unsupported:
            return true;
        case Errc::internal:
            return attempt >= kAttemptsBeforeBlame;
        default:
            return false;
    }
}

/// Ids and kind, not the customer's words: those are in the journaled body.
std::string outline(const channel::Event& event)
{
    nlohmann::json item{{"kind", channel::to_string(event.kind)},
                        {"message_id", event.message_id},
                        {"customer", event.customer},
                        {"at", to_rfc3339(event.at)}};
    if (!event.raw.empty()) {
        item["raw"] = event.raw;
    }
    return item.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<JournalId> journal_of(std::string_view payload)
{
    const auto json = nlohmann::json::parse(payload, nullptr, false);
    if (!json.is_object() || !json.contains("journal") || !json["journal"].is_number_integer()) {
        return std::nullopt;
    }
    return JournalId{json["journal"].get<std::int64_t>()};
}

channel::Parsed parse(const channel::Channel& channel, std::string_view body)
{
    try {
        return channel.parse(body);
    } catch (const std::exception&) {
        channel::Parsed parsed;
        parsed.problems.emplace_back("the body could not be parsed");
        return parsed;
    }
}

/// One pass over one body.
class Pass {
public:
    Pass(channel::Accounts& accounts, const Sink& sink, const Options& options, int attempt, Timestamp now)
        : accounts_{accounts}, sink_{sink}, options_{options}, attempt_{attempt}, now_{now}
    {
    }

    [[nodiscard]] Result<void> run(std::string_view channel, channel::Parsed parsed)
    {
        for (auto& sentence : parsed.problems) {
            add_problem({}, std::move(sentence), "{}");
        }
        std::map<std::string, std::vector<channel::Event>> by_account;
        for (auto& event : parsed.events) {
            by_account[event.account].push_back(std::move(event));
        }
        for (auto& [external_id, events] : by_account) {
            const auto account = accounts_.find(channel, external_id);
            if (!account && account.error().code != Errc::not_found) {
                return fail(account.error());
            }
            if (!account) {
                processed.unknown_accounts += static_cast<int>(events.size());
                continue;
            }
            TRY(hand_on(*account, events));
        }
        return {};
    }

    Processed processed;
    std::vector<Problem> problems;

private:
    [[nodiscard]] Result<void> hand_on(const channel::Account& account, std::vector<channel::Event>& events)
    {
        std::ranges::stable_sort(events, {}, &channel::Event::at);
        const auto newest = std::min(events.back().at, now_);
        const std::span all{events};
        const auto batch = std::max<std::size_t>(options_.batch, 1);
        for (std::size_t at = 0; at < all.size(); at += batch) {
            TRY(store(account, all.subspan(at, std::min(batch, all.size() - at))));
        }
        return accounts_.touch_event(account.id, newest);
    }

    [[nodiscard]] Result<void> store(const channel::Account& account, std::span<const channel::Event> events)
    {
        const auto stored = call_sink(account, events);
        if (stored) {
            processed.events += static_cast<int>(events.size());
            return {};
        }
        if (!blames_events(stored.error(), attempt_)) {
            return stored;
        }
        if (events.size() == 1) {
            add_problem(account.external_id, stored.error().message, outline(events.front()));
            return {};
        }
        const auto half = events.size() / 2;
        TRY(store(account, events.first(half)));
        return store(account, events.subspan(half));
    }

    [[nodiscard]] Result<void> call_sink(const channel::Account& account, std::span<const channel::Event> events) const
    {
        try {
            return sink_(account, events);
        } catch (const std::exception& thrown) {
            return fail(Errc::internal, fmt::format("storing events threw: {}", printable(thrown.what())));
        }
    }

    void add_problem(std::string account, std::string reason, std::string item)
    {
        problems.push_back({std::move(account), std::move(reason), std::move(item), now_});
        ++processed.problems;
    }

    channel::Accounts& accounts_;
    const Sink& sink_;
    const Options& options_;
    int attempt_;
    Timestamp now_;
};

}  // namespace

std::string_view to_string(State state)
{
    constexpr std::array<std::string_view, 3> kNames{"received", "processed", "failed"};
    return kNames.at(static_cast<std::size_t>(state));
}

std::optional<State> to_state(std::string_view name)
{
    for (const auto state : {State::received, State::processed, State::failed}) {
        if (to_string(state) == name) {
            return state;
        }
    }
    return std::nullopt;
}

Journal::Journal(storage::Database& database, jobs::Queue& queue, channel::Accounts& accounts, Channels channels,
                 Sink sink, const Clock& clock, Options options)
    : database_{database},
      queue_{queue},
      accounts_{accounts},
      channels_{std::move(channels)},
      sink_{std::move(sink)},
      clock_{clock},
      options_{std::move(options)}
{
}

Result<Receipt> Journal::receive(const channel::Channel& channel, std::string_view body,
                                 std::string_view signature_header, std::string_view request_id)
{
    TRY(channel.verify_signature(body, signature_header));
    return JournalStore{database_, queue_}.insert(channel.name(), body, request_id, clock_.now());
}

Result<jobs::Outcome> Journal::process(const jobs::Context& context)
{
    const auto id = journal_of(context.job.payload);
    if (!id) {
        return jobs::Outcome::give_up("the payload names no journal entry");
    }
    JournalStore store{database_, queue_};
    const auto body = TRY(store.body(*id));
    if (!body) {
        return jobs::Outcome::done();  // pruned meanwhile
    }
    auto* const channel = channels_(body->channel);
    if (channel == nullptr) {
        return fail(Errc::unsupported, fmt::format("there is no channel '{}'", printable(body->channel)));
    }
    Pass pass{accounts_, sink_, options_, context.job.attempts, clock_.now()};
    if (const auto passed = pass.run(body->channel, parse(*channel, body->bytes)); !passed) {
        (void)store.fail_attempt(*id, passed.error().message);  // the job's own error is what counts
        return fail(passed.error());
    }
    TRY(store.finish(*id, pass.processed, pass.problems, clock_.now()));
    if (options_.observe) {
        options_.observe(pass.processed);
    }
    return jobs::Outcome::done();
}

Result<void> Journal::replay(JournalId id)
{
    JournalStore store{database_, queue_};
    const auto entry = TRY(store.get(id));
    if (!entry) {
        return fail(Errc::not_found, "no such journal entry");
    }
    return store.enqueue({*entry});
}

Result<std::int64_t> Journal::replay(const Filter& filter)
{
    JournalStore store{database_, queue_};
    std::int64_t total = 0;
    auto before = std::numeric_limits<std::int64_t>::max();
    while (true) {
        const auto entries = TRY(store.list(filter, before, kMaxRows));
        if (entries.empty()) {
            return total;
        }
        TRY(store.enqueue(entries));
        total += static_cast<std::int64_t>(entries.size());
        before = entries.back().id.value;
    }
}

Result<EntryPage> Journal::list(const Filter& filter) const
{
    auto before = std::numeric_limits<std::int64_t>::max();
    if (!filter.cursor.empty()) {
        const auto cursor = to_integer(filter.cursor);
        if (!cursor || *cursor < 1) {
            return fail(Errc::invalid, "the cursor is not one of ours", {}, "cursor");
        }
        before = *cursor;
    }
    const int limit = std::clamp(filter.limit, 1, kMaxRows);
    EntryPage page;
    page.entries = TRY(JournalStore{database_, queue_}.list(filter, before, limit + 1));
    if (page.entries.size() > static_cast<std::size_t>(limit)) {
        page.entries.pop_back();
        page.next = std::to_string(page.entries.back().id.value);
    }
    return page;
}

Result<Shown> Journal::show(JournalId id) const
{
    JournalStore store{database_, queue_};
    auto entry = TRY(store.get(id));
    auto body = TRY(store.body(id));
    if (!entry || !body) {
        return fail(Errc::not_found, "no such journal entry");
    }
    auto problems = TRY(store.problems(id));
    return Shown{*std::move(entry), std::move(body->bytes), std::move(problems)};
}

Result<Counts> Journal::counts() const
{
    return JournalStore{database_, queue_}.counts(clock_.now());
}

Result<std::int64_t> Journal::prune()
{
    const auto now = clock_.now();
    const auto keep = std::max(options_.keep, kLeastKept);
    return JournalStore{database_, queue_}.prune(now - keep, now - std::max(options_.keep_with_problems, keep));
}

}  // namespace ss::ingest

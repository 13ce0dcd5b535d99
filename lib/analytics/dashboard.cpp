// The dashboard's short memory, and fetching what the channel measured.
#include "analytics_store.hpp"

#include <ss/connect.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace ss::analytics {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr auto kLongest = days{366};
constexpr int kDaysBack = 3;
constexpr std::size_t kMaxCached = 1'000;

Result<Range> checked(const Range& range)
{
    if (range.to <= range.from || range.to - range.from > kLongest) {
        return fail(Errc::invalid, "the range has to be longer than nothing and at most 366 days", {}, "/to");
    }
    return range;
}

}  // namespace

Analytics::Analytics(storage::Database& database, jobs::Queue& queue, channel::Accounts& accounts, Channels channels,
                     const Clock& clock)
    : database_{database}, queue_{queue}, accounts_{accounts}, channels_{std::move(channels)}, clock_{clock}
{
}

Result<Dashboard> Analytics::dashboard(WorkspaceId workspace, const Range& range, std::optional<AccountId> account)
{
    const auto wanted = TRY(checked(range));
    // Ranges that end "now" differ with each call: on a grid they can be remembered.
    const auto grid = [](Timestamp at) { return std::chrono::floor<std::chrono::duration<int, std::ratio<30>>>(at); };
    const auto from = Timestamp{grid(wanted.from)};
    const auto to = Timestamp{grid(wanted.to + kCached - 1us)};
    const Key key{workspace.value, account ? account->value : 0, from, to};
    const auto now = clock_.now();
    auto known = cache_.with([&](auto& cache) -> std::optional<Dashboard> {
        const auto found = cache.find(key);
        const bool fresh = found != cache.end() && now - found->second.computed_at < kCached;
        return fresh ? std::optional{found->second} : std::nullopt;
    });
    if (known) {
        return std::move(*known);
    }
    auto computed = TRY(compute(key));
    computed.computed_at = now;
    cache_.with([&](auto& cache) {
        if (cache.size() >= kMaxCached) {
            std::erase_if(cache, [&](const auto& entry) { return now - entry.second.computed_at >= kCached; });
        }
        if (cache.size() < kMaxCached) {
            cache.insert_or_assign(key, computed);
        }
    });
    return computed;
}

Result<Dashboard> Analytics::compute(const Key& key)
{
    return read_dashboard(database_, {WorkspaceId{key.workspace}, key.account, {key.from, key.to}});
}

Result<int> Analytics::queue_fetches()
{
    return queue_accounts(database_, queue_, std::chrono::floor<days>(clock_.now()));
}

Result<std::optional<Timestamp>> Analytics::fetch(AccountId id)
{
    const auto account = TRY(accounts_.get(id));
    auto* service = channels_(account.channel);
    const auto access = accounts_.access(id);
    if (!access && access.error().code != Errc::account_disconnected) {
        return std::unexpected(access.error());
    }
    if (!access || service == nullptr) {
        return std::nullopt;
    }
    const auto now = clock_.now();
    const auto today = std::chrono::floor<days>(now);
    std::vector<Measured> measured;
    std::optional<channel::Failure> failure;
    for (int back = kDaysBack; back >= 1 && !failure; --back) {
        const auto day = today - days{back};
        const auto insights = service->account_insights(*access, day, day + days{1});
        if (!insights) {
            failure = insights.error();
            continue;
        }
        for (const auto& [metric, value] : *insights) {
            measured.push_back({day, metric, value});
        }
    }
    if (!failure) {
        const auto profile = service->profile(*access);
        if (profile && profile->followers) {
            measured.push_back({today, "followers", *profile->followers});
        }
    }
    TRY(store_measured(database_, account, measured, now));
    if (!failure) {
        return std::nullopt;
    }
    if (const auto state = channel::state_after(*failure)) {
        TRY(accounts_.set_state(id, *state, failure->sentence));
        return std::nullopt;
    }
    if (failure->kind == channel::FailureClass::throttled) {
        return now + std::max<std::chrono::seconds>(failure->retry_after, 60s);
    }
    if (failure->kind == channel::FailureClass::transient || failure->kind == channel::FailureClass::unknown_outcome) {
        return fail(Errc::unavailable, fmt::format("insights could not be fetched: {}", failure->sentence));
    }
    return std::nullopt;  // not measured for this account
}

Result<std::optional<Timestamp>> Analytics::fetch_job(std::string_view payload)
{
    const auto parsed = nlohmann::json::parse(payload, nullptr, false);
    if (!parsed.is_object() || !parsed.contains("account") || !parsed["account"].is_number_integer()) {
        return fail(Errc::invalid, "the job's payload holds no account");
    }
    return fetch(AccountId{parsed["account"].get<std::int64_t>()});
}

}  // namespace ss::analytics

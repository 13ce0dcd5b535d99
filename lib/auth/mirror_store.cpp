// Sessions mirrored in the key-value store, and the rate limits counted there.
#include "store.hpp"

#include <ss/guarded.hpp>
#include <ss/storage.hpp>
#include <ss/text.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <map>

namespace ss::auth {
namespace {

constexpr std::string_view kEnded = "-";
constexpr std::string_view kAsk = "?";
constexpr std::chrono::seconds kAskLifetime{30};
constexpr std::chrono::seconds kMinute{60};

std::string key_of(std::string_view session)
{
    return "session:" + std::string{session};
}

std::optional<Mirror::Live> parse(std::string_view value)
{
    const auto parts = split(value, ' ');
    if (parts.size() != 3) {
        return std::nullopt;
    }
    const auto user = to_integer(parts[0]);
    const auto workspace = to_integer(parts[1]);
    const auto role = to_role(parts[2]);
    if (!user || !workspace || !role) {
        return std::nullopt;
    }
    return Mirror::Live{UserId{*user}, WorkspaceId{*workspace}, *role};
}

/// One person's addresses count as one: the /64 of IPv6 (a home gets at least that), IPv4 in IPv6 as IPv4.
std::string network_of(std::string_view address)
{
    const std::string text{address};
    std::array<unsigned char, 16> bytes{};
    if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) {
        return text;
    }
    constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    std::array<char, INET6_ADDRSTRLEN> out{};
    if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) {
        inet_ntop(AF_INET, bytes.data() + kMapped.size(), out.data(), out.size());
    } else {
        std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
        inet_ntop(AF_INET6, bytes.data(), out.data(), out.size());
    }
    return out.data();
}

}  // namespace

// What ended while Redis was away: written there again when it is back, and refused here until then.
struct Mirror::Pending {
    struct State {
        std::map<std::string, Timestamp, std::less<>> sessions;  ///< Until when the tombstone matters.
        std::chrono::steady_clock::time_point next_try;
    };
    Guarded<State> state;
    std::atomic<bool> any{false};
};

Mirror::Mirror(storage::KeyValue& key_value, const Clock& clock, std::chrono::seconds lifetime,
               std::chrono::seconds tombstone_lifetime)
    : key_value_{key_value},
      clock_{clock},
      lifetime_{lifetime},
      tombstone_lifetime_{tombstone_lifetime},
      pending_{std::make_unique<Pending>()}
{
}

Mirror::~Mirror() = default;

bool Mirror::ended_here(std::string_view session)
{
    if (!pending_->any) {
        return false;
    }
    auto state = pending_->state.lock();
    const bool ended = state->sessions.contains(session);
    if (clock_.steady() >= state->next_try) {
        state->next_try = clock_.steady() + std::chrono::seconds{1};
        if (!key_value_.health().degraded) {
            for (const auto& [id, until] : state->sessions) {
                if (until > clock_.now()) {
                    key_value_.set(key_of(id), kEnded, tombstone_lifetime_);
                }
            }
            state->sessions.clear();
            pending_->any = false;
        }
    }
    return ended;
}

std::variant<Mirror::Live, Mirror::Ended, Mirror::Unknown> Mirror::get(std::string_view session)
{
    if (ended_here(session)) {
        return Ended{};
    }
    const auto value = key_value_.get(key_of(session));
    if (value == kEnded) {
        return Ended{};
    }
    const auto live = value ? parse(*value) : std::nullopt;
    if (!live) {
        return Unknown{};
    }
    return *live;
}

void Mirror::put(std::string_view session, const Live& live)
{
    std::string value = std::to_string(live.user.value);
    value += ' ';
    value += std::to_string(live.workspace.value);
    value += ' ';
    value += to_string(live.role);
    // Absent only: between our reading and now the session may have ended.
    static_cast<void>(key_value_.set_if_absent(key_of(session), value, lifetime_));
}

void Mirror::end(std::string_view session)
{
    key_value_.set(key_of(session), kEnded, tombstone_lifetime_);
    if (key_value_.health().degraded) {
        pending_->state.with([&](Pending::State& state) {
            state.sessions.insert_or_assign(std::string{session}, clock_.now() + tombstone_lifetime_);
        });
        pending_->any = true;
    }
}

void Mirror::ask_anew(std::string_view session)
{
    key_value_.set(key_of(session), kAsk, kAskLifetime);
}

Result<void> Limiter::keep_in(Store& journal)
{
    for (const auto& key : TRY(journal.attempts(kMinute))) {
        (void)key_value_.take(key, std::numeric_limits<std::int64_t>::max(), kMinute);
    }
    journal_ = &journal;
    return {};
}

Limiter::Verdict Limiter::take(const std::string& key, std::int64_t limit)
{
    const auto allowance = key_value_.take(key, limit, kMinute);
    if (allowance.allowed && journal_ != nullptr) {
        (void)journal_->note_attempt(key, kMinute);  // the database is away: so is what the attempt is for
    }
    return {allowance.allowed, {allowance.limit, allowance.remaining, allowance.reset}};
}

Limiter::Verdict Limiter::by_address(std::string_view what, std::string_view address, std::int64_t limit)
{
    return take("limit:" + std::string{what} + ":address:" + network_of(address), limit);
}

Limiter::Verdict Limiter::by_account(std::string_view what, std::string_view account, std::int64_t limit)
{
    return take("limit:" + std::string{what} + ":account:" + std::string{account}, limit);
}

bool Limiter::unknown_failure(std::int64_t limit)
{
    return key_value_.take("limit:failure:unknown", limit, kMinute).allowed;
}

bool Limiter::first(std::string_view what, std::chrono::seconds window)
{
    return key_value_.set_if_absent("first:" + std::string{what}, "1", window);
}

}  // namespace ss::auth

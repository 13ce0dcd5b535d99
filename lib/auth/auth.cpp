// Building Auth, and proving who calls.
#include "state.hpp"

#include <ss/text.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace ss::auth {
namespace {

constexpr std::array<std::string_view, 4> kRoles{"viewer", "agent", "admin", "owner"};
constexpr std::chrono::seconds kClockLeeway{10};
constexpr std::chrono::minutes kKeyUse{5};

std::unexpected<Error> not_signed_in()
{
    return fail(Errc::unauthenticated, "the token is not valid or its session has ended", "log in again");
}

/// Tokens, refresh tokens and audit log each have keys of their own: one that leaks gives away one.
Result<void> check_keys(const Options& options)
{
    std::set<std::string_view> seen;
    for (const auto* keys : {&options.access_keys, &options.refresh_keys, &options.audit_keys}) {
        if (keys->empty()) {
            return fail(Errc::configuration, "access tokens, refresh tokens and the audit log each need a key");
        }
        std::set<std::string_view> ids;
        for (const auto& key : *keys) {
            if (key.secret.reveal().size() < 32) {
                return fail(Errc::configuration, "key '" + key.id + "' is shorter than 32 bytes",
                            "generate one with: openssl rand -base64 48");
            }
            if (!seen.insert(key.secret.reveal()).second || !ids.insert(key.id).second) {
                return fail(Errc::configuration,
                            "key '" + key.id + "' is given twice: access, refresh and audit keys must differ");
            }
        }
    }
    return {};
}

std::optional<UserId> user_in(const crypto::JwtClaims& claims)
{
    const auto number = to_integer(claims.subject);
    return number ? std::optional{UserId{*number}} : std::nullopt;
}

}  // namespace

std::string_view to_string(Role role) noexcept
{
    return kRoles[static_cast<std::size_t>(role)];
}

std::optional<Role> to_role(std::string_view name) noexcept
{
    const auto* const found = std::ranges::find(kRoles, name);
    return found == kRoles.end() ? std::nullopt : std::optional{static_cast<Role>(found - kRoles.begin())};
}

Caller operator_of(WorkspaceId workspace)
{
    Caller caller;
    caller.workspace = workspace;
    caller.role = Role::owner;
    return caller;
}

bool has_scope(const Caller& caller, std::string_view scope)
{
    return !caller.api_key || std::ranges::find(caller.scopes, scope) != caller.scopes.end();
}

Result<std::unique_ptr<Auth>> Auth::create(storage::Database& database, storage::KeyValue& key_value,
                                           const Clock& clock, crypto::PasswordPool& pool, Options options)
{
    TRY(check_keys(options));
    TRY(crypto::check(options.password_policy));
    const auto issuer = options.issuer;
    auto access = TRY(crypto::Jwt::create(options.access_keys, {issuer, options.audience, "at+jwt", kClockLeeway}));
    auto dummy = TRY(pool.hash(crypto::random_token(24), options.password_policy));
    const auto mirrored = options.mirror_lifetime;
    // A tombstone outlives every access token of its session.
    const auto tombstone = std::max(options.access_lifetime + 2 * kClockLeeway, mirrored) + kClockLeeway;
    AuditChain chain{options.audit_keys};
    RefreshTokens refresh{options.refresh_keys};
    // In place: a mirror does not move.
    std::unique_ptr<State> state{new State{std::move(options),
                                           clock,
                                           pool,
                                           Store{database, clock, std::move(chain)},
                                           {key_value, clock, mirrored, tombstone},
                                           Limiter{key_value},
                                           std::move(access),
                                           std::move(refresh),
                                           std::move(dummy)}};
    if (state->options.journals_attempts) {
        TRY(state->limiter.keep_in(state->store));
    }
    return std::unique_ptr<Auth>{new Auth{std::move(state)}};
}

Auth::Auth(std::unique_ptr<State> state) : state_{std::move(state)} {}
Auth::~Auth() = default;

SessionStart Auth::State::new_session(const Client& client) const
{
    const auto now = clock.now();
    return {crypto::random_token(16),
            {stored_text(client.address, 64), stored_text(client.user_agent, 300)},
            std::min(now + options.session_idle, now + options.session_lifetime),
            now + options.session_lifetime};
}

Tokens Auth::State::tokens(const std::string& session, UserId user, std::int64_t generation, Timestamp idle_until,
                           Timestamp expires_at) const
{
    const auto now = clock.now();
    const auto last = std::min(idle_until, expires_at);
    const auto access_until = std::min<Timestamp>(now + options.access_lifetime, last);
    const crypto::JwtClaims claims{std::to_string(user.value), crypto::random_token(12), now, access_until, {},
                                   {{"sid", session}}};
    return {session, access.sign(claims), access_until, refresh.make(session, generation), last};
}

void Auth::State::ended(UserId user, const std::string& session)
{
    mirror.end(session);
    if (options.ended) {
        options.ended(user, session);
    }
}

void Auth::State::ended(UserId user, const std::vector<std::string>& sessions)
{
    for (const auto& session : sessions) {
        ended(user, session);
    }
}

Result<Caller> Auth::authenticate(std::string_view access_token)
{
    const auto claims = TRY(state_->access.verify(access_token, state_->clock.now()));
    const auto user = user_in(claims);
    const std::string session{claims.get("sid")};
    if (!user || session.empty()) {
        return not_signed_in();
    }
    const auto mirrored = state_->mirror.get(session);
    if (const auto* live = std::get_if<Mirror::Live>(&mirrored)) {
        if (live->user != *user) {
            return not_signed_in();
        }
        return Caller{live->workspace, *user, live->role, session, {}, {}, {}};
    }
    if (std::holds_alternative<Mirror::Ended>(mirrored)) {
        return not_signed_in();
    }
    const auto row = TRY(state_->store.session(session));
    const auto now = state_->clock.now();
    if (!row || !row->is_usable || row->user != *user || now >= row->expires_at || now >= row->idle_until) {
        return not_signed_in();
    }
    state_->mirror.put(session, {row->user, row->workspace, row->role});
    return Caller{row->workspace, row->user, row->role, session, {}, {}, {}};
}

Result<Caller> Auth::authenticate_key(std::string_view token)
{
    if (!token.starts_with("ssk_") || token.size() > 100) {
        return fail(Errc::unauthenticated, "this is not an API key");
    }
    auto key = TRY(state_->store.key(crypto::sha256_hex(token)));
    if (!key || (key->expires_at && state_->clock.now() >= *key->expires_at)) {
        return fail(Errc::unauthenticated, "the API key is unknown, revoked or expired");
    }
    if (state_->limiter.first("key-use:" + std::to_string(key->id.value), kKeyUse)) {
        // Only for the list of keys: that it cannot be written refuses nobody.
        static_cast<void>(state_->store.touch_key(key->id));
    }
    return Caller{key->workspace, key->user, key->role, {}, key->id, std::move(key->scopes), {}};
}

Result<Tokens> Auth::refresh(std::string_view refresh_token, const Client& client)
{
    const auto claim = state_->refresh.read(refresh_token);
    if (!claim) {
        return fail(Errc::unauthenticated, "the refresh token is not valid", "log in again");
    }
    const auto& options = state_->options;
    const auto rotated = TRY(state_->store.rotate(claim->session, claim->generation, options.session_idle,
                                                  options.refresh_grace, stored_text(client.address, 64)));
    const auto& row = rotated.session;
    if (rotated.outcome == Rotation::reused) {
        state_->ended(row.user, claim->session);
        return fail(Errc::unauthenticated, "the refresh token was used before; the session is ended for safety",
                    "log in again, and change the password if it was not you");
    }
    if (rotated.outcome == Rotation::refused) {
        return fail(Errc::unauthenticated, "the refresh token has expired or its session has ended", "log in again");
    }
    return state_->tokens(claim->session, row.user, row.generation, row.idle_until, row.expires_at);
}

}  // namespace ss::auth

// Registering, logging in and out, and changing one's password.
#include "state.hpp"

#include <ss/text.hpp>

#include <algorithm>

namespace ss::auth {
namespace {

constexpr std::chrono::hours kAfterFailures{1};
/// Failures with unknown e-mails that are written down a minute: who tries millions does not fill the disk.
constexpr std::int64_t kUnknownFailures = 60;

std::unexpected<Error> wrong_credentials()
{
    return fail(Errc::bad_credentials, "e-mail and password do not belong together");
}

std::unexpected<Error> limited(std::chrono::seconds wait)
{
    wait = std::max(wait, std::chrono::seconds{1});
    return fail(Error{
        Errc::limited, "too many attempts", "try again in " + std::to_string(wait.count()) + " seconds", {}, wait});
}

/// Of two limits the one nearer to its end.
Limit tighter(const Limit& a, const Limit& b)
{
    return b.remaining < a.remaining ? b : a;
}

std::string account_of(std::string_view email)
{
    return crypto::sha256_hex(email);
}

std::vector<std::string> context_of(std::string_view email, std::string_view name, std::string_view workspace)
{
    return {std::string{email}, std::string{name}, std::string{workspace}};
}

struct CheckedRegistration {
    std::string workspace_name;
    std::string email;
    std::string name;
};

Result<CheckedRegistration> checked(const Registration& registration)
{
    auto email = TRY(normalised_email(registration.email));
    auto name = TRY(checked_name(registration.name, "/name"));
    auto workspace = TRY(checked_name(registration.workspace_name, "/workspace"));
    return CheckedRegistration{std::move(workspace), std::move(email), std::move(name)};
}

}  // namespace

Result<std::string> Auth::State::hash_new(std::string_view password, const std::vector<std::string>& context)
{
    TRY(check_password(password, options.password_rule, context));
    return pool.hash(password, options.password_policy);
}

Limited<SignedIn> Auth::register_workspace(const Registration& registration, const Client& client)
{
    auto& state = *state_;
    const auto by_address = state.limiter.by_address("register", client.address, state.options.registration_limit);
    if (!by_address.is_allowed) {
        return {by_address.limit, limited(by_address.limit.reset)};
    }
    auto limit = by_address.limit;
    const auto run = [&]() -> Result<SignedIn> {
        if (!state.options.is_registration_open) {
            return fail(Errc::forbidden, "registration is closed", "ask an admin for an account");
        }
        const auto fields = TRY(checked(registration));
        const auto by_account =
            state.limiter.by_account("register", account_of(fields.email), state.options.registration_limit);
        limit = tighter(limit, by_account.limit);
        if (!by_account.is_allowed) {
            return limited(by_account.limit.reset);
        }
        const auto hash = TRY(state.hash_new(registration.password.reveal(),
                                             context_of(fields.email, fields.name, fields.workspace_name)));
        const auto start = state.new_session(client);
        auto user = TRY(state.store.create_workspace(
            fields.workspace_name, {fields.email, fields.name, Role::owner, hash}, start, start.client.address));
        state.mirror.put(start.id, {user.id, user.workspace, user.role});
        auto tokens = state.tokens(start.id, user.id, 1, start.idle_until, start.expires_at);
        return SignedIn{std::move(user), fields.workspace_name, std::move(tokens)};
    };
    auto result = run();
    return {limit, std::move(result)};
}

Result<User> Auth::create_workspace(const Registration& registration)
{
    const auto fields = TRY(checked(registration));
    const auto hash = TRY(
        state_->hash_new(registration.password.reveal(), context_of(fields.email, fields.name, fields.workspace_name)));
    return state_->store.create_workspace(fields.workspace_name, {fields.email, fields.name, Role::owner, hash},
                                          std::nullopt, {});
}

Limited<SignedIn> Auth::log_in(std::string_view email, std::string_view password, const Client& client)
{
    auto& state = *state_;
    const auto by_address = state.limiter.by_address("login", client.address, state.options.login_limit);
    if (!by_address.is_allowed) {
        return {by_address.limit, limited(by_address.limit.reset)};
    }
    auto limit = by_address.limit;
    auto result = state.log_in_from(email, password, client, limit);
    return {limit, std::move(result)};
}

Result<SignedIn> Auth::State::log_in_from(std::string_view email, std::string_view password, const Client& client,
                                          Limit& limit)
{
    const auto address = normalised_email(email);
    if (!address || password.empty() || password.size() > crypto::kMaxPasswordBytes || !is_valid_utf8(password)) {
        return fail(Errc::invalid, "this is not an e-mail address, or not a password of 1 to 1024 bytes");
    }
    const auto account = account_of(*address);
    const auto start = new_session(client);
    const auto facts = TRY(store.login_facts(*address, start.client.address));
    // Strangers who try a victim's account use up the strangers' share: who has logged in from here before has another.
    const bool is_known_address = facts.known && facts.known->is_known_address;
    const auto by_account = limiter.by_account(
        "login", is_known_address ? account + ":" + start.client.address : account, options.login_limit);
    limit = tighter(limit, by_account.limit);
    if (!by_account.is_allowed) {
        return limited(by_account.limit.reset);
    }
    const auto open_again = facts.last_failure + kAfterFailures;
    if (facts.failures >= options.failure_limit && !is_known_address && clock.now() < open_again) {
        return limited(std::chrono::ceil<std::chrono::seconds>(open_again - clock.now()));
    }
    const bool fits = TRY(pool.verify(password, facts.known ? facts.known->hash : dummy_hash));
    if (!facts.known || !fits) {
        const auto workspace = facts.known ? facts.known->user.workspace : WorkspaceId{};
        const auto target = facts.known ? user_target(facts.known->user.id) : "account:" + account.substr(0, 16);
        const AuditEvent event{workspace, "nobody", "session.login_failed", target, "{}", start.client.address};
        if (facts.known || limiter.unknown_failure(kUnknownFailures)) {
            TRY(store.note_failure(account, event));
        } else {
            TRY(store.note_failure("flood", std::nullopt));  // a write as ever, but nothing grows
        }
        return wrong_credentials();
    }
    return sign_in(*facts.known, password, account, start);
}

Result<SignedIn> Auth::State::sign_in(const LoginFacts::Known& known, std::string_view password,
                                      const std::string& account, const SessionStart& start)
{
    auto user = known.user;
    if (user.is_locked) {
        TRY(store.record(
            {user.workspace, "nobody", "session.login_refused", user_target(user.id), "{}", start.client.address}));
        return fail(Errc::forbidden, "this user is locked", "ask an admin of the workspace");
    }
    auto hash = known.hash;
    if (crypto::needs_rehash(hash, options.password_policy)) {
        // What the new scheme cannot hold (bcrypt: 72 bytes), or no time now: the old hash stays.
        if (auto fresh = pool.hash(password, options.password_policy)) {
            hash = std::move(*fresh);
        }
    }
    const auto name = TRY(store.workspace_name(user.workspace));
    const bool opened = TRY(store.open_session(known, hash, account, start));
    if (!opened) {
        return wrong_credentials();
    }
    mirror.put(start.id, {user.id, user.workspace, user.role});
    user.last_login_at = clock.now();
    auto made = tokens(start.id, user.id, 1, start.idle_until, start.expires_at);
    return SignedIn{std::move(user), name.value_or(""), std::move(made)};
}

Result<void> Auth::log_out(const Caller& caller)
{
    if (caller.session.empty()) {
        return fail(Errc::forbidden, "only a session can be logged out");
    }
    const auto event = event_of(caller, "session.logout", user_target(caller.user), {{"session", caller.session}});
    const bool ended = TRY(state_->store.end_session(caller.session, caller.user, "logout", event));
    state_->mirror.end(caller.session);
    if (ended && state_->options.ended) {
        state_->options.ended(caller.user, caller.session);
    }
    return {};
}

Result<std::int64_t> Auth::log_out_everywhere(const Caller& caller)
{
    TRY(require_person(caller, Role::viewer));
    const auto event = event_of(caller, "session.logout_everywhere", user_target(caller.user));
    const auto ended = TRY(state_->store.end_sessions(caller.user, {}, "logout", event));
    state_->ended(caller.user, ended);
    return static_cast<std::int64_t>(ended.size());
}

Result<void> Auth::change_password(const Caller& caller, std::string_view current, std::string_view fresh)
{
    auto& state = *state_;
    TRY(require_person(caller, Role::viewer));
    const auto verdict = state.limiter.by_account("password", user_target(caller.user), state.options.login_limit);
    if (!verdict.is_allowed) {
        return limited(verdict.limit.reset);
    }
    const auto row = TRY(state.store.password(caller.workspace, caller.user));
    if (!row) {
        return fail(Errc::not_found, "there is no such user");
    }
    const bool fits = TRY(state.pool.verify(current, row->hash));
    if (!fits) {
        return fail(Errc::bad_credentials, "the current password is wrong", {}, "/current_password");
    }
    const auto workspace = TRY(state.store.workspace_name(caller.workspace));
    const auto hash = TRY(state.hash_new(fresh, context_of(row->email, row->name, workspace.value_or(""))));
    const auto ended = TRY(state.store.replace_password(caller, row->hash, hash));
    if (!ended) {
        return fail(Errc::conflict, "the password was changed at the same time", "log in with the new password");
    }
    state.ended(caller.user, *ended);
    return {};
}

Result<std::vector<SessionInfo>> Auth::sessions(const Caller& caller)
{
    auto list = TRY(state_->store.sessions(caller.user));
    for (auto& session : list) {
        session.is_current = session.id == caller.session;
    }
    return list;
}

Result<void> Auth::end_session(const Caller& caller, std::string_view session)
{
    TRY(require_person(caller, Role::viewer));
    const std::string id{stored_text(session, 64)};
    const auto event = event_of(caller, "session.ended", user_target(caller.user), {{"session", id}});
    const bool ended = TRY(state_->store.end_session(id, caller.user, "ended", event));
    if (!ended) {
        return fail(Errc::not_found, "there is no such session");
    }
    state_->ended(caller.user, id);
    return {};
}

}  // namespace ss::auth

// The users of a workspace, as its admins see and change them.
#include "state.hpp"

#include <ss/text.hpp>

#include <algorithm>

namespace ss::auth {
namespace {

/// An admin's word does not reach owners.
Result<void> require_over(const Caller& caller, Role other)
{
    TRY(require_person(caller, Role::admin));
    if (other == Role::owner && caller.role != Role::owner) {
        return fail(Errc::forbidden, "only an owner may do this to an owner, or make one");
    }
    return {};
}

}  // namespace

Result<User> Auth::me(const Caller& caller)
{
    auto found = TRY(state_->store.user(caller.workspace, caller.user));
    if (!found) {
        return fail(Errc::not_found, "there is no such user");
    }
    return std::move(*found);
}

Result<std::string> Auth::workspace_name(const Caller& caller)
{
    auto name = TRY(state_->store.workspace_name(caller.workspace));
    if (!name) {
        return fail(Errc::not_found, "there is no such workspace");
    }
    return std::move(*name);
}

Result<Page<User>> Auth::users(const Caller& caller, std::string_view cursor, int limit)
{
    TRY(require_person(caller, Role::admin));
    const auto after = TRY(position(cursor));
    if (!caller.workspace) {
        return fail(Errc::not_found, "there is no such workspace");
    }
    return state_->store.users(caller.workspace, after, page_size(limit));
}

Result<User> Auth::user(const Caller& caller, UserId id)
{
    TRY(require_person(caller, Role::admin));
    auto found = TRY(state_->store.user(caller.workspace, id));
    if (!found) {
        return fail(Errc::not_found, "there is no such user");
    }
    return std::move(*found);
}

Result<User> Auth::add_user(const Caller& caller, const NewUser& fresh)
{
    TRY(require_over(caller, fresh.role));
    const auto workspace = TRY(workspace_name(caller));
    const auto email = TRY(normalised_email(fresh.email));
    const auto name = TRY(checked_name(fresh.name, "/name"));
    const auto hash = TRY(state_->hash_new(fresh.password.reveal(), {email, name, workspace}));
    return state_->store.add_user(caller, {email, name, fresh.role, hash});
}

Result<User> Auth::import_user(const Caller& caller, const NewUser& fresh, std::string_view password_hash)
{
    TRY(require_over(caller, fresh.role));
    TRY(workspace_name(caller));
    const auto email = TRY(normalised_email(fresh.email));
    const auto name = TRY(checked_name(fresh.name, "/name"));
    if (!crypto::is_password_hash(password_hash)) {
        return fail(Errc::invalid, "this is not a password hash of bcrypt or Argon2", {}, "/password_hash");
    }
    return state_->store.add_user(caller, {email, name, fresh.role, std::string{password_hash}});
}

Result<void> Auth::change_role(const Caller& caller, UserId id, Role role)
{
    TRY(require_over(caller, role));
    const auto target = TRY(user(caller, id));
    TRY(require_over(caller, target.role));
    const auto sessions = TRY(state_->store.change_role(caller, id, role));
    for (const auto& session : sessions) {
        state_->mirror.ask_anew(session);
    }
    return {};
}

Result<void> Auth::lock(const Caller& caller, UserId id)
{
    if (caller.user == id) {
        return fail(Errc::conflict, "nobody locks himself out", "ask another admin");
    }
    const auto target = TRY(user(caller, id));
    TRY(require_over(caller, target.role));
    const auto ended = TRY(state_->store.lock(caller, id));
    state_->ended(id, ended);
    return {};
}

Result<void> Auth::unlock(const Caller& caller, UserId id)
{
    const auto target = TRY(user(caller, id));
    TRY(require_over(caller, target.role));
    return state_->store.unlock(caller, id);
}

Result<void> Auth::set_password(const Caller& caller, UserId id, std::string_view fresh)
{
    const auto target = TRY(user(caller, id));
    TRY(require_over(caller, target.role));
    const auto workspace = TRY(workspace_name(caller));
    const auto hash = TRY(state_->hash_new(fresh, {target.email, target.name, workspace}));
    const auto ended = TRY(state_->store.set_password(caller, id, hash));
    state_->ended(id, ended);
    return {};
}

Result<std::int64_t> Auth::end_sessions_of(const Caller& caller, UserId id)
{
    const auto target = TRY(user(caller, id));
    TRY(require_over(caller, target.role));
    const auto event = event_of(caller, "user.sessions_ended", user_target(id));
    const auto ended = TRY(state_->store.end_sessions(id, {}, "admin", event));
    state_->ended(id, ended);
    return static_cast<std::int64_t>(ended.size());
}

Result<User> Auth::find_user(std::string_view email)
{
    const auto address = TRY(normalised_email(email));
    auto found = TRY(state_->store.user_by_email(address));
    if (!found) {
        return fail(Errc::not_found, "no user has this e-mail address");
    }
    return std::move(*found);
}

Result<Page<User>> Auth::all_users(std::string_view cursor, int limit)
{
    const auto after = TRY(position(cursor));
    return state_->store.users(WorkspaceId{}, after, page_size(limit));
}

}  // namespace ss::auth

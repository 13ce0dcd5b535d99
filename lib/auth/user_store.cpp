// Workspaces and users in the database.
#include "store.hpp"

#include <ss/sql/auth.hpp>
#include <ss/storage.hpp>

namespace ss::auth {
namespace {

namespace q = sql::auth;

template <class Row>
User user_of(const Row& row)
{
    User user{.id = UserId{row.id},
              .workspace = WorkspaceId{row.workspace},
              .email = row.email,
              .name = row.name,
              .role = to_role(row.role).value_or(Role::viewer),
              .is_locked = row.locked,
              .created_at = from_micros(row.created_at),
              .last_login_at = {}};
    if (row.last_login_at) {
        user.last_login_at = from_micros(*row.last_login_at);
    }
    return user;
}

template <class Rows>
std::vector<std::string> ids_of(const Rows& rows)
{
    std::vector<std::string> ids;
    for (const auto& row : rows) {
        ids.push_back(row.id);
    }
    return ids;
}

template <class Rows>
Page<User> page_of(const Rows& rows, int limit)
{
    Page<User> page;
    for (const auto& row : rows) {
        if (page.items.size() == static_cast<std::size_t>(limit)) {
            page.next = std::to_string(page.items.back().id.value);
            break;
        }
        page.items.push_back(user_of(row));
    }
    return page;
}

Result<User> insert_user(storage::Session& session, WorkspaceId workspace, const NewAccount& account, Timestamp at)
{
    const auto row = TRY(session.one(q::InsertUser{.workspace = workspace.value,
                                                   .email = account.email,
                                                   .name = account.name,
                                                   .role = std::string{to_string(account.role)},
                                                   .hash = account.hash,
                                                   .at = to_micros(at)}));
    if (!row) {
        return fail(Errc::email_taken, "another user has this e-mail address", {}, "/email");
    }
    return User{UserId{row->id}, workspace, account.email, account.name, account.role, false, at, {}};
}

Result<std::vector<std::string>> end_all(storage::Session& session, UserId user, const std::string& except,
                                         std::int64_t at, std::string reason)
{
    const auto rows =
        TRY(session.all(q::EndSessions{.user = user.value, .except = except, .at = at, .reason = std::move(reason)}));
    return ids_of(rows);
}

std::unexpected<Error> no_user()
{
    return fail(Errc::not_found, "there is no such user");
}

}  // namespace

Result<User> Store::create_workspace(const std::string& name, const NewAccount& account,
                                     const std::optional<SessionStart>& start, const std::string& address)
{
    const auto at = clock_.now();
    return database_.write([&](storage::Session& session) -> Result<User> {
        const auto workspace = TRY(session.one(q::InsertWorkspace{.name = name, .at = to_micros(at)}));
        if (!workspace) {
            return fail(Errc::internal, "the database gave no id for the workspace");
        }
        const auto user = TRY(insert_user(session, WorkspaceId{workspace->id}, account, at));
        if (start) {
            TRY(insert_session(session, user, *start));
        }
        const auto actor = start ? user_target(user.id) : std::string{"operator"};
        TRY(append(session, {user.workspace, actor, "workspace.created", user_target(user.id),
                             detail_text({{"workspace", name}, {"email", account.email}}), address}));
        return user;
    });
}

Result<User> Store::add_user(const Caller& caller, const NewAccount& account)
{
    const auto at = clock_.now();
    return database_.write([&](storage::Session& session) -> Result<User> {
        const auto user = TRY(insert_user(session, caller.workspace, account, at));
        TRY(append(session, event_of(caller, "user.added", user_target(user.id),
                                     {{"email", account.email}, {"role", std::string{to_string(account.role)}}})));
        return user;
    });
}

Result<std::optional<User>> Store::user(WorkspaceId workspace, UserId id)
{
    return database_.read([&](storage::Session& session) -> Result<std::optional<User>> {
        const auto row = TRY(session.one(q::FindUser{.workspace = workspace.value, .id = id.value}));
        return row ? std::optional{user_of(*row)} : std::nullopt;
    });
}

Result<std::optional<User>> Store::user_by_email(const std::string& email)
{
    return database_.read([&](storage::Session& session) -> Result<std::optional<User>> {
        const auto row = TRY(session.one(q::FindUserByEmail{.email = email}));
        return row ? std::optional{user_of(*row)} : std::nullopt;
    });
}

Result<Page<User>> Store::users(WorkspaceId workspace, std::int64_t after, int limit)
{
    return database_.read([&](storage::Session& session) -> Result<Page<User>> {
        if (!workspace) {
            const auto rows = TRY(session.all(q::ListAllUsers{.after = after, .limit = limit + 1}));
            return page_of(rows, limit);
        }
        const auto rows =
            TRY(session.all(q::ListUsers{.workspace = workspace.value, .after = after, .limit = limit + 1}));
        return page_of(rows, limit);
    });
}

Result<std::optional<std::string>> Store::workspace_name(WorkspaceId workspace)
{
    return database_.read([&](storage::Session& session) -> Result<std::optional<std::string>> {
        auto row = TRY(session.one(q::FindWorkspace{.id = workspace.value}));
        return row ? std::optional{std::move(row->name)} : std::nullopt;
    });
}

/// Called after append(), whose row lock keeps two changes from each taking the other's last owner away.
Result<void> Store::keep_an_owner(storage::Session& session, WorkspaceId workspace, UserId but) const
{
    const auto row = TRY(session.one(q::CountOtherOwners{.workspace = workspace.value, .user = but.value}));
    if (!row || row->owners == 0) {
        return fail(Errc::conflict, "a workspace keeps at least one owner", "make another user an owner first");
    }
    return {};
}

Result<std::vector<std::string>> Store::change_role(const Caller& caller, UserId id, Role role)
{
    return database_.write([&](storage::Session& session) -> Result<std::vector<std::string>> {
        TRY(append(session,
                   event_of(caller, "user.role_changed", user_target(id), {{"role", std::string{to_string(role)}}})));
        if (role != Role::owner) {
            TRY(keep_an_owner(session, caller.workspace, id));
        }
        const auto changed = TRY(session.run(
            q::SetRole{.workspace = caller.workspace.value, .id = id.value, .role = std::string{to_string(role)}}));
        if (changed == 0) {
            return no_user();
        }
        const auto rows = TRY(session.all(q::OpenSessions{.user = id.value}));
        return ids_of(rows);
    });
}

Result<std::vector<std::string>> Store::lock(const Caller& caller, UserId id)
{
    return database_.write([&](storage::Session& session) -> Result<std::vector<std::string>> {
        TRY(append(session, event_of(caller, "user.locked", user_target(id))));
        TRY(keep_an_owner(session, caller.workspace, id));
        const auto changed =
            TRY(session.run(q::SetLockedAt{.workspace = caller.workspace.value, .id = id.value, .at = now()}));
        if (changed == 0) {
            return no_user();
        }
        return end_all(session, id, {}, now(), "locked");
    });
}

Result<void> Store::unlock(const Caller& caller, UserId id)
{
    return database_.write([&](storage::Session& session) -> Result<void> {
        TRY(append(session, event_of(caller, "user.unlocked", user_target(id))));
        const auto changed =
            TRY(session.run(q::SetLockedAt{.workspace = caller.workspace.value, .id = id.value, .at = {}}));
        if (changed == 0) {
            return no_user();
        }
        return {};
    });
}

Result<std::vector<std::string>> Store::set_password(const Caller& caller, UserId id, const std::string& hash)
{
    return database_.write([&](storage::Session& session) -> Result<std::vector<std::string>> {
        TRY(append(session, event_of(caller, "user.password_set", user_target(id))));
        const auto changed = TRY(session.run(
            q::SetPassword{.workspace = caller.workspace.value, .id = id.value, .hash = hash, .at = now()}));
        if (changed == 0) {
            return no_user();
        }
        return end_all(session, id, {}, now(), "password");
    });
}

Result<std::optional<PasswordRow>> Store::password(WorkspaceId workspace, UserId id)
{
    return database_.read([&](storage::Session& session) -> Result<std::optional<PasswordRow>> {
        auto row = TRY(session.one(q::FindPassword{.workspace = workspace.value, .id = id.value}));
        std::optional<PasswordRow> found;
        if (row) {
            found = PasswordRow{std::move(row->email), std::move(row->name), std::move(row->hash)};
        }
        return found;
    });
}

Result<std::optional<std::vector<std::string>>> Store::replace_password(const Caller& caller,
                                                                        const std::string& old_hash,
                                                                        const std::string& hash)
{
    using Ended = std::optional<std::vector<std::string>>;
    return database_.write([&](storage::Session& session) -> Result<Ended> {
        const auto changed = TRY(session.run(q::ReplacePassword{.workspace = caller.workspace.value,
                                                                .id = caller.user.value,
                                                                .old_hash = old_hash,
                                                                .hash = hash,
                                                                .at = now()}));
        if (changed == 0) {
            return Ended{};
        }
        TRY(append(session, event_of(caller, "user.password_changed", user_target(caller.user))));
        auto ended = TRY(end_all(session, caller.user, caller.session, now(), "password"));
        return Ended{std::move(ended)};
    });
}

}  // namespace ss::auth

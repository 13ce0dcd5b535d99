// Log-ins and sessions in the database.
#include "store.hpp"

#include <ss/sql/auth.hpp>
#include <ss/storage.hpp>

#include <algorithm>

namespace ss::auth {
namespace {

namespace q = sql::auth;

SessionRow session_of(const q::FindSession::Row& row)
{
    return {WorkspaceId{row.workspace},
            UserId{row.user},
            to_role(row.role).value_or(Role::viewer),
            row.generation,
            from_micros(row.rotated_at),
            from_micros(row.idle_until_at),
            from_micros(row.expires_at),
            row.usable};
}

LoginFacts::Known known_of(q::FindLogin::Row row, const std::string& email)
{
    return {.user = {.id = UserId{row.id},
                     .workspace = WorkspaceId{row.workspace},
                     .email = email,
                     .name = std::move(row.name),
                     .role = to_role(row.role).value_or(Role::viewer),
                     .is_locked = row.locked,
                     .created_at = from_micros(row.created_at),
                     .last_login_at = {}},
            .hash = std::move(row.hash),
            .is_known_address = row.known_address};
}

/// An earlier token than the one in force came.
Rotation judge(const SessionRow& row, std::int64_t generation, Timestamp now, std::chrono::seconds grace)
{
    if (!row.is_usable || now >= row.expires_at || now >= row.idle_until || generation >= row.generation) {
        return Rotation::refused;
    }
    return generation + 1 == row.generation && now < row.rotated_at + grace ? Rotation::again : Rotation::reused;
}

}  // namespace

Result<LoginFacts> Store::login_facts(const std::string& email, const std::string& address)
{
    return database_.read([&](storage::Session& session) -> Result<LoginFacts> {
        LoginFacts facts;
        auto login = TRY(session.one(q::FindLogin{.email = email, .address = address}));
        if (login) {
            facts.known = known_of(std::move(*login), email);
        }
        const auto failures = TRY(session.one(q::FindFailures{.account = crypto::sha256_hex(email)}));
        if (failures) {
            facts.failures = failures->failures;
            facts.last_failure = from_micros(failures->last_at);
        }
        return facts;
    });
}

Result<void> Store::note_failure(const std::string& account, const std::optional<AuditEvent>& event)
{
    return database_.write([&](storage::Session& session) -> Result<void> {
        TRY(session.run(q::AddFailure{.account = account, .at = now()}));
        return event ? append(session, *event) : Result<void>{};
    });
}

Result<void> Store::note_attempt(const std::string& key, std::chrono::seconds window)
{
    return database_.write([&](storage::Session& session) -> Result<void> {
        TRY(session.run(q::DeleteOldAttempts{.before = to_micros(clock_.now() - window)}));
        TRY(session.run(q::InsertAttempt{.key = key, .at = now()}));
        return {};
    });
}

Result<std::vector<std::string>> Store::attempts(std::chrono::seconds window)
{
    const q::RecentAttempts query{.since = to_micros(clock_.now() - window)};
    auto rows = TRY(database_.read([&](storage::Session& session) { return session.all(query); }));
    std::vector<std::string> keys;
    for (auto& row : rows) {
        keys.push_back(std::move(row.key));
    }
    return keys;
}

Result<void> Store::insert_session(storage::Session& session, const User& user, const SessionStart& start) const
{
    TRY(session.run(q::InsertSession{.id = start.id,
                                     .workspace = user.workspace.value,
                                     .user = user.id.value,
                                     .address = start.client.address,
                                     .user_agent = start.client.user_agent,
                                     .at = now(),
                                     .idle_until_at = to_micros(start.idle_until),
                                     .expires_at = to_micros(start.expires_at)}));
    return {};
}

Result<bool> Store::open_session(const LoginFacts::Known& known, const std::string& fresh_hash,
                                 const std::string& account, const SessionStart& start)
{
    const auto& user = known.user;
    return database_.write([&](storage::Session& session) -> Result<bool> {
        const auto touched = TRY(session.run(
            q::TouchLogin{.user = user.id.value, .hash = known.hash, .fresh_hash = fresh_hash, .at = now()}));
        if (touched == 0) {
            return false;
        }
        TRY(session.run(q::ClearFailures{.account = account}));
        TRY(insert_session(session, user, start));
        const AuditDetail detail{{"session", start.id}, {"rehashed", fresh_hash == known.hash ? "no" : "yes"}};
        TRY(append(session, {user.workspace, user_target(user.id), "session.login", user_target(user.id),
                             detail_text(detail), start.client.address}));
        return true;
    });
}

Result<Rotated> Store::rotate(const std::string& session_id, std::int64_t generation, std::chrono::seconds idle,
                              std::chrono::seconds grace, const std::string& address)
{
    const auto at = clock_.now();
    return database_.write([&](storage::Session& session) -> Result<Rotated> {
        const auto moved = TRY(session.run(q::RotateSession{
            .id = session_id, .generation = generation, .at = to_micros(at), .idle_until_at = to_micros(at + idle)}));
        const auto row = TRY(session.one(q::FindSession{.id = session_id}));
        if (!row) {
            return Rotated{};
        }
        Rotated rotated{Rotation::done, session_of(*row)};
        if (moved > 0) {
            if (!rotated.session.is_usable) {  // the user was locked
                rotated.outcome = Rotation::refused;
            }
            return rotated;
        }
        rotated.outcome = judge(rotated.session, generation, at, grace);
        if (rotated.outcome == Rotation::reused) {
            TRY(session.run(q::EndSession{
                .id = session_id, .user = rotated.session.user.value, .at = to_micros(at), .reason = "reuse"}));
            const auto target = user_target(rotated.session.user);
            TRY(append(session, {rotated.session.workspace, "nobody", "session.refresh_reused", target,
                                 detail_text({{"session", session_id}}), address}));
        }
        return rotated;
    });
}

Result<std::optional<SessionRow>> Store::session(const std::string& id)
{
    return database_.read([&](storage::Session& session) -> Result<std::optional<SessionRow>> {
        const auto row = TRY(session.one(q::FindSession{.id = id}));
        std::optional<SessionRow> found;
        if (row) {
            found = session_of(*row);
        }
        return found;
    });
}

Result<bool> Store::end_session(const std::string& id, UserId user, std::string_view reason, const AuditEvent& event)
{
    return database_.write([&](storage::Session& session) -> Result<bool> {
        const auto ended =
            TRY(session.run(q::EndSession{.id = id, .user = user.value, .at = now(), .reason = std::string{reason}}));
        if (ended > 0) {
            TRY(append(session, event));
        }
        return ended > 0;
    });
}

Result<std::vector<std::string>> Store::end_sessions(UserId user, const std::string& except, std::string_view reason,
                                                     const AuditEvent& event)
{
    return database_.write([&](storage::Session& session) -> Result<std::vector<std::string>> {
        const auto rows = TRY(session.all(
            q::EndSessions{.user = user.value, .except = except, .at = now(), .reason = std::string{reason}}));
        TRY(append(session, event));
        std::vector<std::string> ended;
        for (const auto& row : rows) {
            ended.push_back(row.id);
        }
        return ended;
    });
}

Result<std::vector<SessionInfo>> Store::sessions(UserId user)
{
    return database_.read([&](storage::Session& session) -> Result<std::vector<SessionInfo>> {
        const auto rows = TRY(session.all(q::ListSessions{.user = user.value, .at = now()}));
        std::vector<SessionInfo> list;
        for (const auto& row : rows) {
            list.push_back({row.id, row.address, row.user_agent, from_micros(row.created_at),
                            from_micros(row.rotated_at), from_micros(std::min(row.idle_until_at, row.expires_at)),
                            false});
        }
        return list;
    });
}

Result<std::int64_t> Store::sweep(std::chrono::hours age)
{
    const auto before = to_micros(clock_.now() - age);
    return database_.write([&](storage::Session& session) -> Result<std::int64_t> {
        const auto sessions = TRY(session.run(q::DeleteOldSessions{.before = before}));
        const auto failures = TRY(session.run(q::DeleteOldFailures{.before = before}));
        const auto attempts = TRY(session.run(q::DeleteOldAttempts{.before = before}));
        return sessions + failures + attempts;
    });
}

}  // namespace ss::auth

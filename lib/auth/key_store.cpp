// API keys in the database.
#include "store.hpp"

#include <ss/sql/auth.hpp>
#include <ss/storage.hpp>
#include <ss/text.hpp>

#include <algorithm>

namespace ss::auth {
namespace {

namespace q = sql::auth;

std::string joined(const std::vector<std::string>& scopes)
{
    std::string text;
    for (const auto& scope : scopes) {
        text += text.empty() ? scope : " " + scope;
    }
    return text;
}

std::vector<std::string> scopes_of(std::string_view text)
{
    std::vector<std::string> scopes;
    for (const auto scope : split(text, ' ')) {
        if (!scope.empty()) {
            scopes.emplace_back(scope);
        }
    }
    return scopes;
}

std::optional<Timestamp> time_of(std::optional<std::int64_t> micros)
{
    return micros ? std::optional{from_micros(*micros)} : std::nullopt;
}

}  // namespace

Result<ApiKey> Store::add_key(const Caller& caller, const NewApiKey& fresh, const std::string& prefix,
                              const std::string& hash)
{
    const auto at = clock_.now();
    q::InsertKey insert{.workspace = caller.workspace.value,
                        .user = caller.user.value,
                        .name = fresh.name,
                        .role = std::string{to_string(fresh.role)},
                        .scopes = joined(fresh.scopes),
                        .prefix = prefix,
                        .hash = hash,
                        .at = to_micros(at),
                        .expires_at = {}};
    if (fresh.expires_at) {
        insert.expires_at = to_micros(*fresh.expires_at);
    }
    return database_.write([&](storage::Session& session) -> Result<ApiKey> {
        const auto row = TRY(session.one(insert));
        if (!row) {
            return fail(Errc::internal, "the database gave no id for the API key");
        }
        TRY(append(session, event_of(caller, "key.created", "key:" + std::to_string(row->id),
                                     {{"name", fresh.name}, {"role", insert.role}, {"scopes", insert.scopes}})));
        return ApiKey{ApiKeyId{row->id}, caller.user, fresh.name, fresh.role, fresh.scopes, prefix, at,
                      fresh.expires_at,  {},          {}};
    });
}

Result<std::vector<ApiKey>> Store::keys(WorkspaceId workspace)
{
    return database_.read([&](storage::Session& session) -> Result<std::vector<ApiKey>> {
        const auto rows = TRY(session.all(q::ListKeys{.workspace = workspace.value}));
        std::vector<ApiKey> list;
        for (const auto& row : rows) {
            list.push_back({ApiKeyId{row.id}, UserId{row.user}, row.name, to_role(row.role).value_or(Role::viewer),
                            scopes_of(row.scopes), row.prefix, from_micros(row.created_at), time_of(row.expires_at),
                            time_of(row.last_used_at), time_of(row.revoked_at)});
        }
        return list;
    });
}

Result<std::optional<KeyRow>> Store::key(const std::string& hash)
{
    return database_.read([&](storage::Session& session) -> Result<std::optional<KeyRow>> {
        const auto row = TRY(session.one(q::FindKey{.hash = hash}));
        std::optional<KeyRow> found;
        if (row) {
            const auto role =
                std::min(to_role(row->role).value_or(Role::viewer), to_role(row->user_role).value_or(Role::viewer));
            found = KeyRow{ApiKeyId{row->id},      WorkspaceId{row->workspace}, UserId{row->user}, role,
                           scopes_of(row->scopes), time_of(row->expires_at)};
        }
        return found;
    });
}

Result<void> Store::touch_key(ApiKeyId id)
{
    return database_.write([&](storage::Session& session) -> Result<void> {
        TRY(session.run(q::TouchKey{.id = id.value, .at = now()}));
        return {};
    });
}

Result<bool> Store::revoke_key(const Caller& caller, ApiKeyId id)
{
    return database_.write([&](storage::Session& session) -> Result<bool> {
        const auto revoked =
            TRY(session.run(q::RevokeKey{.workspace = caller.workspace.value, .id = id.value, .at = now()}));
        if (revoked > 0) {
            TRY(append(session, event_of(caller, "key.revoked", "key:" + std::to_string(id.value))));
        }
        return revoked > 0;
    });
}

}  // namespace ss::auth

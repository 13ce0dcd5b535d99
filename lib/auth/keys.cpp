// API keys, and the audit log as its readers see it.
#include "state.hpp"

#include <ss/text.hpp>

#include <algorithm>

namespace ss::auth {
namespace {

constexpr std::size_t kMostScopes = 50;
constexpr std::size_t kMostDetailBytes = 1'000;
constexpr std::chrono::hours kKeptAfterEnd{24 * 90};

/// "messages:read"
bool is_scope(std::string_view scope)
{
    const auto parts = split(scope, ':');
    return parts.size() == 2 && !parts[0].empty() && parts[0].size() <= 40 &&
           (parts[1] == "read" || parts[1] == "write") &&
           std::ranges::all_of(parts[0], [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

Result<void> check_scopes(const std::vector<std::string>& scopes)
{
    if (scopes.empty() || scopes.size() > kMostScopes || !std::ranges::all_of(scopes, is_scope)) {
        return fail(Errc::invalid, "an API key has 1 to 50 scopes, each as messages:read or posts:write", {},
                    "/scopes");
    }
    return {};
}

bool is_word(std::string_view text)
{
    return !text.empty() && text.size() <= 100 &&
           std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

Result<CreatedApiKey> Auth::create_key(const Caller& caller, const NewApiKey& fresh)
{
    TRY(require_person(caller, Role::admin));
    if (!caller.user) {
        return fail(Errc::forbidden, "an API key belongs to the user who makes it", "log in as a user");
    }
    if (fresh.role > caller.role) {
        return fail(Errc::forbidden, "an API key's role is not above that of the user who makes it");
    }
    auto checked = fresh;
    checked.name = TRY(checked_name(fresh.name, "/name"));
    TRY(check_scopes(fresh.scopes));
    if (fresh.expires_at && *fresh.expires_at <= state_->clock.now()) {
        return fail(Errc::invalid, "the API key would have expired already", {}, "/expires_at");
    }
    Secret token{"ssk_" + crypto::random_token(32)};
    const auto prefix = std::string{token.reveal().substr(0, 10)};
    auto key = TRY(state_->store.add_key(caller, checked, prefix, crypto::sha256_hex(token.reveal())));
    return CreatedApiKey{std::move(key), std::move(token)};
}

Result<std::vector<ApiKey>> Auth::keys(const Caller& caller)
{
    TRY(require_person(caller, Role::admin));
    return state_->store.keys(caller.workspace);
}

Result<void> Auth::revoke_key(const Caller& caller, ApiKeyId id)
{
    TRY(require_person(caller, Role::admin));
    const bool revoked = TRY(state_->store.revoke_key(caller, id));
    if (!revoked) {
        return fail(Errc::not_found, "there is no such API key, or it is revoked already");
    }
    return {};
}

Result<void> Auth::record(const Caller& caller, std::string_view action, std::string_view target,
                          const std::vector<std::pair<std::string, std::string>>& detail)
{
    const auto fits = [](const auto& entry) {
        return entry.first.size() <= kMostDetailBytes && entry.second.size() <= kMostDetailBytes;
    };
    if (!is_word(action) || target.size() > kMostDetailBytes || !std::ranges::all_of(detail, fits)) {
        return fail(Errc::invalid, "an audit entry's names and values have at most 1000 bytes");
    }
    return state_->store.record(event_of(caller, action, stored_text(target, kMostDetailBytes), detail));
}

Result<Page<AuditEntry>> Auth::audit(const Caller& caller, std::string_view cursor, int limit)
{
    TRY(require_person(caller, Role::admin));
    const auto before = TRY(position(cursor));
    return state_->store.audit(caller.workspace, before, page_size(limit));
}

Result<AuditProof> Auth::verify_audit(WorkspaceId workspace)
{
    return state_->store.verify_audit(workspace);
}

Result<std::int64_t> Auth::sweep()
{
    return state_->store.sweep(kKeptAfterEnd);
}

}  // namespace ss::auth

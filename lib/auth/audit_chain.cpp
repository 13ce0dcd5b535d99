// The keyed hash chain of the audit log.
#include "audit_chain.hpp"
#include "state.hpp"

#include <ss/text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace ss::auth {
namespace {

/// Every part with its length, so that no two entries give the same text.
void add(std::string& text, std::string_view part)
{
    text += std::to_string(part.size());
    text += ':';
    text += part;
}

std::string text_of(WorkspaceId workspace, const AuditEntry& entry, std::string_view hash_before)
{
    std::string text{"entry;"};
    for (const auto number : {workspace.value, entry.sequence, to_micros(entry.at)}) {
        add(text, std::to_string(number));
    }
    for (const std::string_view part :
         {std::string_view{entry.actor}, std::string_view{entry.action}, std::string_view{entry.target},
          std::string_view{entry.detail}, std::string_view{entry.address}, hash_before}) {
        add(text, part);
    }
    return text;
}

std::string head_text(WorkspaceId workspace, std::int64_t sequence, std::string_view hash)
{
    std::string text{"head;"};
    add(text, std::to_string(workspace.value));
    add(text, std::to_string(sequence));
    add(text, hash);
    return text;
}

}  // namespace

AuditChain::AuditChain(const std::vector<crypto::JwtKey>& keys)
{
    for (const auto& key : keys) {
        const auto derived = crypto::derive_key(key.secret.reveal(), "social-selling audit log v1");
        keys_.emplace_back(key.id, crypto::HmacKey{derived.reveal()});
    }
}

std::string AuditChain::code(std::string_view text) const
{
    const auto& [id, key] = keys_.front();
    return id + "." + crypto::to_hex(key.sign(text));
}

bool AuditChain::code_fits(std::string_view text, std::string_view code) const
{
    const auto dot = code.find('.');
    if (dot == std::string_view::npos) {
        return false;
    }
    const auto raw = crypto::from_hex(code.substr(dot + 1));
    return raw && std::ranges::any_of(keys_, [&](const auto& entry) {
               return entry.first == code.substr(0, dot) && entry.second.verify(text, *raw);
           });
}

std::string AuditChain::seal(WorkspaceId workspace, const AuditEntry& entry, std::string_view hash_before) const
{
    return code(text_of(workspace, entry, hash_before));
}

bool AuditChain::fits(WorkspaceId workspace, const AuditEntry& entry, std::string_view hash_before,
                      std::string_view hash) const
{
    return code_fits(text_of(workspace, entry, hash_before), hash);
}

std::string AuditChain::seal_head(WorkspaceId workspace, std::int64_t sequence, std::string_view hash) const
{
    return std::string{hash} + " " + code(head_text(workspace, sequence, hash));
}

bool AuditChain::head_fits(WorkspaceId workspace, std::int64_t sequence, std::string_view head) const
{
    const auto hash = hash_in(head);
    return hash.size() < head.size() && code_fits(head_text(workspace, sequence, hash), head.substr(hash.size() + 1));
}

std::string_view AuditChain::hash_in(std::string_view head)
{
    return head.substr(0, head.find(' '));
}

std::string actor_of(const Caller& caller)
{
    if (caller.api_key) {
        return "key:" + std::to_string(caller.api_key.value);
    }
    return caller.user ? user_target(caller.user) : "operator";
}

std::string user_target(UserId user)
{
    return "user:" + std::to_string(user.value);
}

std::string detail_text(const AuditDetail& detail)
{
    auto object = nlohmann::json::object();
    for (const auto& [name, value] : detail) {
        object[name] = value;
    }
    return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

AuditEvent event_of(const Caller& caller, std::string_view action, std::string_view target, const AuditDetail& detail)
{
    return {caller.workspace,    actor_of(caller),    std::string{action},
            std::string{target}, detail_text(detail), stored_text(caller.address, 64)};
}

}  // namespace ss::auth

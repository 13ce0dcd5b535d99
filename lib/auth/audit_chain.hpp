#pragma once
// How audit entries hold together: each carries a keyed hash over itself and the hash before it, so that without the
// key none can be changed, removed or put in; the head carries one over the last, so that none can be cut off.

#include <ss/auth.hpp>
#include <ss/crypto.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ss::auth {

/// What is about to be written.
struct AuditEvent {
    WorkspaceId workspace;
    std::string actor;
    std::string action;
    std::string target;
    std::string detail = "{}";
    std::string address;
};

class AuditChain {
public:
    /// The first key makes, all verify.
    explicit AuditChain(const std::vector<crypto::JwtKey>& keys);

    [[nodiscard]] std::string seal(WorkspaceId workspace, const AuditEntry& entry, std::string_view hash_before) const;
    [[nodiscard]] bool fits(WorkspaceId workspace, const AuditEntry& entry, std::string_view hash_before,
                            std::string_view hash) const;

    /// The head's text: "<hash of the last entry> <keyed hash of place and number>".
    [[nodiscard]] std::string seal_head(WorkspaceId workspace, std::int64_t sequence, std::string_view hash) const;
    [[nodiscard]] bool head_fits(WorkspaceId workspace, std::int64_t sequence, std::string_view head) const;
    [[nodiscard]] static std::string_view hash_in(std::string_view head);

private:
    [[nodiscard]] std::string code(std::string_view text) const;
    [[nodiscard]] bool code_fits(std::string_view text, std::string_view code) const;
    std::vector<std::pair<std::string, crypto::HmacKey>> keys_;
};

/// "user:7", "key:3", "operator".
[[nodiscard]] std::string actor_of(const Caller& caller);
[[nodiscard]] std::string user_target(UserId user);

using AuditDetail = std::vector<std::pair<std::string, std::string>>;
/// As a JSON object.
[[nodiscard]] std::string detail_text(const AuditDetail& detail);
[[nodiscard]] AuditEvent event_of(const Caller& caller, std::string_view action, std::string_view target,
                                  const AuditDetail& detail = {});

}  // namespace ss::auth

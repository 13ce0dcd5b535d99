// The audit log's rows: appended in the transaction of the change they tell of, read, and proven.
#include "store.hpp"

#include <ss/sql/auth.hpp>
#include <ss/storage.hpp>

#include <algorithm>
#include <limits>

namespace ss::auth {
namespace {

constexpr int kBatch = 500;

template <class Row>
AuditEntry entry_of(const Row& row)
{
    return {row.sequence, from_micros(row.at), row.actor, row.action, row.target, row.detail, row.address};
}

AuditProof broken(AuditProof proof, std::int64_t sequence, std::string reason)
{
    proof.is_sound = false;
    proof.first_bad = sequence;
    proof.reason = std::move(reason);
    return proof;
}

}  // namespace

Result<void> Store::append(storage::Session& session, const AuditEvent& event) const
{
    const auto workspace = event.workspace.value;
    auto head = TRY(session.one(sql::auth::TakeAuditNumber{.workspace = workspace}));
    if (!head) {
        TRY(session.run(sql::auth::StartAudit{.workspace = workspace}));
        head = TRY(session.one(sql::auth::TakeAuditNumber{.workspace = workspace}));
    }
    if (!head) {
        return fail(Errc::internal, "the audit log of this workspace has no head");
    }
    const AuditEntry entry{head->sequence, clock_.now(), event.actor,  event.action,
                           event.target,   event.detail, event.address};
    const auto hash = chain_.seal(event.workspace, entry, AuditChain::hash_in(head->hash));
    TRY(session.run(sql::auth::InsertAudit{.workspace = workspace,
                                           .sequence = entry.sequence,
                                           .at = to_micros(entry.at),
                                           .actor = entry.actor,
                                           .action = entry.action,
                                           .target = entry.target,
                                           .detail = entry.detail,
                                           .address = entry.address,
                                           .hash = hash}));
    TRY(session.run(sql::auth::SetAuditHead{.workspace = workspace,
                                            .hash = chain_.seal_head(event.workspace, entry.sequence, hash)}));
    return {};
}

Result<void> Store::record(const AuditEvent& event)
{
    return database_.write([&](storage::Session& session) { return append(session, event); });
}

Result<Page<AuditEntry>> Store::audit(WorkspaceId workspace, std::int64_t before, int limit)
{
    const sql::auth::ListAudit query{
        .workspace = workspace.value,
        .before = before > 0 ? before : std::numeric_limits<std::int64_t>::max(),
        .limit = limit + 1,
    };
    const auto rows = TRY(database_.read([&](storage::Session& session) { return session.all(query); }));
    Page<AuditEntry> page;
    for (const auto& row : rows) {
        if (page.items.size() == static_cast<std::size_t>(limit)) {
            page.next = std::to_string(page.items.back().sequence);
            break;
        }
        page.items.push_back(entry_of(row));
    }
    return page;
}

Result<AuditProof> Store::verify_audit(WorkspaceId workspace)
{
    // The head first: entries that come while we read are beyond it and not looked at.
    const sql::auth::FindAuditHead find{.workspace = workspace.value};
    const auto head = TRY(database_.read([&](storage::Session& session) { return session.one(find); }));
    const auto last = head ? head->sequence : 0;
    AuditProof proof;
    std::string hash;
    for (;;) {
        const sql::auth::ReadAudit query{.workspace = workspace.value, .after = proof.entries, .limit = kBatch};
        const auto rows = TRY(database_.read([&](storage::Session& session) { return session.all(query); }));
        for (const auto& row : rows) {
            if (head && row.sequence > last) {
                break;
            }
            if (row.sequence != proof.entries + 1) {
                return broken(std::move(proof), row.sequence, "an entry before this one is missing");
            }
            if (!chain_.fits(workspace, entry_of(row), hash, row.hash)) {
                return broken(std::move(proof), row.sequence, "this entry was changed, or its key is not configured");
            }
            hash = row.hash;
            proof.entries = row.sequence;
        }
        if (rows.size() < static_cast<std::size_t>(kBatch) || (head && rows.back().sequence >= last)) {
            break;
        }
    }
    if (proof.entries != last) {
        return broken(std::move(proof), proof.entries + 1, "the log was cut off here");
    }
    if (head && (AuditChain::hash_in(head->hash) != hash || !chain_.head_fits(workspace, last, head->hash))) {
        return broken(std::move(proof), last, "the head of the log was changed");
    }
    return proof;
}

}  // namespace ss::auth

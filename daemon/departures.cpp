// Deauthorization and deletion of a person's data, in transactions of bounded size.
#include "departures.hpp"

#include <ss/auth.hpp>
#include <ss/channel.hpp>
#include <ss/copies.hpp>
#include <ss/crypto.hpp>
#include <ss/jobs.hpp>
#include <ss/storage.hpp>

#include <ss/sql/daemon.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace ss::daemon {
namespace {

namespace sql = ss::sql::daemon;
using storage::Session;

constexpr std::int64_t kBatch = 500;

/// What stands in an account's ids once its deletion was asked for; no id of a channel has this form.
std::string mark_of(std::int64_t request)
{
    return fmt::format("deletion:{}", request);
}

std::string target_of(std::int64_t account)
{
    return fmt::format("account:{}", account);
}

/// The next messages and what hangs on them. Returns how many messages; 0: there are none any more.
Result<std::int64_t> delete_messages(Session& session, jobs::Queue& queue, std::int64_t request, std::int64_t account)
{
    const auto last = TRY(session.one(sql::LastOfBatch{.account = account, .size = kBatch}));
    if (!last) {
        return 0;
    }
    TRY(session.run(sql::DeleteAttemptsOfAccount{account, last->id}));
    TRY(session.run(sql::DeleteReactionsOfAccount{account, last->id}));
    for (const auto& attachment : TRY(session.all(sql::DeleteAttachmentsOfAccount{account, last->id}))) {
        if (!attachment.blob.empty()) {
            TRY(queue.enqueue(session, messaging::forget_copy(attachment.blob)));
        }
    }
    const auto messages = TRY(session.run(sql::DeleteMessagesOfAccount{account, last->id}));
    TRY(session.run(sql::CountDeleted{request, 0, 0, messages, 0}));
    return messages;
}

/// The rest of an account that has no messages any more.
Result<void> delete_account(Session& session, std::int64_t request, std::int64_t account)
{
    TRY(session.run(sql::DeletePendingChangesOfAccount{account}));
    const auto conversations = TRY(session.run(sql::DeleteConversationsOfAccount{account}));
    TRY(session.run(sql::DeleteContactsOfAccount{account}));
    const auto posts = TRY(session.run(sql::DeletePostsOfAccount{account}));
    TRY(session.run(sql::DeleteInsightsOfAccount{account}));
    const auto accounts = TRY(session.run(sql::DeleteAccount{account}));
    TRY(session.run(sql::CountDeleted{request, accounts, conversations, 0, posts}));
    return {};
}

}  // namespace

Result<void> Departures::deauthorize(auth::Auth& auth, std::string_view channel, std::string_view person,
                                     std::optional<Timestamp> at)
{
    for (const auto& [account, workspace] : TRY(accounts_.revoke_by_owner(channel, person, at))) {
        TRY(auth.record(auth::operator_of(workspace), "account.deauthorized", target_of(account.value),
                        {{"by", std::string{channel}}}));
    }
    return {};
}

Result<std::string> Departures::request(std::string_view channel, std::string_view person, std::string_view proof)
{
    const sql::PutDeletion row{.code = crypto::random_token(16),
                               .channel = std::string{channel},
                               .person = std::string{person},
                               .request_sha256 = crypto::sha256_hex(proof),
                               .now = to_micros(clock_.now())};
    return database_.write([&](Session& session) -> Result<std::string> {
        const auto stored = TRY(session.one(row));
        if (!stored) {
            const auto earlier = TRY(session.one(sql::DeletionByRequest{row.request_sha256}));
            return earlier ? Result<std::string>{earlier->code}
                           : fail(Errc::busy, "the same request is being taken at this moment");
        }
        TRY(session.run(sql::PartFromAccounts{row.channel, row.person, mark_of(stored->id)}));
        TRY(queue_.enqueue(session, {.kind = std::string{kDeletePersonJob},
                                     .payload = fmt::format(R"({{"request":{}}})", stored->id),
                                     .priority = jobs::Priority::normal,
                                     .run_at = {},
                                     .unique_key = fmt::format("request:{}", stored->id),
                                     .serial_key = "person"}));
        return row.code;
    });
}

Result<void> Departures::run(auth::Auth& auth, std::string_view payload)
{
    const auto request = nlohmann::json::parse(payload, nullptr, false).value("request", std::int64_t{0});
    const auto open = TRY(database_.read([&](Session& session) { return session.one(sql::OpenDeletion{request}); }));
    if (!open) {
        return {};
    }
    const sql::AccountsToDelete find{mark_of(request)};
    for (const auto& account : TRY(database_.read([&](Session& session) { return session.all(find); }))) {
        std::int64_t deleted = 0;
        do {
            deleted = TRY(database_.write(
                [&](Session& session) { return delete_messages(session, queue_, request, account.id); }));
        } while (deleted > 0);
        TRY(auth.record(auth::operator_of(WorkspaceId{account.workspace_id}), "account.data_deleted",
                        target_of(account.id), {{"by", open->channel}}));
        TRY(database_.write([&](Session& session) { return delete_account(session, request, account.id); }));
    }
    TRY(database_.write(
        [&](Session& session) { return session.run(sql::FinishDeletion{request, to_micros(clock_.now())}); }));
    return {};
}

Result<Deletion> Departures::show(std::string_view code) const
{
    const auto row = TRY(
        database_.read([&](Session& session) { return session.one(sql::ShowDeletion{.code = std::string{code}}); }));
    if (!row) {
        return fail(Errc::not_found, "there is no deletion request with this code");
    }
    Deletion deletion{from_micros(row->requested_at), {}, row->accounts, row->conversations, row->messages, row->posts};
    if (row->finished_at) {
        deletion.finished_at = from_micros(*row->finished_at);
    }
    return deletion;
}

}  // namespace ss::daemon

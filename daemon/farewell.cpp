// Deleting a workspace, from the leaves to the root.
#include "farewell.hpp"

#include <ss/storage.hpp>

#include <ss/sql/daemon.hpp>

namespace ss::daemon {
namespace {

namespace sql = ss::sql::daemon;

template <class... Steps>
Result<void> run_all(storage::Session& session, WorkspaceId workspace)
{
    Result<void> outcome;
    const auto step = [&](const auto& statement) {
        auto done = session.run(statement);
        if (!done) {
            outcome = std::unexpected(std::move(done).error());
        }
        return outcome.has_value();
    };
    (void)(step(Steps{workspace.value}) && ...);
    return outcome;
}

}  // namespace

Result<void> delete_workspace(storage::Database& database, WorkspaceId workspace)
{
    return database.write([&](storage::Session& session) {
        return run_all<sql::ForgetAttempts, sql::ForgetReactions, sql::ForgetAttachments, sql::ForgetPendingChanges,
                       sql::ForgetMessages, sql::ForgetConversations, sql::ForgetContacts, sql::ForgetPosts,
                       sql::ForgetMedia, sql::ForgetInsights, sql::ForgetJobs, sql::ForgetAccounts, sql::ForgetEvents,
                       sql::ForgetKeys, sql::ForgetSessions, sql::ForgetUsers, sql::ForgetWorkspace>(session,
                                                                                                     workspace);
    });
}

}  // namespace ss::daemon

#pragma once
/// A workspace that goes: everything in it, in one transaction.

#include <ss/error.hpp>
#include <ss/id.hpp>

namespace ss::storage {
class Database;
}

namespace ss::daemon {

/// Deletes all rows of a workspace; its audit log stays, as the proof of what happened. Media that no row names any
/// more stay in the store. Errors: those of the database; then nothing was deleted.
[[nodiscard]] Result<void> delete_workspace(storage::Database& database, WorkspaceId workspace);

}  // namespace ss::daemon

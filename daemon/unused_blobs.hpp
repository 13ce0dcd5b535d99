#pragma once
/// Media files that no row names any more.

#include <ss/error.hpp>
#include <ss/time.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace ss::storage {
class Blobs;
class Database;
}  // namespace ss::storage

namespace ss::daemon {

/// Removes a file unless a row names it. A file that was just put (its row may be on its way) stays: a time says when
/// to ask again. `payload`: {"blob":"ab/cd…"}. Errors: invalid, those of database and store.
[[nodiscard]] Result<std::optional<Timestamp>> erase_unused_blob(storage::Database& database, storage::Blobs& blobs,
                                                                 const Clock& clock, std::string_view payload);

/// All of them that are older than a day: what crashes and deleted accounts and workspaces left. Returns how many.
[[nodiscard]] Result<std::int64_t> erase_unused_blobs(storage::Database& database, storage::Blobs& blobs);

}  // namespace ss::daemon

#pragma once
/// Opening what the settings name, for commands that work on the same data as the daemon.

#include <ss/config.hpp>
#include <ss/error.hpp>
#include <ss/storage.hpp>

#include <memory>

namespace ss::cli {

/// The options of the settings' database; the daemon uses the same (daemon/app.cpp).
[[nodiscard]] storage::DatabaseOptions database_options(const config::Settings& settings);

/// Errors: as storage::Database::open(), not_found (a SQLite file that is not there yet, unless `may_create`).
[[nodiscard]] Result<std::unique_ptr<storage::Database>> open_database(const config::Settings& settings,
                                                                       bool may_create = false);

}  // namespace ss::cli

#pragma once
// The checks that verify() and restore() share.

#include "database.hpp"

namespace ss::backup {

/// Every member's hash. Errors: corrupt.
[[nodiscard]] Result<void> check_hashes(const Set& set, const Progress& progress);

/// Every medium of the archive, its hash compared with its name, given to `visit`. Errors: corrupt.
[[nodiscard]] Result<void> each_medium(const Set& set, const Progress& progress,
                                       const std::function<Result<void>(std::string_view content)>& visit);

}  // namespace ss::backup

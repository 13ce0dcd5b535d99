#pragma once
// What the live schema looks like, in lines that compare.

#include <ss/migrate.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace ss::migrate {

/// Sorted lines, one a table, column, index, constraint, trigger, view and function; white space made even. Without the
/// ledger itself and what belongs to extensions. Empty: an empty database.
[[nodiscard]] Result<std::string> describe(storage::Session& session);

[[nodiscard]] std::string fingerprint_of(std::string_view schema_text);

/// One finding for each thing that is gone, new or different.
[[nodiscard]] std::vector<Finding> differences(std::string_view recorded, std::string_view live);

}  // namespace ss::migrate

#pragma once
// Rules that one value alone cannot break.

#include <ss/config.hpp>

#include <array>
#include <vector>

namespace ss::config {

// `failed` marks settings that are wrong already; nothing more is said about them.
void check_rules(const Settings& settings, const std::array<bool, kSettings.size()>& failed,
                 std::vector<Error>& errors);

}  // namespace ss::config

#pragma once
/// From words to a command: finds the row, parses its options, runs it, turns the outcome into an exit code.

#include <string>
#include <string_view>
#include <vector>

namespace ss::cli {

/// `arguments` without the program's name. Returns the exit code of product.md §7.
[[nodiscard]] int run(const std::vector<std::string>& arguments);

/// The long options a command declares, without the global ones; sorted.
struct Command;
[[nodiscard]] std::vector<std::string> declared_options(const Command& command);

/// "--config", "--json"…
[[nodiscard]] const std::vector<std::string>& global_options();

}  // namespace ss::cli

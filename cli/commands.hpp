#pragma once
/// The table of commands: one line a family, its file is commands/<noun>.cpp.

#include "command.hpp"

#include <vector>

namespace ss::cli {

std::vector<Command> init_commands();
std::vector<Command> env_commands();
std::vector<Command> smoke_commands();
std::vector<Command> user_commands();
std::vector<Command> sandbox_commands();
std::vector<Command> migrate_commands();
std::vector<Command> backup_commands();
std::vector<Command> completion_commands();

/// All of them, in the order of the manual.
std::vector<Command> all_commands();

}  // namespace ss::cli

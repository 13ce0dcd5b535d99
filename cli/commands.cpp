// The table of commands.
#include "commands.hpp"

#include <iterator>

namespace ss::cli {

std::vector<Command> all_commands()
{
    std::vector<Command> table;
    for (const auto family : {
             init_commands,
             env_commands,
             smoke_commands,
             user_commands,
             sandbox_commands,
             migrate_commands,
             backup_commands,
             completion_commands,
         }) {
        auto rows = family();
        table.insert(table.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
    }
    return table;
}

}  // namespace ss::cli

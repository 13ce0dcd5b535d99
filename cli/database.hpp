#pragma once
/// What the commands on the database share: how the settings say where it is, and how long work is shown.

#include "command.hpp"
#include "services.hpp"

#include <ss/backup.hpp>
#include <ss/config.hpp>
#include <ss/storage.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ss::cli {

/// "social-selling 0.1.0".
[[nodiscard]] std::string program_name();

[[nodiscard]] backup::Place backup_place(const config::Settings& settings);

/// For commands that only look: a SQLite file that does not exist is an empty database, and stays missing.
[[nodiscard]] Result<std::unique_ptr<storage::Database>> open_to_look(const config::Settings& settings);

/// One bar after another, as the work goes from stage to stage.
class Stages {
public:
    /// Borrows `output`.
    explicit Stages(Output& output) : output_{output} {}
    void update(std::string_view stage, std::uint64_t done, std::uint64_t total);
    void end() { bar_.reset(); }

private:
    Output& output_;
    std::string stage_{};
    std::optional<Progress> bar_{};
};

/// "12.3 MB".
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);

}  // namespace ss::cli

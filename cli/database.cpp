// Settings into the options of storage and backup.

#include "database.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>

namespace ss::cli {

std::string program_name()
{
    return "social-selling " SS_VERSION;
}

backup::Place backup_place(const config::Settings& settings)
{
    return {.database = database_options(settings),
            .media = settings.get<"media.dir">(),
            .folder = settings.get<"backup.dir">(),
            .program = program_name()};
}

Result<std::unique_ptr<storage::Database>> open_to_look(const config::Settings& settings)
{
    auto options = database_options(settings);
    const auto url = options.url.reveal();
    std::error_code ignored;
    if (url.starts_with("sqlite:") &&
        !std::filesystem::exists(url.substr(url.starts_with("sqlite://") ? 9 : 7), ignored)) {
        options.url = Secret{"sqlite::memory:"};
    }
    return storage::Database::open(options);
}

void Stages::update(std::string_view stage, std::uint64_t done, std::uint64_t total)
{
    if (!bar_ || stage != stage_) {
        bar_.reset();
        stage_ = stage;
        bar_.emplace(output_, stage_, static_cast<std::int64_t>(total));
    }
    bar_->update(static_cast<std::int64_t>(done), static_cast<std::int64_t>(total));
}

std::string human_bytes(std::uint64_t bytes)
{
    constexpr std::array<std::string_view, 5> kUnits{"bytes", "kB", "MB", "GB", "TB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1000 && unit + 1 < kUnits.size()) {
        value /= 1000;
        ++unit;
    }
    return unit == 0 ? fmt::format("{} bytes", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

}  // namespace ss::cli

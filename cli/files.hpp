#pragma once
/// Files that commands leave behind.

#include <ss/config.hpp>
#include <ss/error.hpp>

#include <filesystem>
#include <string_view>

namespace ss::cli {

/// Writes a new file that only its owner can read; a present one is never touched.
/// Errors: conflict (it exists), forbidden, unavailable.
[[nodiscard]] Result<void> write_new_private(const std::filesystem::path& file, std::string_view text);

/// Fresh random values for every secret that we make ourselves. Those of others (Meta, SMTP) stay empty.
void generate_secrets(config::Settings& settings);

/// Sets a value as if a file had given it. Errors: usage, naming `option`.
[[nodiscard]] Result<void> give(config::Settings& settings, std::size_t index, std::string_view text,
                                std::string_view option);

}  // namespace ss::cli

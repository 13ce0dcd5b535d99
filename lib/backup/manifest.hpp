#pragma once
// manifest.json and the hash beside it.

#include <ss/backup.hpp>

#include <filesystem>

namespace ss::backup {

/// Both files, durable. The hash file is what `sha256sum -c` reads.
[[nodiscard]] Result<void> write_manifest(const std::filesystem::path& folder, const Manifest& manifest);

/// Errors: corrupt (hash, form, a member's name that is not one of ours, made by a newer format), not_found.
[[nodiscard]] Result<Manifest> read_manifest(const std::filesystem::path& folder);

}  // namespace ss::backup

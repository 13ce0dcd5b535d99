#pragma once
// Exchanging a SQLite database file while nobody has it open.

#include "files.hpp"

#include <filesystem>
#include <memory>
#include <optional>

namespace ss::backup {

/// The process that has the database open, by SQLite's own lock: every connection in WAL mode holds one byte of the
/// "-shm" file as long as it lives.
[[nodiscard]] std::optional<int> user_of(const std::filesystem::path& database);

/// Keeps others from opening the database: holds that byte alone. Freed by the kernel when we die.
class Exclusion {
public:
    /// Errors: conflict (somebody has it open).
    [[nodiscard]] static Result<Exclusion> take(const std::filesystem::path& database);
    Exclusion(Exclusion&&) noexcept = default;
    Exclusion& operator=(Exclusion&&) = delete;
    ~Exclusion();

private:
    Exclusion(File shared, std::filesystem::path path) : shared_{std::move(shared)}, path_{std::move(path)} {}
    File shared_;
    std::filesystem::path path_;
};

/// Puts `fresh` in the place of `database`; at every moment the one or the other is there. The old file must have no
/// write-ahead log left (an old log would be played into the new file): errors: conflict.
[[nodiscard]] Result<void> swap_in(const std::filesystem::path& fresh, const std::filesystem::path& database);

}  // namespace ss::backup

#pragma once
// Files of a set: opened without surprises, synced, locked.

#include <ss/error.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace ss::backup {

class File {
public:
    File() = default;
    explicit File(int number) : number_{number} {}
    File(File&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
    File& operator=(File&& other) noexcept
    {
        std::swap(number_, other.number_);
        return *this;
    }
    ~File();

    /// A new file with mode 0600. Errors: unavailable.
    [[nodiscard]] static Result<File> create(const std::filesystem::path& path);
    /// Never follows a link. Errors: not_found, unavailable.
    [[nodiscard]] static Result<File> open(const std::filesystem::path& path);

    [[nodiscard]] Result<void> write(std::string_view bytes);
    /// Empty at the end.
    [[nodiscard]] Result<std::string_view> read(std::string& buffer);
    [[nodiscard]] Result<void> sync();
    [[nodiscard]] int number() const { return number_; }

private:
    int number_ = -1;
};

/// The reason of the last failed system call, as an error.
[[nodiscard]] std::unexpected<Error> system_failed(std::string_view doing, const std::filesystem::path& path);

[[nodiscard]] Result<std::string> read_small(const std::filesystem::path& path);
[[nodiscard]] Result<void> write_durably(const std::filesystem::path& path, std::string_view text);
[[nodiscard]] Result<void> sync_folder(const std::filesystem::path& path);
[[nodiscard]] Result<void> make_folder(const std::filesystem::path& path);  ///< 0700; being there is fine.
[[nodiscard]] Result<void> rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);

/// Removed with everything in it, unless kept.
class Scratch {
public:
    Scratch() = default;
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch();
    [[nodiscard]] Result<void> make(std::filesystem::path path);
    /// Somebody alive has made it: the kernel knows by a lock on the folder.
    [[nodiscard]] static bool is_in_use(const std::filesystem::path& path);
    void keep() { path_.clear(); }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    File lock_;
    std::filesystem::path path_;
};

/// One run at a time in a folder of sets. Errors: locked.
[[nodiscard]] Result<File> lock_folder(const std::filesystem::path& folder);

}  // namespace ss::backup

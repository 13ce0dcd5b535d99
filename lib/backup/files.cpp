// System calls on files, each with its error.

#include "files.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace ss::backup {

namespace fs = std::filesystem;

std::unexpected<Error> system_failed(std::string_view doing, const fs::path& path)
{
    const int reason = errno;
    return fail(reason == ENOENT ? Errc::not_found : Errc::unavailable,
                fmt::format("{} failed: {}", doing, std::error_code{reason, std::generic_category()}.message()),
                reason == ENOSPC   ? "make room on that disk; what was there before is untouched"
                : reason == EACCES ? "run it as the user that owns the files"
                                   : "",
                path.string());
}

File::~File()
{
    if (number_ >= 0) {
        ::close(number_);
    }
}

Result<File> File::create(const fs::path& path)
{
    const int number = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (number < 0) {
        return system_failed("creating a file", path);
    }
    return File{number};
}

Result<File> File::open(const fs::path& path)
{
    const int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (number < 0) {
        return system_failed("opening a file", path);
    }
    return File{number};
}

Result<void> File::write(std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto written = ::write(number_, bytes.data(), bytes.size());
        if (written < 0) {
            if (errno == EINTR) {
                continue;
            }
            return system_failed("writing a file", {});
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<std::string_view> File::read(std::string& buffer)
{
    for (;;) {
        const auto got = ::read(number_, buffer.data(), buffer.size());
        if (got >= 0) {
            return std::string_view{buffer}.substr(0, static_cast<std::size_t>(got));
        }
        if (errno != EINTR) {
            return system_failed("reading a file", {});
        }
    }
}

Result<void> File::sync()
{
    if (::fsync(number_) != 0) {
        return system_failed("syncing a file", {});
    }
    return {};
}

Result<std::string> read_small(const fs::path& path)
{
    constexpr std::size_t kMost = 4U << 20U;
    auto file = TRY(File::open(path));
    std::string text;
    std::string buffer(65536, '\0');
    for (;;) {
        const auto piece = TRY(file.read(buffer));
        if (piece.empty()) {
            return text;
        }
        text += piece;
        if (text.size() > kMost) {
            return fail(Errc::too_large, "a file is larger than it can rightly be", {}, path.string());
        }
    }
}

Result<void> write_durably(const fs::path& path, std::string_view text)
{
    auto file = TRY(File::create(path));
    TRY(file.write(text));
    return file.sync();
}

Result<void> sync_folder(const fs::path& path)
{
    File folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.number() < 0) {
        return system_failed("opening a folder", path);
    }
    return folder.sync();
}

Result<void> make_folder(const fs::path& path)
{
    std::error_code error;
    if (path.has_parent_path() && !fs::exists(path.parent_path(), error)) {
        fs::create_directories(path.parent_path(), error);
    }
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
        return system_failed("making a folder", path);
    }
    return {};
}

Result<void> rename_durably(const fs::path& from, const fs::path& to)
{
    if (::rename(from.c_str(), to.c_str()) != 0) {
        return system_failed("renaming a file", to);
    }
    return sync_folder(to.parent_path().empty() ? fs::path{"."} : to.parent_path());
}

Scratch::~Scratch()
{
    if (!path_.empty()) {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
}

Result<void> Scratch::make(fs::path path)
{
    TRY(make_folder(path));
    path_ = std::move(path);
    lock_ = File{::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (lock_.number() < 0 || ::flock(lock_.number(), LOCK_EX | LOCK_NB) != 0) {
        return system_failed("locking a folder", path_);
    }
    return {};
}

bool Scratch::is_in_use(const fs::path& path)
{
    const File folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)};
    return folder.number() >= 0 && ::flock(folder.number(), LOCK_SH | LOCK_NB) != 0;
}

Result<File> lock_folder(const fs::path& folder)
{
    const auto path = folder / ".lock";
    File file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (file.number() < 0) {
        return system_failed("opening the lock", path);
    }
    if (::flock(file.number(), LOCK_EX | LOCK_NB) != 0) {
        return fail(Errc::locked, "another backup or restore is at work in this folder", "wait for it to end",
                    folder.string());
    }
    return file;
}

}  // namespace ss::backup

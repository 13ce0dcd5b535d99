// Media in a folder, addressed by SHA-256: written beside, synced, renamed; checked when read.

#include <ss/storage.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

namespace ss::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDigits = 64;
constexpr std::string_view kUnfinished = ".new-";

std::string sha256_hex(std::string_view bytes)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
    std::string hex;
    for (unsigned int at = 0; at < size; ++at) {
        hex += fmt::format("{:02x}", digest[at]);
    }
    return hex;
}

std::string key_of(std::string_view bytes)
{
    auto hex = sha256_hex(bytes);
    return hex.insert(2, 1, '/');
}

/// "ab/" and 62 more hexadecimal digits, nothing else: no key can name a file outside the folder.
bool is_key(std::string_view key)
{
    if (key.size() != kDigits + 1 || key[2] != '/') {
        return false;
    }
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return std::ranges::all_of(key.substr(0, 2), is_digit) && std::ranges::all_of(key.substr(3), is_digit);
}

std::unexpected<Error> disk_failed(std::string_view doing)
{
    const int reason = errno;
    return fail(Errc::unavailable,
                fmt::format("{} failed: {}", doing, std::error_code{reason, std::generic_category()}.message()),
                reason == ENOSPC ? "make room on the media disk" : "");
}

class File {
public:
    explicit File(int descriptor) : descriptor_{descriptor} {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File()
    {
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
    }
    [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
    [[nodiscard]] int get() const { return descriptor_; }

private:
    int descriptor_;
};

Result<void> sync_folder(const fs::path& folder)
{
    const File opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!opened.is_open() || ::fsync(opened.get()) != 0) {
        return disk_failed("storing a media folder");
    }
    return {};
}

Result<void> write_all(int descriptor, std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return disk_failed("writing a media file");
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(descriptor) != 0) {
        return disk_failed("storing a media file");
    }
    return {};
}

std::vector<std::string> names_in(const fs::path& folder, std::error_code& error)
{
    std::vector<std::string> names;
    for (fs::directory_iterator at{folder, error}, end; !error && at != end; at.increment(error)) {
        names.push_back(at->path().filename().string());
    }
    std::ranges::sort(names);
    return names;
}

class FolderBlobs final : public Blobs {
public:
    explicit FolderBlobs(fs::path folder) : folder_{std::move(folder)} {}

    [[nodiscard]] Result<BlobInfo> put(std::string_view bytes) override
    {
        BlobInfo info{.key = key_of(bytes), .bytes = bytes.size()};
        const auto target = folder_ / info.key;
        // Trusted only when it is whole: a damaged file is replaced by the good bytes at hand.
        if (!get(info.key) || ::utimensat(AT_FDCWD, target.c_str(), nullptr, AT_SYMLINK_NOFOLLOW) != 0) {
            if (::mkdir(target.parent_path().c_str(), 0700) != 0 && errno != EEXIST) {
                return disk_failed("making a media folder");
            }
            TRY(store(target, bytes));
        }
        // Also when it was there: an earlier put() may have failed just before its name was durable.
        TRY(sync_folder(target.parent_path()));
        TRY(sync_folder(folder_));
        return info;
    }

    [[nodiscard]] Result<std::string> get(std::string_view key) override
    {
        if (!is_key(key)) {
            return fail(Errc::not_found, "there is no such file");
        }
        const File file{::open((folder_ / key).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
        struct stat about{};
        if (!file.is_open() && (errno == ENOENT || errno == ENOTDIR)) {
            return fail(Errc::not_found, "there is no such file");
        }
        if (!file.is_open() || ::fstat(file.get(), &about) != 0) {
            return disk_failed("opening a media file");
        }
        std::string bytes(static_cast<std::size_t>(about.st_size), '\0');
        std::size_t have = 0;
        while (have < bytes.size()) {
            const auto got = ::read(file.get(), bytes.data() + have, bytes.size() - have);
            if (got < 0 && errno == EINTR) {
                continue;
            }
            if (got < 0) {
                return disk_failed("reading a media file");
            }
            if (got == 0) {
                break;
            }
            have += static_cast<std::size_t>(got);
        }
        bytes.resize(have);
        if (key_of(bytes) != key) {
            return fail(Errc::corrupt, "a media file's content does not fit its hash", "restore it from a backup",
                        std::string{key});
        }
        return bytes;
    }

    [[nodiscard]] Result<void> erase(std::string_view key) override
    {
        if (is_key(key) && ::unlink((folder_ / key).c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
            return disk_failed("removing a media file");
        }
        return {};
    }

    [[nodiscard]] Result<bool> erase_older(std::string_view key, std::chrono::seconds age) override
    {
        struct stat about{};
        if (!is_key(key) || ::lstat((folder_ / key).c_str(), &about) != 0) {
            return true;
        }
        if (std::chrono::system_clock::from_time_t(about.st_mtime) + age > std::chrono::system_clock::now()) {
            return false;
        }
        TRY(erase(key));
        return true;
    }

    [[nodiscard]] Result<void> probe() override
    {
        // Always the same name, so that a crash in between leaves at most one file.
        const auto path = folder_ / ".probe";
        const File file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
        if (!file.is_open() || ::write(file.get(), "", 1) != 1) {
            return disk_failed("writing a media file");
        }
        ::unlink(path.c_str());
        return {};
    }

    [[nodiscard]] Result<void> each(const std::function<Result<void>(const BlobInfo&)>& visit) override
    {
        std::error_code error;
        for (const auto& group : names_in(folder_, error)) {
            if (group.size() != 2) {
                continue;
            }
            for (const auto& name : names_in(folder_ / group, error)) {
                BlobInfo info{.key = group + "/" + name, .bytes = 0};
                if (!is_key(info.key)) {
                    continue;
                }
                std::error_code gone;
                info.bytes = fs::file_size(folder_ / info.key, gone);
                if (!gone) {
                    TRY(visit(info));
                }
            }
            if (error) {
                break;
            }
        }
        if (error) {
            return fail(Errc::unavailable, "the media folder cannot be listed: " + error.message());
        }
        return {};
    }

private:
    static Result<void> store(const fs::path& target, std::string_view bytes)
    {
        auto beside = (target.parent_path() / fmt::format("{}XXXXXX", kUnfinished)).native();
        const File file{::mkostemp(beside.data(), O_CLOEXEC)};
        if (!file.is_open()) {
            return disk_failed("making a media file");
        }
        auto written = write_all(file.get(), bytes);
        if (written && ::rename(beside.c_str(), target.c_str()) != 0) {
            written = disk_failed("naming a media file");
        }
        if (!written) {
            ::unlink(beside.c_str());
        }
        return written;
    }

    fs::path folder_;
};

}  // namespace

Result<std::unique_ptr<Blobs>> Blobs::open_folder(const fs::path& folder)
{
    if (folder.empty()) {
        return fail(Errc::configuration, "no media folder is named");
    }
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
        return disk_failed("making the media folder");
    }
    if (!fs::is_directory(folder)) {
        return fail(Errc::configuration, "the media folder's name belongs to a file", {}, folder.string());
    }
    if (::access(folder.c_str(), R_OK | W_OK | X_OK) != 0) {
        return disk_failed("using the media folder");
    }
    return std::unique_ptr<Blobs>{std::make_unique<FolderBlobs>(folder)};
}

}  // namespace ss::storage

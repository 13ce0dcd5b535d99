// Reading files that may hold secrets: who else could read or change them?
#include "sources.hpp"

#include <ss/text.hpp>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace ss::config {
namespace {

constexpr std::size_t kMostBytes = 1U << 20U;

class Descriptor {
public:
    explicit Descriptor(int number) : number_{number} {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor()
    {
        if (number_ >= 0) {
            ::close(number_);
        }
    }
    [[nodiscard]] int number() const { return number_; }

private:
    int number_;
};

bool is_trusted_owner(uid_t owner)
{
    return owner == 0 || owner == ::geteuid();
}

// Group readers are the packaged layout (root:social-selling 0640), so only everybody else counts.
std::string exposure(const struct stat& info, const struct stat& link)
{
    if ((info.st_mode & S_IRWXO) != 0) {
        return fmt::format("everybody on this machine may open it (mode {:04o})", info.st_mode & 07777U);
    }
    if ((info.st_mode & S_IWGRP) != 0) {
        return fmt::format("its group may change it (mode {:04o})", info.st_mode & 07777U);
    }
    if (!is_trusted_owner(info.st_uid) || !is_trusted_owner(link.st_uid)) {
        return fmt::format("it belongs to another user (uid {})", info.st_uid);
    }
    return {};
}

Result<std::string> read_all(int number, const std::string& name)
{
    std::string text;
    std::array<char, 16384> buffer{};
    for (;;) {
        const auto got = ::read(number, buffer.data(), buffer.size());
        if (got < 0) {
            return fail(Errc::configuration, fmt::format("cannot read it: {}", std::strerror(errno)), {}, name);
        }
        if (got == 0) {
            return text;
        }
        text.append(buffer.data(), static_cast<std::size_t>(got));
        if (text.size() > kMostBytes) {
            return fail(Errc::configuration, "larger than 1 MiB, so it is no configuration of ours", {}, name);
        }
    }
}

}  // namespace

Result<FileText> read_file(const std::filesystem::path& file, Links links)
{
    const auto name = file.string();
    struct stat link{};
    if (::lstat(file.c_str(), &link) != 0) {
        return fail(Errc::configuration, fmt::format("cannot open it: {}", std::strerror(errno)),
                    errno == ENOENT ? "ssctl init writes a first configuration" : "", name);
    }
    if (links == Links::refuse && S_ISLNK(link.st_mode)) {
        return fail(Errc::configuration, "a secret must be a file, not a symbolic link", {}, name);
    }
    const Descriptor descriptor{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    struct stat info{};
    if (descriptor.number() < 0 || ::fstat(descriptor.number(), &info) != 0) {
        return fail(Errc::configuration, fmt::format("cannot open it: {}", std::strerror(errno)), {}, name);
    }
    if (!S_ISREG(info.st_mode)) {
        return fail(Errc::configuration, "not a file", {}, name);
    }
    auto text = TRY(read_all(descriptor.number(), name));
    return FileText{.text = std::move(text), .exposed = exposure(info, link)};
}

Reading read_credentials(const std::filesystem::path& directory)
{
    Reading reading;
    std::error_code failure;
    std::vector<std::filesystem::path> files;
    for (std::filesystem::directory_iterator at{directory, failure}, end; !failure && at != end;
         at.increment(failure)) {
        files.push_back(at->path());
    }
    if (failure) {
        reading.errors.push_back(wrong(fmt::format("cannot list it: {}", failure.message()),
                                       "CREDENTIALS_DIRECTORY names it", directory.string()));
    }
    std::ranges::sort(files);
    for (const auto& file : files) {
        const auto key = file.filename().string();
        if (!find_setting(key)) {
            reading.errors.push_back(
                wrong(fmt::format("there is no setting \"{}\"", printable(key)), key_hint(key), file.string()));
            continue;
        }
        auto read = read_file(file, Links::refuse);
        if (!read) {
            reading.errors.push_back(std::move(read).error());
            continue;
        }
        if (!read->exposed.empty()) {
            reading.errors.push_back(wrong(fmt::format("a secret's file is not private: {}", read->exposed),
                                           fmt::format("chmod 400 {}", file.string()), file.string()));
            continue;
        }
        auto text = std::string{trim(read->text)};
        reading.statements.push_back(
            {.key = key, .form = Form::bare, .text = std::move(text), .entries = {}, .where = file.string()});
    }
    return reading;
}

}  // namespace ss::config

// Who has a SQLite file open, and putting another in its place.
// https://www.sqlite.org/walformat.html: "-shm" byte 128 is the dead-man switch, read-locked by every connection.

#include "swap.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace ss::backup {
namespace {

namespace fs = std::filesystem;

constexpr off_t kDeadManSwitch = 128;

struct flock one_byte(short type)
{
    struct flock lock{};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = kDeadManSwitch;
    lock.l_len = 1;
    return lock;
}

std::unexpected<Error> in_use(const fs::path& database, std::optional<int> process)
{
    return fail(Errc::conflict,
                process && *process > 0 ? fmt::format("process {} has the database open", *process)
                                        : std::string{"another process has the database open"},
                "stop it first: systemctl stop social-selling", database.string());
}

/// The new file belongs to whom the old one did, also when root restores.
void hand_over(const fs::path& fresh, const fs::path& database)
{
    struct stat old{};
    if (::geteuid() == 0 && (::stat(database.c_str(), &old) == 0 || ::stat(fresh.parent_path().c_str(), &old) == 0)) {
        static_cast<void>(::chown(fresh.c_str(), old.st_uid, old.st_gid) == 0);
    }
}

}  // namespace

std::optional<int> user_of(const fs::path& database)
{
    const File shared{::open((database.string() + "-shm").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)};
    if (shared.number() < 0) {
        return std::nullopt;
    }
    auto lock = one_byte(F_WRLCK);
    if (::fcntl(shared.number(), F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) {
        return std::nullopt;
    }
    return lock.l_pid;
}

Result<Exclusion> Exclusion::take(const fs::path& database)
{
    const fs::path path = database.string() + "-shm";
    File shared{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (shared.number() < 0) {
        return system_failed("opening the database's shared memory", path);
    }
    auto lock = one_byte(F_WRLCK);
    if (::fcntl(shared.number(), F_OFD_SETLK, &lock) != 0) {
        return in_use(database, user_of(database));
    }
    return Exclusion{std::move(shared), path};
}

Exclusion::~Exclusion()
{
    if (shared_.number() >= 0) {
        ::unlink(path_.c_str());  // of the old file; the next to open the new one makes its own
    }
}

Result<void> swap_in(const fs::path& fresh, const fs::path& database)
{
    struct stat log{};
    if (::stat((database.string() + "-wal").c_str(), &log) == 0 && log.st_size > 0) {
        return in_use(database, std::nullopt);
    }
    ::unlink((database.string() + "-wal").c_str());
    hand_over(fresh, database);
    return rename_durably(fresh, database);
}

}  // namespace ss::backup

// The lock around a migration run: pg_try_advisory_lock, or flock on a file beside the SQLite database.

#include "lock.hpp"

#include <ss/sql/migrate.hpp>
#include <ss/text.hpp>

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace ss::migrate {
namespace {

constexpr std::int64_t kAdvisoryKey = 0x5353'6d69'6772'6174;  // "SSmigrat"
constexpr int kPollMilliseconds = 10;

std::string host_name()
{
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string{name.data()} : std::string{"?"};
}

/// A place to stand in while the lock is somebody else's.
class Patience {
public:
    explicit Patience(std::chrono::milliseconds timeout) : end_{std::chrono::steady_clock::now() + timeout} {}
    [[nodiscard]] bool is_over() const { return std::chrono::steady_clock::now() >= end_; }
    static void pause() { ::poll(nullptr, 0, kPollMilliseconds); }

private:
    std::chrono::steady_clock::time_point end_;
};

std::unexpected<Error> held(const std::string& holder, std::chrono::milliseconds timeout)
{
    return fail(Errc::locked,
                fmt::format("another migration run holds the lock after {} ms of waiting: {}", timeout.count(), holder),
                "wait for it, or give more time with --lock-timeout");
}

class PostgresLock final : public Lock {
public:
    explicit PostgresLock(storage::Connection& connection) : connection_{connection} {}
    ~PostgresLock() override
    {
        // A connection that fails here is about to be closed, which frees the lock as well.
        static_cast<void>(connection_.one(sql::migrate::Unlock{.key = kAdvisoryKey}));
    }

private:
    storage::Connection& connection_;
};

Result<std::string> postgres_holder(storage::Connection& connection)
{
    const auto holder = TRY(connection.one(sql::migrate::LockHolder{.key = kAdvisoryKey}));
    if (!holder) {
        return std::string{"its holder has just left"};
    }
    return fmt::format("{} (server process {}, connected since {})", printable(holder->application), holder->pid,
                       to_rfc3339(from_micros(holder->since)));
}

Result<std::unique_ptr<Lock>> take_postgres(storage::Connection& connection, std::string_view purpose,
                                            std::chrono::milliseconds timeout,
                                            const std::function<void(std::string)>& waiting)
{
    // PostgreSQL keeps 63 bytes of it.
    TRY(connection.one(
        sql::migrate::NameConnection{.name = fmt::format("{} pid {} on {}", purpose, ::getpid(), host_name())}));
    const Patience patience{timeout};
    for (bool told = false;; told = true) {
        const auto got = TRY(connection.one(sql::migrate::TryLock{.key = kAdvisoryKey}));
        if (got && got->got != 0) {
            return std::make_unique<PostgresLock>(connection);
        }
        if (!told || patience.is_over()) {
            const auto holder = TRY(postgres_holder(connection));
            if (patience.is_over()) {
                return held(holder, timeout);
            }
            waiting(holder);
        }
        Patience::pause();
    }
}

class FileLock final : public Lock {
public:
    explicit FileLock(int file) : file_{file} {}
    ~FileLock() override
    {
        if (owned_) {
            static_cast<void>(::ftruncate(file_, 0) == 0);
        }
        ::close(file_);  // frees the lock
    }

    /// For whoever waits; the file stays when the lock goes, because removing it would let two holders in.
    void sign(std::string_view purpose)
    {
        owned_ = true;
        const auto text = fmt::format("{} pid {} on {} since {}\n", purpose, ::getpid(), host_name(),
                                      to_rfc3339(SystemClock{}.now()));
        const bool signed_in = ::ftruncate(file_, 0) == 0 &&
                               ::pwrite(file_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
        static_cast<void>(signed_in);  // a full disk costs the waiting their explanation, not the lock
    }

private:
    int file_;
    bool owned_ = false;
};

std::string file_holder(int file)
{
    std::array<char, 512> text{};
    const auto got = ::pread(file, text.data(), text.size(), 0);
    const auto line = got > 0 ? trim(std::string_view{text.data(), static_cast<std::size_t>(got)}) : std::string_view{};
    return line.empty() ? "its holder has just left" : printable(line);
}

Result<std::unique_ptr<Lock>> take_file(const std::string& path, std::string_view purpose,
                                        std::chrono::milliseconds timeout,
                                        const std::function<void(std::string)>& waiting)
{
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        return fail(Errc::unavailable, "the migration lock cannot be created beside the database",
                    "check the folder's owner and mode", path);
    }
    auto lock = std::make_unique<FileLock>(file);
    const Patience patience{timeout};
    for (bool told = false; ::flock(file, LOCK_EX | LOCK_NB) != 0; told = true) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return fail(Errc::unavailable, "the migration lock cannot be taken on this file system", {}, path);
        }
        if (patience.is_over()) {
            return held(file_holder(file), timeout);
        }
        if (!told) {
            waiting(file_holder(file));
        }
        Patience::pause();
    }
    lock->sign(purpose);
    return lock;
}

}  // namespace

Result<std::unique_ptr<Lock>> Lock::take(storage::Connection& connection, std::string_view purpose,
                                         std::chrono::milliseconds timeout,
                                         const std::function<void(std::string)>& waiting)
{
    if (connection.engine() == storage::Engine::postgres) {
        return take_postgres(connection, purpose, timeout, waiting);
    }
    const auto file = TRY(connection.one(sql::migrate::DatabaseFile{}));
    if (!file || file->file.empty()) {
        return fail(Errc::internal, "a database without a file cannot be locked");
    }
    return take_file(file->file + ".migrate-lock", purpose, timeout, waiting);
}

}  // namespace ss::migrate

// Private PostgreSQL clusters. The shared one is counted by a file lock: every test process holds it shared,
// a small shell in the background waits until nobody does, and then stops the server.

#include <ss/testing/postgres.hpp>
#include <ss/testing/process.hpp>

#include <ss/storage.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <pwd.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <mutex>
#include <stdexcept>

namespace ss::testing {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void give_up(const std::string& why, const std::string& output = {})
{
    throw std::runtime_error{why + (output.empty() ? "" : ": " + output)};
}

/// The server refuses to run as root.
std::vector<std::string> as_server_user(std::vector<std::string> command)
{
    if (::geteuid() == 0) {
        command.insert(command.begin(), {"runuser", "-u", "postgres", "--"});
    }
    return command;
}

void must_run(const std::vector<std::string>& command)
{
    const auto finished = run(as_server_user(command));
    if (finished.exit_code != 0) {
        give_up(command.front() + " failed", finished.output);
    }
}

/// `folder`/data is the cluster, `folder` holds the socket and the log.
void initialise(const fs::path& folder)
{
    if (::geteuid() == 0) {
        const auto* user = ::getpwnam("postgres");
        if (user == nullptr || ::chown(folder.c_str(), user->pw_uid, user->pw_gid) != 0) {
            give_up("there is no user postgres");
        }
    }
    ::chmod(folder.c_str(), 0755);
    must_run({postgres_program("initdb"), "--pgdata=" + (folder / "data").string(), "--username=postgres",
              "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"});
    const auto rules = folder / "data/pg_hba.conf";
    std::ofstream{rules, std::ios::trunc} << "local all with_password scram-sha-256\nlocal all all trust\n";
}

void start_server(const fs::path& folder, bool durable)
{
    auto settings = fmt::format(
        "-c listen_addresses= -c unix_socket_directories={} -c max_connections=150 "
        "-c shared_buffers=32MB -c timezone=UTC -c log_min_messages=fatal",
        folder.string());
    if (!durable) {
        settings += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off";
    }
    must_run({postgres_program("pg_ctl"), "start", "--wait", "--silent", "--pgdata=" + (folder / "data").string(),
              "--log=" + (folder / "log").string(), "--options=" + settings});
}

std::string server_url(const fs::path& folder, std::string_view database, std::string_view user = "postgres",
                       std::string_view password = "")
{
    return fmt::format("postgresql://{}{}{}@/{}?host={}", user, password.empty() ? "" : ":", password, database,
                       folder.string());
}

void execute(const std::string& url, const std::string& sql)
{
    auto database = storage::Database::open({.url = Secret{url}});
    if (!database) {
        give_up("the test server does not answer", to_string(database.error()));
    }
    auto connection = (*database)->connect();
    if (!connection) {
        give_up("the test server does not answer", to_string(connection.error()));
    }
    if (auto done = (*connection)->script(sql); !done) {
        give_up(sql, to_string(done.error()));
    }
}

class LockFile {
public:
    explicit LockFile(const fs::path& path) : descriptor_{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)}
    {
        if (descriptor_ < 0) {
            give_up("cannot open " + path.string());
        }
    }
    LockFile(const LockFile&) = delete;
    LockFile& operator=(const LockFile&) = delete;
    ~LockFile() { ::close(descriptor_); }
    void lock(int kind) const
    {
        while (::flock(descriptor_, kind) != 0 && errno == EINTR) {
        }
    }

private:
    int descriptor_;
};

/// $1: lock of starting, $2: lock of users, $3: pg_ctl, $4: the cluster's folder.
constexpr const char* kReaper = R"sh(
exec </dev/null >/dev/null 2>&1 8>"$1" 9>"$2"
while :; do
  flock -x 9; flock -u 9
  sleep 5
  flock -x 8
  if flock -n -x 9; then
    if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$3" stop -m immediate -D "$4/data" 8>&- 9>&-
    else "$3" stop -m immediate -D "$4/data" 8>&- 9>&-; fi
    rm -rf "$4"
    exit
  fi
  flock -u 8
done
)sh";

class SharedServer {
public:
    SharedServer()
        : name_{fmt::format("ss-postgres-{}-{:x}", ::geteuid(), std::hash<std::string>{}(SS_TEST_STATE_FOLDER))},
          folder_{fs::path{"/tmp"} / name_},
          starting_{lock_path("start")},
          users_{lock_path("users")}
    {
        starting_.lock(LOCK_EX);
        if (!is_running()) {
            fs::remove_all(folder_);
            fs::create_directory(folder_);
            initialise(folder_);
            start_server(folder_, false);
            start_reaper();
        }
        users_.lock(LOCK_SH);
        starting_.lock(LOCK_UN);
    }

    [[nodiscard]] std::string fresh_database()
    {
        const auto name = fmt::format("test_{}_{}", ::getpid(), ++databases_);
        execute(server_url(folder_, "postgres"), "drop database if exists " + name);
        execute(server_url(folder_, "postgres"), "create database " + name);
        return server_url(folder_, name);
    }
    [[nodiscard]] const fs::path& folder() const { return folder_; }

private:
    [[nodiscard]] fs::path lock_path(const char* kind) const
    {
        return fs::path{SS_TEST_STATE_FOLDER} / fmt::format("{}.{}.lock", name_, kind);
    }

    [[nodiscard]] bool is_running() const
    {
        return fs::exists(folder_ / "data/postmaster.pid") &&
               run({postgres_program("pg_isready"), "--quiet", "--timeout=10", "--host=" + folder_.string()})
                       .exit_code == 0;
    }

    void start_reaper() const
    {
        const auto started = run({"setsid", "--fork", "sh", "-c", kReaper, "ss-postgres-reaper", lock_path("start"),
                                  lock_path("users"), postgres_program("pg_ctl"), folder_});
        if (started.exit_code != 0) {
            give_up("cannot watch over the test server", started.output);
        }
    }

    std::string name_;
    fs::path folder_;
    LockFile starting_;
    LockFile users_;
    std::atomic<int> databases_ = 0;
};

/// One a process: its lock on the users' file is what keeps the server.
SharedServer& shared_server()
{
    static SharedServer server;
    return server;
}

}  // namespace

fs::path postgres_program(std::string_view name)
{
    fs::path newest;
    int version = 0;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{"/usr/lib/postgresql", error}) {
        const int found = std::atoi(entry.path().filename().c_str());
        if (found > version && fs::exists(entry.path() / "bin" / name)) {
            version = found;
            newest = entry.path() / "bin" / name;
        }
    }
    if (newest.empty()) {
        give_up("PostgreSQL is not installed: apt-get install postgresql");
    }
    return newest;
}

std::string fresh_postgres_database()
{
    return shared_server().fresh_database();
}

void drop_postgres_database(const std::string& url)
{
    const auto begin = url.find("@/") + 2;
    const auto name = url.substr(begin, url.find('?') - begin);
    execute(server_url(shared_server().folder(), "postgres"), "drop database if exists " + name + " with (force)");
}

PostgresServer::PostgresServer(bool durable) : durable_{durable}
{
    initialise(folder_.path());
    start();
    execute(url("postgres"), "create role with_password login superuser password 'p@ss word'");
}

PostgresServer::~PostgresServer()
{
    kill();
}

std::string PostgresServer::fresh_database()
{
    const auto name = fmt::format("test_{}", ++databases_);
    execute(url("postgres"), "create database " + name);
    return url(name);
}

std::string PostgresServer::url(std::string_view database, std::string_view user,
                                std::string_view encoded_password) const
{
    return server_url(folder_.path(), database, user, encoded_password);
}

void PostgresServer::start()
{
    // After kill() the last children may hold the shared memory for a moment.
    constexpr int kAttempts = 20;
    for (int attempt = 1;; ++attempt) {
        try {
            start_server(folder_.path(), durable_);
            return;
        } catch (const std::runtime_error&) {
            if (attempt == kAttempts) {
                throw;
            }
        }
    }
}

void PostgresServer::kill()
{
    if (postmaster() > 0) {
        const auto family = run({"pgrep", "--parent", std::to_string(postmaster())}).output;
        ::kill(postmaster(), SIGKILL);
        for (std::size_t at = 0; at < family.size(); at = family.find('\n', at) + 1) {
            ::kill(std::atoi(family.c_str() + at), SIGKILL);
            if (family.find('\n', at) == std::string::npos) {
                break;
            }
        }
        fs::remove(folder_ / "data/postmaster.pid");
    }
}

void PostgresServer::restart()
{
    must_run({postgres_program("pg_ctl"), "restart", "--wait", "--silent", "--mode=fast",
              "--pgdata=" + (folder_ / "data").string(), "--log=" + (folder_ / "log").string()});
}

pid_t PostgresServer::postmaster() const
{
    std::ifstream file{folder_ / "data/postmaster.pid"};
    pid_t id = 0;
    file >> id;
    return id;
}

}  // namespace ss::testing

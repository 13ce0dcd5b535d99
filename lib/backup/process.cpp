// Starting a program with a clean environment and listening to it.

#include "process.hpp"

#include <ss/text.hpp>

#include <fcntl.h>
#include <fmt/core.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace ss::backup {
namespace {

/// posix_spawn's list of what to do with the child's files.
class Actions {
public:
    Actions() { posix_spawn_file_actions_init(&actions_); }
    Actions(const Actions&) = delete;
    Actions& operator=(const Actions&) = delete;
    ~Actions() { posix_spawn_file_actions_destroy(&actions_); }
    void use(int ours, int theirs) { posix_spawn_file_actions_adddup2(&actions_, ours, theirs); }
    void null(int theirs) { posix_spawn_file_actions_addopen(&actions_, theirs, "/dev/null", O_RDWR, 0); }
    [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

private:
    posix_spawn_file_actions_t actions_{};
};

/// What the tools need of ours, then what they are given.
std::vector<std::string> full_environment(const std::vector<storage::Variable>& given)
{
    std::vector<std::string> all{"LC_ALL=C.UTF-8"};
    for (const char* name : {"PATH", "HOME", "TMPDIR"}) {
        if (const char* value = std::getenv(name); value != nullptr) {
            all.push_back(fmt::format("{}={}", name, value));
        }
    }
    for (const auto& variable : given) {
        all.push_back(fmt::format("{}={}", variable.name, variable.value.reveal()));
    }
    return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts)
{
    std::vector<char*> all;
    for (auto& text : texts) {
        all.push_back(text.data());
    }
    all.push_back(nullptr);
    return all;
}

}  // namespace

Result<Child> Child::start(const std::vector<std::string>& arguments, const std::vector<storage::Variable>& environment,
                           Pipe pipe)
{
    Child child;
    child.name_ = arguments.front();
    child.errors_ = File{::memfd_create("stderr", MFD_CLOEXEC)};
    std::array<int, 2> ends{-1, -1};
    // A socket and not a pipe: writing to one whose reader died must not end this process by SIGPIPE.
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return system_failed("talking to a program", child.name_);
    }
    child.pipe_ = File{ends[0]};
    const File theirs{ends[1]};
    Actions actions;
    actions.null(pipe == Pipe::input ? STDOUT_FILENO : STDIN_FILENO);
    actions.use(theirs.number(), pipe == Pipe::input ? STDIN_FILENO : STDOUT_FILENO);
    actions.use(child.errors_.number(), STDERR_FILENO);

    auto words = arguments;
    auto variables = full_environment(environment);
    const auto argv = pointers(words);
    const auto envp = pointers(variables);
    const int failed =
        ::posix_spawnp(&child.id_, child.name_.c_str(), actions.get(), nullptr, argv.data(), envp.data());
    for (auto& variable : variables) {
        wipe(variable.data(), variable.size());
    }
    if (failed != 0) {
        child.id_ = -1;
        return fail(Errc::configuration, fmt::format("{} cannot be run", child.name_),
                    "install PostgreSQL's client programs: apt-get install postgresql-client");
    }
    return child;
}

Child::Child(Child&& other) noexcept
    : name_{std::move(other.name_)},
      id_{std::exchange(other.id_, -1)},
      pipe_{std::move(other.pipe_)},
      errors_{std::move(other.errors_)}
{
}

Child::~Child()
{
    if (id_ > 0) {
        ::kill(id_, SIGKILL);
        ::waitpid(id_, nullptr, 0);
    }
}

Result<void> Child::write(std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto sent = ::send(pipe_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR) {
                continue;
            }
            TRY(wait());
            return fail(Errc::unavailable, fmt::format("{} ended before it had read everything", name_));
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
}

std::string Child::complaint() const
{
    constexpr off_t kMost = 600;
    const auto size = ::lseek(errors_.number(), 0, SEEK_END);
    std::string text(static_cast<std::size_t>(std::min(size, kMost)), '\0');
    const auto got = ::pread(errors_.number(), text.data(), text.size(), std::max<off_t>(0, size - kMost));
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return printable(trim(text));
}

Result<void> Child::wait()
{
    if (id_ <= 0) {
        return {};
    }
    pipe_ = File{};
    int state = 0;
    while (::waitpid(id_, &state, 0) < 0 && errno == EINTR) {
    }
    id_ = -1;
    if (WIFEXITED(state) && WEXITSTATUS(state) == 0) {
        return {};
    }
    return fail(Errc::unavailable,
                fmt::format("{} failed ({} {}): {}", name_, WIFSIGNALED(state) ? "signal" : "exit code",
                            WIFSIGNALED(state) ? WTERMSIG(state) : WEXITSTATUS(state), complaint()));
}

}  // namespace ss::backup

// Child processes with their output in a pipe.

#include <ss/testing/process.hpp>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace ss::testing {
namespace {

struct Started {
    pid_t id;
    int pipe;
};

Started start(const std::vector<std::string>& command)
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error{"no pipe"};
    }
    std::vector<char*> arguments;
    for (const auto& word : command) {
        arguments.push_back(const_cast<char*>(word.c_str()));  // posix_spawn does not write to it
    }
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    pid_t id = -1;
    const int failed = ::posix_spawnp(&id, arguments.front(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    if (failed != 0) {
        ::close(ends[0]);
        throw std::runtime_error{"cannot start " + command.front()};
    }
    return {id, ends[0]};
}

int wait_for(pid_t id)
{
    int status = 0;
    while (::waitpid(id, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// False at the end of the output.
bool read_some(int pipe, std::string& output)
{
    std::array<char, 4096> buffer{};
    const auto got = ::read(pipe, buffer.data(), buffer.size());
    if (got > 0) {
        output.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return got > 0 || (got < 0 && errno == EINTR);
}

}  // namespace

Finished run(const std::vector<std::string>& command)
{
    const auto started = start(command);
    Finished finished;
    while (read_some(started.pipe, finished.output)) {
    }
    ::close(started.pipe);
    finished.exit_code = wait_for(started.id);
    return finished;
}

Process::Process(const std::vector<std::string>& command)
{
    // It dies with this thread too, when the test is killed and no destructor runs.
    std::vector<std::string> tied{"setpriv", "--pdeathsig", "KILL", "--"};
    tied.insert(tied.end(), command.begin(), command.end());
    const auto started = start(tied);
    id_ = started.id;
    pipe_ = started.pipe;
}

Process::~Process()
{
    if (id_ > 0) {
        ::kill(id_, SIGCONT);
        ::kill(id_, SIGKILL);
        wait();
    }
    ::close(pipe_);
}

bool Process::wait_for_line(std::string_view text, std::chrono::seconds patience)
{
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (output_.find(text) == std::string::npos) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        pollfd ready{pipe_, POLLIN, 0};
        if (left <= 0 || ::poll(&ready, 1, static_cast<int>(left)) == 0 || !read_some(pipe_, output_)) {
            return false;
        }
    }
    return true;
}

void Process::signal(int number) const
{
    if (id_ > 0) {
        ::kill(id_, number);
    }
}

int Process::wait()
{
    const int code = id_ > 0 ? wait_for(id_) : -1;
    id_ = -1;
    return code;
}

}  // namespace ss::testing

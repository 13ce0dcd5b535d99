// Child processes for tests: spawn, wait for the ready line, stop, kill, read the log.
#include <ss/testing/daemon.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ss::testing {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::vector<std::string> with_basics(const std::map<std::string, std::string>& environment)
{
    std::vector<std::string> all;
    for (const auto* name : {"PATH", "HOME", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
        if (const auto* value = std::getenv(name); value != nullptr && !environment.contains(name)) {
            all.push_back(std::string{name} + "=" + value);
        }
    }
    for (const auto& [name, value] : environment) {
        all.push_back(name + "=" + value);
    }
    return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts)
{
    std::vector<char*> result;
    for (auto& text : texts) {
        result.push_back(text.data());
    }
    result.push_back(nullptr);
    return result;
}

constexpr std::string_view kPidPlace = "LISTEN_PID=          ";

/// Writes the number behind "LISTEN_PID=" without allocating: the child's own number is known only after fork.
void write_own_pid(std::string& variable)
{
    auto at = variable.size();
    for (auto rest = getpid(); rest > 0; rest /= 10) {
        variable[--at] = static_cast<char>('0' + rest % 10);
    }
    const auto gap = at - std::string_view{"LISTEN_PID="}.size();
    variable.erase(variable.size() - 10, gap);  // shrinks in place
}

/// `listening`: a socket to hand over as systemd does (sd_listen_fds(3)), or -1.
/// Only async-signal-safe calls between fork and exec.
int spawn(const fs::path& program, std::vector<std::string> arguments,
          const std::map<std::string, std::string>& environment, int input, int output, int errors, int listening = -1)
{
    arguments.insert(arguments.begin(), program.string());
    auto environment_texts = with_basics(environment);
    if (listening >= 0) {
        environment_texts.emplace_back("LISTEN_FDS=1");
        environment_texts.emplace_back(kPidPlace);
    }
    const auto argv = pointers(arguments);
    const auto envp = pointers(environment_texts);
    const int pid = fork();
    if (pid != 0) {
        return pid;
    }
    if (listening >= 0) {
        write_own_pid(environment_texts.back());
    }
    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(errors, STDERR_FILENO);
    if (listening == 3) {
        fcntl(3, F_SETFD, 0);
    } else if (listening >= 0) {
        dup2(listening, 3);
    }
    execve(argv[0], argv.data(), envp.data());
    _exit(127);
}

int exit_code_of(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int wait_for(int pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return exit_code_of(status);
}

std::string read_file(const fs::path& path)
{
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

fs::path new_file(std::string_view name)
{
    static std::atomic<int> counter{0};
    return fs::temp_directory_path() /
           ("ss-test-" + std::to_string(getpid()) + "-" + std::to_string(++counter) + "-" + std::string{name});
}

}  // namespace

fs::path program(std::string_view name)
{
    if (const auto* folder = std::getenv("SS_BIN"); folder != nullptr) {
        return fs::path{folder} / name;
    }
    return fs::read_symlink("/proc/self/exe").parent_path() / name;
}

Finished run_program(std::string_view name, const std::vector<std::string>& arguments,
                     const std::map<std::string, std::string>& environment)
{
    std::vector<std::string> command{"env", "-i"};
    for (auto& variable : with_basics(environment)) {
        command.push_back(std::move(variable));
    }
    command.push_back(program(name).string());
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run(command);
}

Daemon::Daemon(std::map<std::string, std::string> environment)
    : environment_{std::move(environment)}, log_{new_file("sssd.log")}
{
    listening_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(listening_, generic, length) != 0 || listen(listening_, 4096) != 0 ||
        getsockname(listening_, generic, &length) != 0) {
        throw std::runtime_error("no free port on loopback");
    }
    port_ = ntohs(address.sin_port);
}

Daemon::~Daemon()
{
    if (pid_ > 0) {
        signal(SIGTERM);
        for (int i = 0; i < 100 && pid_ > 0; ++i) {
            int status = 0;
            if (waitpid(pid_, &status, WNOHANG) == pid_) {
                pid_ = -1;
            } else {
                poll(nullptr, 0, 100);
            }
        }
        if (pid_ > 0) {
            kill();
        }
    }
    if (ready_ >= 0) {
        close(ready_);
    }
    close(listening_);
    if (::testing::Test::HasFailure()) {
        std::cerr << "--- log of sssd ---\n" << log() << "--- end of log ---\n";
    }
    fs::remove(log_);
}

bool Daemon::start(std::chrono::seconds patience)
{
    std::array<int, 2> pipe_ends{};
    if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) {
        return false;
    }
    if (ready_ >= 0) {
        close(ready_);
    }
    ready_ = pipe_ends[0];
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int errors = open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    pid_ = spawn(program("sssd"), {}, environment_, null, pipe_ends[1], errors, listening_);
    for (const int fd : {null, errors, pipe_ends[1]}) {
        close(fd);
    }
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::string said;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd waiting{ready_, POLLIN, 0};
        std::array<char, 256> buffer{};
        if (left <= 0ms || poll(&waiting, 1, static_cast<int>(left.count())) <= 0) {
            return false;
        }
        const auto got = read(ready_, buffer.data(), buffer.size());
        if (got <= 0) {
            return false;  // ended before it was ready
        }
        said.append(buffer.data(), static_cast<std::size_t>(got));
        if (said.find("ready on http://") != std::string::npos) {
            return true;
        }
    }
}

std::string Daemon::url() const
{
    return "http://127.0.0.1:" + std::to_string(port_);
}

void Daemon::signal(int number) const
{
    if (pid_ > 0) {
        ::kill(pid_, number);
    }
}

int Daemon::wait()
{
    const int code = pid_ > 0 ? wait_for(pid_) : -1;
    pid_ = -1;
    return code;
}

int Daemon::stop()
{
    signal(SIGTERM);
    return wait();
}

void Daemon::kill()
{
    signal(SIGKILL);
    wait();
}

std::string Daemon::log() const
{
    return read_file(log_);
}

}  // namespace ss::testing

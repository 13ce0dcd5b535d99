// systemd's notice socket and inherited sockets, spoken directly: both are a few bytes.
#include <ss/process.hpp>
#include <ss/text.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace ss::observe {
namespace {

constexpr int kFirstInherited = 3;

std::string take(const char* name)
{
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread is started
    std::string text = value == nullptr ? "" : value;
    ::unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
    return text;
}

bool is_for_us(const std::string& pid)
{
    return pid.empty() || to_integer(pid) == ::getpid();
}

// One line: a status must not smuggle in further assignments.
std::string one_line(std::string_view text)
{
    return printable(text);
}

}  // namespace

ServiceEnvironment take_service_environment()
{
    ServiceEnvironment environment{.notify_socket = take("NOTIFY_SOCKET"),
                                   .watchdog_usec = take("WATCHDOG_USEC"),
                                   .watchdog_pid = take("WATCHDOG_PID"),
                                   .listen_fds = take("LISTEN_FDS"),
                                   .listen_pid = take("LISTEN_PID")};
    ::unsetenv("LISTEN_FDNAMES");  // NOLINT(concurrency-mt-unsafe)
    return environment;
}

Notifier::Notifier(const ServiceEnvironment& environment) : socket_{environment.notify_socket}
{
    const auto microseconds = to_integer(environment.watchdog_usec);
    if (microseconds && *microseconds > 0 && is_for_us(environment.watchdog_pid)) {
        watchdog_ = std::chrono::microseconds{*microseconds / 2};
    }
}

void Notifier::ready(std::string_view status) const
{
    send(fmt::format("READY=1\nSTATUS={}", one_line(status)));
}

void Notifier::status(std::string_view status) const
{
    send(fmt::format("STATUS={}", one_line(status)));
}

void Notifier::reloading() const
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1'000'000 + now.tv_nsec / 1'000));
}

void Notifier::stopping() const
{
    send("STOPPING=1");
}

void Notifier::alive() const
{
    send("WATCHDOG=1");
}

void Notifier::send(std::string_view text) const
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_.empty() || socket_.size() >= sizeof(address.sun_path)) {
        return;
    }
    std::memcpy(address.sun_path, socket_.data(), socket_.size());
    if (socket_.front() == '@') {
        address.sun_path[0] = '\0';
    }
    const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return;
    }
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket API
    ::sendto(descriptor, text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
    ::close(descriptor);
}

std::vector<int> inherited_sockets(const ServiceEnvironment& environment)
{
    constexpr int kMost = 64;
    std::vector<int> sockets;
    const auto count = to_integer(environment.listen_fds);
    if (!count || *count > kMost || to_integer(environment.listen_pid) != ::getpid()) {
        return sockets;
    }
    for (int descriptor = kFirstInherited; descriptor < kFirstInherited + *count; ++descriptor) {
        ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
        sockets.push_back(descriptor);
    }
    return sockets;
}

void forbid_core_dumps()
{
    const rlimit none{.rlim_cur = 0, .rlim_max = 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace ss::observe

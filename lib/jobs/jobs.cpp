// The words of the queue: states, the back-off table, and the processes that own leases.

#include <ss/jobs.hpp>
#include <ss/text.hpp>

#include "owner.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>

namespace ss::jobs {
namespace {

/// Field 22 of /proc/PID/stat, in clock ticks since boot; the name in field 2 may hold spaces and parentheses.
std::optional<std::string> start_time(std::int64_t pid)
{
    std::ifstream file{fmt::format("/proc/{}/stat", pid)};
    std::string line;
    if (!std::getline(file, line)) {
        return std::nullopt;
    }
    const auto name_end = line.rfind(')');
    if (name_end == std::string::npos) {
        return std::nullopt;
    }
    const auto fields = split(trim(std::string_view{line}.substr(name_end + 1)), ' ');
    constexpr std::size_t kStartTime = 22 - 3;
    return fields.size() > kStartTime ? std::optional{std::string{fields[kStartTime]}} : std::nullopt;
}

/// A pid means something only inside one boot and one pid namespace.
std::string process_space()
{
    std::array<char, 256> host{};
    if (gethostname(host.data(), host.size() - 1) != 0) {
        host[0] = '?';
    }
    std::string boot;
    std::ifstream{"/proc/sys/kernel/random/boot_id"} >> boot;
    std::error_code ignored;
    const auto space = std::filesystem::read_symlink("/proc/self/ns/pid", ignored).string();
    const auto open = space.find('[');
    const auto number = open == std::string::npos ? std::string{} : space.substr(open + 1, space.size() - open - 2);
    return fmt::format("{}/{}/{}", host.data(), boot.substr(0, 8), number);
}

}  // namespace

std::string_view to_string(State state)
{
    constexpr std::array<std::string_view, 5> kNames{"queued", "running", "done", "dead", "cancelled"};
    return kNames.at(static_cast<std::size_t>(state));
}

std::chrono::seconds back_off(int attempt, double jitter)
{
    const double base = static_cast<double>(attempt) * attempt * attempt * attempt + 15.0;
    return std::chrono::seconds{static_cast<std::int64_t>(base * (0.9 + 0.2 * jitter))};
}

std::string process_owner()
{
    const auto pid = static_cast<std::int64_t>(getpid());
    return fmt::format("{}:{}:{}", process_space(), pid, start_time(pid).value_or("0"));
}

std::string run_name(JobId id, std::int64_t fence)
{
    return fmt::format("job {}, run {}", id.value, fence);
}

bool is_dead_process(std::string_view owner)
{
    const auto parts = split(owner, ':');
    if (parts.size() < 3 || parts[0] != process_space()) {
        return false;
    }
    const auto pid = to_integer(parts[1]);
    if (!pid || *pid <= 0 || *pid > INT32_MAX) {
        return false;
    }
    if (kill(static_cast<pid_t>(*pid), 0) != 0 && errno == ESRCH) {
        return true;
    }
    const auto started = start_time(*pid);
    return started && *started != parts[2];  // its number was given to another process
}

}  // namespace ss::jobs

// What the kernel says of this process (proc(5)).
#include "process_values.hpp"

#include <ss/text.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

namespace ss::observe {
namespace {

std::string whole_file(const char* name)
{
    std::ifstream stream{name};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

// The number after "name" in lines as "btime 1795460000".
double number_after(const std::string& text, std::string_view name)
{
    const auto at = text.find(name);
    if (at == std::string::npos) {
        return 0;
    }
    const auto line = std::string_view{text}.substr(at + name.size(), text.find('\n', at) - at - name.size());
    return static_cast<double>(to_integer(trim(line)).value_or(0));
}

double count_of(const std::filesystem::path& directory)
{
    std::error_code failure;
    double count = 0;
    for (std::filesystem::directory_iterator at{directory, failure}, end; !failure && at != end;
         at.increment(failure)) {
        ++count;
    }
    return count;
}

}  // namespace

ProcessValues read_process_values()
{
    ProcessValues values;
    const auto status = whole_file("/proc/self/stat");
    // Fields are counted from after the program's name, which may itself hold spaces and brackets.
    const auto fields = split(std::string_view{status}.substr(std::min(status.rfind(')') + 2, status.size())), ' ');
    const auto field = [&](std::size_t number) {
        return fields.size() > number - 3 ? static_cast<double>(to_integer(fields[number - 3]).value_or(0)) : 0.0;
    };
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    values.cpu_seconds = (field(14) + field(15)) / ticks;
    values.threads = field(20);
    values.start_time = number_after(whole_file("/proc/stat"), "btime ") + field(22) / ticks;
    values.resident_bytes = field(24) * static_cast<double>(::sysconf(_SC_PAGESIZE));
    values.open_files = count_of("/proc/self/fd");
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        values.most_files = static_cast<double>(limit.rlim_cur);
    }
    return values;
}

}  // namespace ss::observe

// Preloaded into sssd by failpoints.py: calls on files below FAULTY_DISK_FOLDER fail while the script says so, through
// a few numbers in the file FAULTY_DISK_CONTROL that both map. From the call after `skip` on every armed call fails.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

enum Kind : std::int32_t { kOpen = 1, kRead = 2, kWrite = 4, kSync = 8 };

struct Control {
    std::atomic<std::int32_t> armed;  ///< Kinds.
    std::atomic<std::int32_t> skip;
    std::atomic<std::int32_t> error;
    std::atomic<std::int32_t> hits;
};

Control* control = nullptr;
const char* folder = nullptr;
std::array<std::atomic<bool>, 65'536> ours{};

template <class Function>
Function* next(const char* name)
{
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));  // NOLINT: what dlsym gives
}

bool fails(Kind kind)
{
    if (control == nullptr || (control->armed & kind) == 0 || control->skip.fetch_sub(1) > 0) {
        return false;
    }
    ++control->hits;
    errno = control->error;
    return true;
}

bool fails(Kind kind, int descriptor)
{
    return descriptor >= 0 && static_cast<std::size_t>(descriptor) < ours.size() &&
           ours.at(static_cast<std::size_t>(descriptor)) && fails(kind);
}

bool is_below(const char* path)
{
    return folder != nullptr && path != nullptr && std::strncmp(path, folder, std::strlen(folder)) == 0;
}

template <class Open>
int open_as(const char* path, const Open& real)
{
    if (is_below(path) && fails(kOpen)) {
        return -1;
    }
    const int descriptor = real();
    if (descriptor >= 0 && static_cast<std::size_t>(descriptor) < ours.size()) {
        ours.at(static_cast<std::size_t>(descriptor)) = is_below(path);
    }
    return descriptor;
}

mode_t mode_of(int flags, va_list arguments)
{
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

[[gnu::constructor]] void map_control()
{
    folder = std::getenv("FAULTY_DISK_FOLDER");
    const char* file = std::getenv("FAULTY_DISK_CONTROL");
    const int descriptor = file == nullptr ? -1 : next<int(const char*, int, ...)>("open")(file, O_RDWR | O_CLOEXEC);
    if (descriptor >= 0) {
        void* shared = mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
        control = shared == MAP_FAILED ? nullptr : static_cast<Control*>(shared);
    }
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const auto mode = mode_of(flags, arguments);
    va_end(arguments);
    static auto* const real = next<int(const char*, int, ...)>("open");
    return open_as(path, [&] { return real(path, flags, mode); });
}

int open64(const char* path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const auto mode = mode_of(flags, arguments);
    va_end(arguments);
    static auto* const real = next<int(const char*, int, ...)>("open64");
    return open_as(path, [&] { return real(path, flags, mode); });
}

int close(int descriptor)
{
    static auto* const real = next<int(int)>("close");
    if (descriptor >= 0 && static_cast<std::size_t>(descriptor) < ours.size()) {
        ours.at(static_cast<std::size_t>(descriptor)) = false;
    }
    return real(descriptor);
}

ssize_t read(int descriptor, void* to, size_t size)
{
    static auto* const real = next<ssize_t(int, void*, size_t)>("read");
    return fails(kRead, descriptor) ? -1 : real(descriptor, to, size);
}

ssize_t pread64(int descriptor, void* to, size_t size, off64_t at)
{
    static auto* const real = next<ssize_t(int, void*, size_t, off64_t)>("pread64");
    return fails(kRead, descriptor) ? -1 : real(descriptor, to, size, at);
}

ssize_t write(int descriptor, const void* from, size_t size)
{
    static auto* const real = next<ssize_t(int, const void*, size_t)>("write");
    return fails(kWrite, descriptor) ? -1 : real(descriptor, from, size);
}

ssize_t pwrite64(int descriptor, const void* from, size_t size, off64_t at)
{
    static auto* const real = next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
    return fails(kWrite, descriptor) ? -1 : real(descriptor, from, size, at);
}

int fsync(int descriptor)
{
    static auto* const real = next<int(int)>("fsync");
    return fails(kSync, descriptor) ? -1 : real(descriptor);
}

int fdatasync(int descriptor)
{
    static auto* const real = next<int(int)>("fdatasync");
    return fails(kSync, descriptor) ? -1 : real(descriptor);
}

}  // extern "C"

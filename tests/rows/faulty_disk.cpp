// Preloaded into sssd by scripts here; looks at the files below FAULTY_DISK_FOLDER. With FAULTY_DISK_CONTROL, calls on
// them fail while the script says so, through a few numbers in that file which both map: from the call after `skip` on
// every armed call fails. With FAULTY_DISK_RECORD, everything that happens to them is written there, in one order with
// the heads of the 2xx answers: what is needed to say what a disk would have held at any moment.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace {

enum Kind : std::int32_t { kOpen = 1, kRead = 2, kWrite = 4, kSync = 8 };

struct Control {
    std::atomic<std::int32_t> armed;  ///< Kinds.
    std::atomic<std::int32_t> skip;
    std::atomic<std::int32_t> error;
    std::atomic<std::int32_t> hits;
};

/// Before the data of an entry, as Python's "<cIQI" reads it. W: a write, T: cut to `at`, S: synced, F: `file` has the
/// name in the data (at = 1: it is new), R: renamed (both names, NUL between), U: removed, D: a new folder, A: an
/// answer.
struct [[gnu::packed]] Head {
    char what;
    std::uint32_t file;
    std::uint64_t at;
    std::uint32_t size;
};

Control* control = nullptr;
const char* folder = nullptr;
int record = -1;
std::array<std::atomic<std::uint32_t>, 65'536> files{};  ///< By descriptor; 0: not ours.

template <class Function>
Function* next(const char* name)
{
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));  // NOLINT: what dlsym gives
}

std::mutex& order()
{
    static std::mutex mutex;
    return mutex;
}

std::uint32_t file_of(int descriptor)
{
    const auto place = static_cast<std::size_t>(descriptor);
    return descriptor >= 0 && place < files.size() ? files.at(place).load() : 0;
}

bool is_below(const char* path)
{
    return folder != nullptr && path != nullptr && std::strncmp(path, folder, std::strlen(folder)) == 0;
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

/// With the order's lock.
void note(char what, std::uint32_t file, std::uint64_t at, std::string_view data)
{
    static auto* const real = next<ssize_t(int, const void*, size_t)>("write");
    const Head head{what, file, at, static_cast<std::uint32_t>(data.size())};
    if (real(record, &head, sizeof head) != sizeof head ||
        real(record, data.data(), data.size()) != static_cast<ssize_t>(data.size())) {
        std::abort();  // a record with a hole proves nothing
    }
}

/// Does it, and tells of it in the same breath when it went well.
template <class Do>
auto noted(char what, std::uint32_t file, const Do& real, std::uint64_t at = 0, std::string_view data = {})
{
    if (record < 0 || file == 0) {
        return real();
    }
    const std::lock_guard hold{order()};
    const auto result = real();
    if (result >= 0) {
        note(what, file, at, what == 'W' ? data.substr(0, static_cast<std::size_t>(result)) : data);
    }
    return result;
}

/// With the order's lock.
void remember(int descriptor, const char* path, bool is_new)
{
    static std::map<std::string, std::uint32_t> numbers;
    const auto [place, is_first] = numbers.try_emplace(path, static_cast<std::uint32_t>(numbers.size() + 1));
    files.at(static_cast<std::size_t>(descriptor)) = place->second;
    if (record >= 0 && (is_first || is_new)) {
        note('F', place->second, is_new ? 1 : 0, path);
    }
}

template <class Open>
int open_as(const char* path, int flags, const Open& real)
{
    if (!is_below(path)) {
        return real();  // close() has forgotten who had the descriptor before
    }
    if (fails(kOpen)) {
        return -1;
    }
    const std::lock_guard hold{order()};
    const bool is_new = (flags & O_CREAT) != 0 && access(path, F_OK) != 0;
    const int descriptor = real();  // may write the name
    if (descriptor >= 0 && static_cast<std::size_t>(descriptor) < files.size()) {
        remember(descriptor, path, is_new);
    }
    return descriptor;
}

/// The head of an answer that says it went well.
void note_answer(std::string_view bytes)
{
    constexpr std::size_t kHead = 1'000;
    if (record >= 0 && bytes.starts_with("HTTP/1.1 2")) {
        const std::lock_guard hold{order()};
        note('A', 0, 0, bytes.substr(0, kHead));
    }
}

mode_t mode_of(int flags, va_list arguments)
{
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

int open_plain(const char* name, int flags, mode_t mode = 0)
{
    return next<int(const char*, int, ...)>("open")(name, flags | O_CLOEXEC, mode);
}

[[gnu::constructor]] void begin()
{
    folder = std::getenv("FAULTY_DISK_FOLDER");
    if (const char* name = std::getenv("FAULTY_DISK_CONTROL"); name != nullptr) {
        void* shared = mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, open_plain(name, O_RDWR), 0);
        control = shared == MAP_FAILED ? nullptr : static_cast<Control*>(shared);
    }
    if (const char* name = std::getenv("FAULTY_DISK_RECORD"); name != nullptr) {
        record = open_plain(name, O_WRONLY | O_CREAT | O_APPEND, 0600);
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
    return open_as(path, flags, [&] { return real(path, flags, mode); });
}

int open64(const char* path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const auto mode = mode_of(flags, arguments);
    va_end(arguments);
    static auto* const real = next<int(const char*, int, ...)>("open64");
    return open_as(path, flags, [&] { return real(path, flags, mode); });
}

int mkostemp64(char* path, int flags)
{
    static auto* const real = next<int(char*, int)>("mkostemp64");
    return open_as(path, flags | O_CREAT, [&] { return real(path, flags); });
}

int close(int descriptor)
{
    static auto* const real = next<int(int)>("close");
    if (file_of(descriptor) != 0) {
        files.at(static_cast<std::size_t>(descriptor)) = 0;
    }
    return real(descriptor);
}

ssize_t read(int descriptor, void* to, size_t size)
{
    static auto* const real = next<ssize_t(int, void*, size_t)>("read");
    return file_of(descriptor) != 0 && fails(kRead) ? -1 : real(descriptor, to, size);
}

ssize_t pread64(int descriptor, void* to, size_t size, off64_t at)
{
    static auto* const real = next<ssize_t(int, void*, size_t, off64_t)>("pread64");
    return file_of(descriptor) != 0 && fails(kRead) ? -1 : real(descriptor, to, size, at);
}

ssize_t write(int descriptor, const void* from, size_t size)
{
    static auto* const real = next<ssize_t(int, const void*, size_t)>("write");
    const auto file = file_of(descriptor);
    if (file == 0) {
        return real(descriptor, from, size);
    }
    const auto at = static_cast<std::uint64_t>(lseek(descriptor, 0, SEEK_CUR));
    return fails(kWrite) ? -1
                         : noted('W', file, [&] { return real(descriptor, from, size); }, at,
                                 {static_cast<const char*>(from), size});
}

ssize_t pwrite64(int descriptor, const void* from, size_t size, off64_t at)
{
    static auto* const real = next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
    const auto file = file_of(descriptor);
    return file != 0 && fails(kWrite) ? -1
                                      : noted('W', file, [&] { return real(descriptor, from, size, at); },
                                              static_cast<std::uint64_t>(at), {static_cast<const char*>(from), size});
}

int ftruncate64(int descriptor, off64_t size)
{
    static auto* const real = next<int(int, off64_t)>("ftruncate64");
    return noted('T', file_of(descriptor), [&] { return real(descriptor, size); }, static_cast<std::uint64_t>(size));
}

int fsync(int descriptor)
{
    static auto* const real = next<int(int)>("fsync");
    const auto file = file_of(descriptor);
    return file != 0 && fails(kSync) ? -1 : noted('S', file, [&] { return real(descriptor); });
}

int fdatasync(int descriptor)
{
    static auto* const real = next<int(int)>("fdatasync");
    const auto file = file_of(descriptor);
    return file != 0 && fails(kSync) ? -1 : noted('S', file, [&] { return real(descriptor); });
}

int rename(const char* from, const char* to)
{
    static auto* const real = next<int(const char*, const char*)>("rename");
    return noted(
        'R', is_below(to) ? 1 : 0, [&] { return real(from, to); }, 0, std::string{from} + '\0' + std::string{to});
}

int unlink(const char* path)
{
    static auto* const real = next<int(const char*)>("unlink");
    return noted('U', is_below(path) ? 1 : 0, [&] { return real(path); }, 0, path);
}

int mkdir(const char* path, mode_t mode)
{
    static auto* const real = next<int(const char*, mode_t)>("mkdir");
    return noted('D', is_below(path) ? 1 : 0, [&] { return real(path, mode); }, 0, path);
}

ssize_t send(int socket, const void* bytes, size_t size, int flags)
{
    static auto* const real = next<ssize_t(int, const void*, size_t, int)>("send");
    note_answer({static_cast<const char*>(bytes), size});
    return real(socket, bytes, size, flags);
}

ssize_t sendmsg(int socket, const msghdr* message, int flags)
{
    static auto* const real = next<ssize_t(int, const msghdr*, int)>("sendmsg");
    if (record >= 0) {
        std::string bytes;
        for (std::size_t part = 0; part < message->msg_iovlen; ++part) {
            const auto& one = message->msg_iov[part];  // NOLINT: an array of C
            bytes.append(static_cast<const char*>(one.iov_base), one.iov_len);
        }
        note_answer(bytes);
    }
    return real(socket, message, flags);
}

}  // extern "C"

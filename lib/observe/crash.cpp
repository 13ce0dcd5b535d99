// Crash report: Backward-cpp's stack trace to stderr and a file. Everything the handler needs is prepared before;
// the trace itself allocates, so an alarm ends a handler that hangs on a broken heap.
#include <ss/process.hpp>

#include <cxxabi.h>
#include <fcntl.h>
#include <unistd.h>
#include <backward.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <streambuf>
#include <string>
#include <system_error>

namespace ss::observe {
namespace {

constexpr std::array kSignals{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
constexpr unsigned kMostSeconds = 10;

// What the handlers read; written once by install_crash_report, before threads. Fixed sizes: no heap in a handler.
struct Prepared {
    std::array<char, 512> folder{};
    std::array<char, 64> version{};
    std::array<char, 256> exception{};
    std::array<char, 1 << 20> stack{};
    std::atomic_flag busy;
};

thread_local std::array<char, 128> doing{};  // read by the handler of a signal in the same thread

constexpr std::string_view kWhile = "while: ";

Prepared& prepared()
{
    static Prepared instance;
    return instance;
}

template <std::size_t N>
void copy_text(std::array<char, N>& to, std::string_view from)
{
    const auto size = std::min(from.size(), N - 1);
    std::copy_n(from.begin(), size, to.begin());
    to[size] = '\0';
}

void write_all(int descriptor, const char* text, std::size_t size)
{
    while (size > 0) {
        const auto written = ::write(descriptor, text, size);
        if (written <= 0) {
            return;
        }
        text += written;
        size -= static_cast<std::size_t>(written);
    }
}

// An ostream over file descriptors, without a buffer that a crash could lose.
class TeeBuffer final : public std::streambuf {
public:
    explicit TeeBuffer(int file) : file_{file} {}

private:
    std::streamsize xsputn(const char* text, std::streamsize size) override
    {
        write_all(STDERR_FILENO, text, static_cast<std::size_t>(size));
        if (file_ >= 0) {
            write_all(file_, text, static_cast<std::size_t>(size));
        }
        return size;
    }
    int_type overflow(int_type character) override
    {
        const char one = traits_type::to_char_type(character);
        xsputn(&one, 1);
        return character;
    }
    int file_;
};

int open_report()
{
    std::array<char, 640> name{};
    std::snprintf(name.data(), name.size(), "%.511s/crash-%lld-%d.txt", prepared().folder.data(),
                  static_cast<long long>(::time(nullptr)), ::getpid());
    return ::open(name.data(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
}

void write_report(int signal, void* address, void* context)
{
    const int file = open_report();
    TeeBuffer buffer{file};
    std::ostream out{&buffer};
    out << "*** social-selling " << prepared().version.data() << " crashed: signal " << signal << " ("
        << ::sigabbrev_np(signal) << ")";
    if (signal == SIGSEGV || signal == SIGBUS) {
        out << " at address " << address;
    }
    if (prepared().exception[0] != '\0') {
        out << ", uncaught exception of type " << prepared().exception.data();
    }
    out << ", process " << ::getpid() << "\n";
    if (doing[0] != '\0') {
        out << kWhile << doing.data() << "\n";
    }
    backward::StackTrace trace;
    trace.load_from(context, 48);
    backward::Printer printer;
    printer.snippet = false;  // no source text: the report may be sent to others
    printer.address = true;
    printer.color_mode = backward::ColorMode::never;
    printer.print(trace, out);
    if (file >= 0) {
        ::close(file);
    }
}

void* program_counter(const ucontext_t* context)
{
#if defined(__x86_64__)
    return reinterpret_cast<void*>(context->uc_mcontext.gregs[REG_RIP]);  // NOLINT
#elif defined(__aarch64__)
    return reinterpret_cast<void*>(context->uc_mcontext.pc);  // NOLINT
#else
    return nullptr;
#endif
}

void on_signal(int signal, siginfo_t* info, void* context)
{
    // Another thread that crashes too waits for the first one's report, whose end ends the process. A crash in the
    // report itself comes while its signal is blocked, and the kernel ends the process at once.
    while (prepared().busy.test_and_set()) {
        ::pause();
    }
    ::signal(SIGALRM, SIG_DFL);
    ::alarm(kMostSeconds);
    write_report(signal, info->si_addr, program_counter(static_cast<const ucontext_t*>(context)));
    ::signal(signal, SIG_DFL);
    ::raise(signal);
}

// The type alone: the text of an exception may hold values bound to a statement.
void on_terminate()
{
    if (const auto* type = abi::__cxa_current_exception_type(); type != nullptr) {
        int status = 0;
        char* name = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
        copy_text(prepared().exception, status == 0 ? name : type->name());
        std::free(name);  // NOLINT: allocated by the C++ runtime
    }
    std::abort();
}

}  // namespace

Doing::Doing(std::string_view what)
{
    copy_text(doing, what);
}

Doing::~Doing()
{
    doing[0] = '\0';
}

bool crashed_while(const std::filesystem::path& folder, std::string_view what)
{
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator{folder, failed}) {
        if (!entry.path().filename().native().starts_with("crash-")) {
            continue;
        }
        std::ifstream report{entry.path()};
        std::string line;  // the second: the first may be long, but holds no line of its own
        if (std::getline(report, line) && std::getline(report, line) && line.starts_with(kWhile) &&
            line.substr(kWhile.size()) == what) {
            return true;
        }
    }
    return false;
}

void install_crash_report(const std::filesystem::path& folder, std::string_view version)
{
    copy_text(prepared().folder, folder.string());
    copy_text(prepared().version, version);
    std::set_terminate(on_terminate);

    // A stack of its own, so that an overflown stack can still be reported.
    stack_t stack{};
    stack.ss_sp = prepared().stack.data();
    stack.ss_size = prepared().stack.size();
    ::sigaltstack(&stack, nullptr);

    // The first trace loads debug information and libgcc; do that while the heap is sound.
    backward::StackTrace warm_up;
    warm_up.load_here(1);

    struct sigaction action{};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    ::sigfillset(&action.sa_mask);
    ::sigdelset(&action.sa_mask, SIGALRM);
    for (const int signal : kSignals) {
        ::sigaction(signal, &action, nullptr);
    }
}

}  // namespace ss::observe

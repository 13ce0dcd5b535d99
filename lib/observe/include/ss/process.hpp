#pragma once
/// The process and its surroundings: systemd's notices and sockets, crash reports, hardening.

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ss::observe {

/// What systemd passes by environment; empty fields when it does not run us. sd_notify(3), sd_listen_fds(3).
struct ServiceEnvironment {
    std::string notify_socket{};  ///< NOTIFY_SOCKET: a path, or '@' and an abstract name.
    std::string watchdog_usec{};  ///< WATCHDOG_USEC
    std::string watchdog_pid{};   ///< WATCHDOG_PID
    std::string listen_fds{};     ///< LISTEN_FDS
    std::string listen_pid{};     ///< LISTEN_PID
};

/// Reads and removes them, so that no child believes they were meant for it. Call before threads are started.
[[nodiscard]] ServiceEnvironment take_service_environment();

/// Tells systemd how we are; does nothing when nobody asked. Safe to share between threads, never fails loudly.
class Notifier {
public:
    explicit Notifier(const ServiceEnvironment& environment);

    void ready(std::string_view status) const;
    void status(std::string_view status) const;
    void reloading() const;  ///< ready() ends it. Type=notify-reload wants the time, which is sent.
    void stopping() const;
    void alive() const;  ///< Feeds the watchdog.

    /// How often alive() must be called (half of what systemd waits); nothing: no watchdog.
    [[nodiscard]] std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

private:
    void send(std::string_view text) const;

    std::string socket_;
    std::optional<std::chrono::microseconds> watchdog_;
};

/// Listening sockets that systemd opened for us, close-on-exec; usually none or one.
[[nodiscard]] std::vector<int> inherited_sockets(const ServiceEnvironment& environment);

/// From now on a fatal signal or an uncaught exception writes a report with a stack trace to stderr and to
/// `folder`/crash-<time>-<pid>.txt, and then ends the process the way it would have ended. Process-wide, because
/// signal handlers are. The report holds no values of variables and no text of exceptions. Call once.
void install_crash_report(const std::filesystem::path& folder, std::string_view version);

/// While it lives, a crash report of this thread names what the thread was doing: a line without secrets, of at most
/// 127 bytes. Not nested.
class Doing {
public:
    explicit Doing(std::string_view what);
    ~Doing();
    Doing(const Doing&) = delete;
    Doing& operator=(const Doing&) = delete;
};

/// Whether a crash report in the folder names exactly this.
[[nodiscard]] bool crashed_while(const std::filesystem::path& folder, std::string_view what);

/// No core files, no debugger of the same user: secrets stay out of both.
void forbid_core_dumps();

}  // namespace ss::observe

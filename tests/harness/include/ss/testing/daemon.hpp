#pragma once
/// The real sssd (and ssctl), as a test's child process.

#include <ss/testing/process.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ss::testing {

/// Where sssd and ssctl are: $SS_BIN, else the folder of the running test.
[[nodiscard]] std::filesystem::path program(std::string_view name);

/// Runs ssctl (or another program of ours) to its end with these variables and no others but PATH and the like.
[[nodiscard]] Finished run_program(std::string_view name, const std::vector<std::string>& arguments,
                                   const std::map<std::string, std::string>& environment);

/// Settings by their environment names (SS_DATA_DIR…). It is given a listening socket on a free port of loopback, as
/// systemd would do: the port is known before the start and stays the same over restarts. The log goes to a file and
/// is printed when the test has failed.
class Daemon {
public:
    explicit Daemon(std::map<std::string, std::string> environment);
    ~Daemon();  ///< SIGTERM, then SIGKILL after ten seconds.
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    /// Starts it and waits for its ready line. False when it ended first: see log().
    [[nodiscard]] bool start(std::chrono::seconds patience = std::chrono::seconds{60});
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::string url() const;
    [[nodiscard]] int pid() const { return pid_; }
    void signal(int number) const;
    /// Exit code; 128 + signal when killed.
    int wait();
    int stop();   ///< SIGTERM and wait().
    void kill();  ///< SIGKILL and wait().
    [[nodiscard]] std::string log() const;
    std::map<std::string, std::string>& environment() { return environment_; }

private:
    std::map<std::string, std::string> environment_;
    std::filesystem::path log_;
    int pid_ = -1;
    int ready_ = -1;
    int listening_ = -1;
    std::uint16_t port_ = 0;
};

}  // namespace ss::testing

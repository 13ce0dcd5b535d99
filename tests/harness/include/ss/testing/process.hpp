#pragma once
/// Other programs, started and ended by a test.

#include <sys/types.h>
#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ss::testing {

struct Finished {
    int exit_code = -1;  ///< 128 + signal when one ended it.
    std::string output;  ///< stdout and stderr, together.
};

/// Runs a program to its end. Throws when it cannot be started.
[[nodiscard]] Finished run(const std::vector<std::string>& command);

/// A program in the background, with stdout and stderr readable here; killed when the object goes.
class Process {
public:
    explicit Process(const std::vector<std::string>& command);
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process();

    [[nodiscard]] pid_t id() const { return id_; }
    /// Reads until a line holds `text`: how servers say that they are ready. False when it ends or the time is over.
    [[nodiscard]] bool wait_for_line(std::string_view text, std::chrono::seconds patience = std::chrono::seconds{20});
    void signal(int number) const;
    /// Waits for its end; the code as in Finished.
    int wait();
    [[nodiscard]] const std::string& output() const { return output_; }

private:
    pid_t id_ = -1;
    int pipe_ = -1;
    std::string output_;
};

}  // namespace ss::testing

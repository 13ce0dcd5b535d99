#pragma once
// systemd's journal, spoken directly: a datagram of NAME=value lines (systemd.io/JOURNAL_NATIVE_PROTOCOL).

#include "log_line.hpp"

#include <string>

namespace ss::observe {

class Journal {
public:
    explicit Journal(std::string socket);
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;
    ~Journal();

    // False when the journal does not take it. Values hold no line ends, so that the simple form suffices.
    [[nodiscard]] bool send(const Event& event) const;

private:
    std::string path_;
    int descriptor_ = -1;
};

}  // namespace ss::observe

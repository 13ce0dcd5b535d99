#pragma once
/// What one body takes of the memory that all bodies share.

#include <algorithm>
#include <atomic>
#include <cstddef>

namespace ss::http {

/// A body counts against the server's memory for as long as this lives.
class BodyShare {
public:
    explicit BodyShare(std::atomic<std::size_t>& total) : total_{total} {}
    ~BodyShare() { total_ -= bytes_; }
    BodyShare(const BodyShare&) = delete;
    BodyShare& operator=(const BodyShare&) = delete;

    /// The sum of all shares afterwards.
    std::size_t grow_to(std::size_t bytes)
    {
        const auto more = bytes - std::min(bytes, bytes_);
        bytes_ += more;
        return total_ += more;
    }

private:
    std::atomic<std::size_t>& total_;
    std::size_t bytes_ = 0;
};

}  // namespace ss::http

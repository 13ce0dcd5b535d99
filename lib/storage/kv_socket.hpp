#pragma once
// A byte stream to one host, plain or TLS, where nothing waits beyond its deadline.

#include <ss/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace ss::storage {

using Deadline = std::chrono::steady_clock::time_point;

struct Host {
    std::string name;
    std::uint16_t port = 0;
    bool tls = false;               ///< Verified: chain and name.
    std::filesystem::path ca_file;  ///< Empty: the system's.
};

/// One thread at a time; wake() from any.
class Socket {
public:
    /// Name resolution is the system's and may take longer than the deadline: not for a request's thread.
    [[nodiscard]] static Result<std::unique_ptr<Socket>> open(const Host& host, Deadline deadline);

    Socket() = default;
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    virtual ~Socket() = default;

    /// Errors of both: timeout, unavailable (closed). After an error the stream is of no use.
    [[nodiscard]] virtual Result<void> write(std::string_view bytes, Deadline deadline) = 0;
    /// At least one byte; 0 when wake() was called.
    [[nodiscard]] virtual Result<std::size_t> read(std::span<char> buffer, Deadline deadline) = 0;
    /// Makes a read() that waits, or the next one, return 0.
    virtual void wake() = 0;
};

}  // namespace ss::storage

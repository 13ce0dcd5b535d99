#pragma once
/// What certificate a server shows, and whether it is good.

#include <ss/error.hpp>
#include <ss/time.hpp>

#include <chrono>
#include <string>

namespace ss::check {

struct Certificate {
    Timestamp valid_until;
};

/// Connects and verifies chain and host as a browser does; `ca_file` empty: the system's authorities.
/// Errors: unavailable (no connection), wrong_key (the chain or host is not right; the message says how).
[[nodiscard]] Result<Certificate> look_at_certificate(const std::string& host, int port, const std::string& ca_file,
                                                      std::chrono::seconds patience);

}  // namespace ss::check

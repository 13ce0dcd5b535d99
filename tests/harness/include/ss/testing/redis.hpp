#pragma once
/// A real Redis of one's own on a loopback port. Throws std::runtime_error when it does not start.

#include <ss/secret.hpp>
#include <ss/testing/process.hpp>
#include <ss/testing/temp_dir.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace ss::testing {

struct RedisOptions {
    bool tls = false;           ///< Only TLS, with a certificate for localhost and 127.0.0.1 signed by ca_file().
    std::string password = {};  ///< Of the default user; empty: nobody is asked.
    std::string user = {};      ///< An ACL user with that password; the default user is switched off.
};

class RedisServer {
public:
    explicit RedisServer(RedisOptions options = {});
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;

    /// With user and password; `host` as the client shall write it.
    [[nodiscard]] Secret url(const std::string& host = "127.0.0.1") const;
    [[nodiscard]] std::filesystem::path ca_file() const { return folder_ / "certificate.pem"; }
    [[nodiscard]] std::uint16_t port() const { return port_; }

    void kill();     ///< SIGKILL; all data is gone.
    void restart();  ///< On the same port, empty.
    void freeze();   ///< SIGSTOP: accepts connections, answers nothing.
    void thaw();
    /// redis-cli with these words.
    std::string command(const std::vector<std::string>& words) const;

private:
    [[nodiscard]] bool start();

    TempDir folder_;
    RedisOptions options_;
    std::uint16_t port_ = 0;
    std::unique_ptr<Process> process_;
};

}  // namespace ss::testing

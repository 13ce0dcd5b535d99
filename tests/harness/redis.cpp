// redis-server in the foreground; its own log line says when it is ready.

#include <ss/testing/redis.hpp>

#include <ss/text.hpp>

#include <fmt/core.h>
#include <signal.h>

#include <random>
#include <stdexcept>

namespace ss::testing {
namespace {

/// Below the range the kernel gives to outgoing connections, so that nobody else gets it while the server is down.
std::uint16_t random_port()
{
    std::random_device random;
    return static_cast<std::uint16_t>(10'000 + random() % 22'000);
}

void make_certificate(const TempDir& folder)
{
    const auto made =
        run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
             folder / "key.pem", "-out", folder / "certificate.pem"});
    if (made.exit_code != 0) {
        throw std::runtime_error{"openssl: " + made.output};
    }
}

}  // namespace

RedisServer::RedisServer(RedisOptions options) : options_{std::move(options)}
{
    if (options_.tls) {
        make_certificate(folder_);
    }
    constexpr int kAttempts = 20;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        port_ = random_port();
        if (start()) {
            return;
        }
    }
    throw std::runtime_error{"redis-server does not start: " + process_->output()};
}

bool RedisServer::start()
{
    std::vector<std::string> command{"redis-server", "--bind", "127.0.0.1", "--save",      "",
                                     "--appendonly", "no",     "--dir",     folder_.path()};
    const auto add = [&](std::initializer_list<std::string> words) { command.insert(command.end(), words); };
    const auto port = std::to_string(port_);
    if (options_.tls) {
        add({"--port", "0", "--tls-port", port, "--tls-cert-file", folder_ / "certificate.pem", "--tls-key-file",
             folder_ / "key.pem", "--tls-ca-cert-file", ca_file(), "--tls-auth-clients", "no"});
    } else {
        add({"--port", port});
    }
    if (!options_.user.empty()) {
        add({"--user", options_.user, "on", ">" + options_.password, "~*", "&*", "+@all", "--user", "default", "off"});
    } else if (!options_.password.empty()) {
        add({"--requirepass", options_.password});
    }
    process_ = std::make_unique<Process>(command);
    return process_->wait_for_line("Ready to accept connections");
}

Secret RedisServer::url(const std::string& host) const
{
    auto login = options_.password.empty()
                     ? std::string{}
                     : fmt::format("{}:{}@", percent_encode(options_.user), percent_encode(options_.password));
    return Secret{fmt::format("{}://{}{}:{}", options_.tls ? "rediss" : "redis", login, host, port_)};
}

void RedisServer::kill()
{
    process_.reset();
}

void RedisServer::restart()
{
    process_.reset();
    if (!start()) {
        throw std::runtime_error{"redis-server does not start again: " + process_->output()};
    }
}

void RedisServer::freeze()
{
    process_->signal(SIGSTOP);
}

void RedisServer::thaw()
{
    process_->signal(SIGCONT);
}

std::string RedisServer::command(const std::vector<std::string>& words) const
{
    std::vector<std::string> line{"redis-cli", "-h", "127.0.0.1", "-p", std::to_string(port_)};
    line.insert(line.end(), words.begin(), words.end());
    return run(line).output;
}

}  // namespace ss::testing

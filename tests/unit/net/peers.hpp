#pragma once
/// Peers for the client's tests: well-behaved, secure, and rude ones, each on a free loopback port.

#include <gtest/gtest.h>
#include <httplib.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>

namespace ss::net::test {

class HttpPeer {
public:
    explicit HttpPeer(const std::function<void(httplib::Server&)>& routes, const std::string& address = "127.0.0.1",
                      int wanted_port = 0)
    {
        server.set_tcp_nodelay(true);
        server.set_keep_alive_max_count(1'000'000);
        server.set_keep_alive_timeout(0);  // idle connections would hold up stop()
        routes(server);
        port = wanted_port;
        if (port == 0) {
            port = server.bind_to_any_port(address);
        } else if (!server.bind_to_port(address, port)) {
            port = -1;
        }
        thread_ = std::thread{[this] { server.listen_after_bind(); }};
        while (!server.is_running()) {
            std::this_thread::yield();
        }
    }
    ~HttpPeer()
    {
        server.stop();
        thread_.join();
    }
    HttpPeer(const HttpPeer&) = delete;
    HttpPeer& operator=(const HttpPeer&) = delete;

    [[nodiscard]] std::string url(const std::string& path) const
    {
        return "http://127.0.0.1:" + std::to_string(port) + path;
    }

    httplib::Server server;
    int port = 0;

private:
    std::thread thread_;
};

/// Accepts one connection, hands its socket to `talk`, closes it.
class RawPeer {
public:
    explicit RawPeer(std::function<void(int)> talk) : listener_{::socket(AF_INET, SOCK_STREAM, 0)}
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(listener_, 8), 0);
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port = ::ntohs(address.sin_port);
        thread_ = std::thread{[this, talk = std::move(talk)] {
            const int connection = ::accept(listener_, nullptr, nullptr);
            if (connection >= 0) {
                talk(connection);
                ::close(connection);
            }
        }};
    }
    ~RawPeer()
    {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    RawPeer(const RawPeer&) = delete;
    RawPeer& operator=(const RawPeer&) = delete;

    /// Reads until the end of the request's header.
    static std::string read_header(int connection)
    {
        std::string header;
        char byte = 0;
        while (!header.ends_with("\r\n\r\n") && ::recv(connection, &byte, 1, 0) == 1) {
            header += byte;
        }
        return header;
    }
    static bool write(int connection, std::string_view text)
    {
        return ::send(connection, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
    }

    int port = 0;

private:
    int listener_;
    std::thread thread_;
};

}  // namespace ss::net::test

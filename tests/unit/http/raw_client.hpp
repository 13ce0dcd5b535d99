#pragma once
/// A client that sends exactly the bytes it is told, for tests of the front door.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ss::http::test {

struct Reply {
    int status = 0;
    std::string head;
    std::string body;
    [[nodiscard]] bool has(std::string_view line) const { return head.find(line) != std::string::npos; }
};

class RawClient {
public:
    explicit RawClient(std::uint16_t port, int receive_buffer = 0) : socket_{::socket(AF_INET, SOCK_STREAM, 0)}
    {
        if (receive_buffer > 0) {
            setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
        }
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    }
    ~RawClient() { ::close(socket_); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    [[nodiscard]] bool connected() const { return connected_; }

    bool send(std::string_view bytes)
    {
        while (!bytes.empty()) {
            const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) {
                return false;
            }
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }

    /// One more piece; false when the other side closed or nothing came within `longest`.
    bool receive(std::chrono::milliseconds longest = std::chrono::seconds{5})
    {
        pollfd wait{.fd = socket_, .events = POLLIN, .revents = 0};
        std::array<char, 65'536> piece{};
        if (::poll(&wait, 1, static_cast<int>(longest.count())) != 1) {
            return false;
        }
        const auto count = ::recv(socket_, piece.data(), piece.size(), 0);
        ended_ = count <= 0;
        in_.append(piece.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
        return count > 0;
    }

    /// The next answer on this connection. `head_only` for answers to HEAD.
    std::optional<Reply> reply(bool head_only = false)
    {
        std::size_t end = 0;
        while ((end = in_.find("\r\n\r\n")) == std::string::npos) {
            if (!receive()) {
                return std::nullopt;
            }
        }
        Reply reply;
        reply.head = in_.substr(0, end + 2);
        in_.erase(0, end + 4);
        reply.status = std::stoi(reply.head.substr(9, 3));
        const bool bodiless = head_only || reply.status < 200 || reply.status == 204 || reply.status == 304;
        if (bodiless) {
            return reply;
        }
        if (reply.has("Transfer-Encoding: chunked\r\n")) {
            return chunked(std::move(reply));
        }
        const auto length = reply.head.find("Content-Length: ");
        const auto size = length == std::string::npos ? std::string::npos : std::stoul(reply.head.substr(length + 16));
        while (in_.size() < size && receive()) {
        }
        reply.body = in_.substr(0, size);
        in_.erase(0, reply.body.size());
        return reply;
    }

    std::optional<Reply> ask(std::string_view bytes, bool head_only = false)
    {
        send(bytes);
        return reply(head_only);
    }

    /// True when the other side closes within `longest`; what still comes is thrown away.
    bool closes(std::chrono::milliseconds longest = std::chrono::seconds{5})
    {
        const auto until = std::chrono::steady_clock::now() + longest;
        while (!ended_ && std::chrono::steady_clock::now() < until) {
            receive(longest);
        }
        return ended_;
    }

    /// Exactly `count` bytes, for frames.
    std::optional<std::string> bytes(std::size_t count)
    {
        while (in_.size() < count) {
            if (!receive()) {
                return std::nullopt;
            }
        }
        auto result = in_.substr(0, count);
        in_.erase(0, count);
        return result;
    }

private:
    std::optional<Reply> chunked(Reply reply)
    {
        for (;;) {
            std::size_t end = 0;
            while ((end = in_.find("\r\n")) == std::string::npos) {
                if (!receive()) {
                    return std::nullopt;
                }
            }
            const auto size = std::stoul(in_.substr(0, end), nullptr, 16);
            in_.erase(0, end + 2);
            const auto piece = bytes(size + 2);
            if (!piece) {
                return std::nullopt;
            }
            if (size == 0) {
                return reply;
            }
            reply.body += piece->substr(0, size);
        }
    }

    int socket_;
    bool connected_ = false;
    bool ended_ = false;
    std::string in_;
};

}  // namespace ss::http::test

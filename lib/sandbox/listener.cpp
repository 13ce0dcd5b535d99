// The connection loop: our own stream, so that a connection can be reset and stop() does not wait for idle ones.

#include "listener.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>

namespace ss::sandbox {
namespace {

constexpr int kIdleMilliseconds = 30'000;
constexpr int kPatienceMilliseconds = 20'000;
constexpr int kMaxRequests = 1'000'000;
constexpr std::size_t kThreads = 64;

struct Peer {
    std::string address;
    int port = 0;
};

Peer peer_of(int socket, bool remote)
{
    sockaddr_in address{};
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if ((remote ? ::getpeername(socket, raw, &size) : ::getsockname(socket, raw, &size)) != 0) {
        return {};
    }
    std::array<char, INET_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
    return {text.data(), ntohs(address.sin_port)};
}

bool wait_for(int socket, short events, int milliseconds)
{
    pollfd entry{.fd = socket, .events = events, .revents = 0};
    return ::poll(&entry, 1, milliseconds) == 1;
}

}  // namespace

class AbortableStream final : public httplib::Stream {
public:
    explicit AbortableStream(int socket) : socket_{socket} {}

    [[nodiscard]] bool is_readable() const override
    {
        return !aborted_ && wait_for(socket_, POLLIN, kPatienceMilliseconds);
    }
    [[nodiscard]] bool is_writable() const override
    {
        return !aborted_ && wait_for(socket_, POLLOUT, kPatienceMilliseconds);
    }
    ssize_t read(char* data, std::size_t size) override
    {
        if (begin_ == end_) {
            if (!is_readable()) {
                return -1;
            }
            const auto got = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
            if (got <= 0) {
                return got;
            }
            begin_ = 0;
            end_ = static_cast<std::size_t>(got);
        }
        const auto count = std::min(size, end_ - begin_);
        std::copy_n(buffer_.data() + begin_, count, data);
        begin_ += count;
        return static_cast<ssize_t>(count);
    }
    ssize_t write(const char* data, std::size_t size) override
    {
        return is_writable() ? ::send(socket_, data, size, MSG_NOSIGNAL) : -1;
    }
    void get_remote_ip_and_port(std::string& ip, int& port) const override { fill(peer_of(socket_, true), ip, port); }
    void get_local_ip_and_port(std::string& ip, int& port) const override { fill(peer_of(socket_, false), ip, port); }
    [[nodiscard]] socket_t socket() const override { return socket_; }

    /// A close after this sends RST.
    void abort()
    {
        aborted_ = true;
        const linger now{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    [[nodiscard]] bool has_next() const
    {
        return !aborted_ && (begin_ != end_ || wait_for(socket_, POLLIN, kIdleMilliseconds));
    }
    [[nodiscard]] bool is_aborted() const { return aborted_; }
    void shut() const { ::shutdown(socket_, SHUT_RDWR); }

private:
    static void fill(const Peer& peer, std::string& ip, int& port)
    {
        ip = peer.address;
        port = peer.port;
    }
    int socket_;
    std::atomic<bool> aborted_ = false;
    std::array<char, 8192> buffer_{};
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

Listener::Listener()
{
    set_tcp_nodelay(true);
    set_keep_alive_max_count(kMaxRequests);
    set_payload_max_length(8 * 1024 * 1024);
    // The library's own would let two programs share a port without an error.
    set_socket_options([](socket_t socket) {
        const int yes = 1;
        ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
}

bool Listener::serve_one(AbortableStream& stream, bool is_last, bool& is_closed)
{
    const auto remote = peer_of(stream.socket(), true);
    const auto local = peer_of(stream.socket(), false);
    // Later versions (Debian 13) want the addresses; no macro that the preprocessor can compare tells which one it is.
    const auto serve = [&](auto& any) {
        if constexpr (requires { this->process_request(any, "", 0, "", 0, is_last, is_closed, nullptr); }) {
            return this->process_request(any, remote.address, remote.port, local.address, local.port, is_last,
                                         is_closed, nullptr);
        } else {
            return this->process_request(any, is_last, is_closed, nullptr);
        }
    };
    return serve(stream);
}

bool Listener::process_and_close_socket(socket_t socket)
{
    const int yes = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    AbortableStream stream{socket};
    const int port = peer_of(socket, true).port;
    streams_.with([&](auto& streams) { streams[port] = &stream; });

    bool is_closed = false;
    bool went_well = true;
    for (int count = 0; count < kMaxRequests && went_well && !is_closed && !is_stopping_ && stream.has_next();
         ++count) {
        went_well = serve_one(stream, count + 1 == kMaxRequests, is_closed);
    }

    streams_.with([&](auto& streams) { streams.erase(port); });
    if (!stream.is_aborted()) {
        stream.shut();
    }
    ::close(socket);
    return went_well;
}

void Listener::reset_connection(const httplib::Request& request)
{
    streams_.with([&](auto& streams) {
        if (const auto found = streams.find(request.remote_port); found != streams.end()) {
            found->second->abort();
        }
    });
}

void Listener::close_connections()
{
    is_stopping_ = true;
    streams_.with([](auto& streams) {
        for (const auto& [port, stream] : streams) {
            stream->shut();
        }
    });
}

}  // namespace ss::sandbox

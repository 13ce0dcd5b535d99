// Sockets and TLS for the key-value store. TLS goes through memory, so that every send can say MSG_NOSIGNAL and every
// wait has a deadline.

#include "kv_socket.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

namespace ss::storage {
namespace {

std::unexpected<Error> closed()
{
    return fail(Errc::unavailable, "Redis closed the connection");
}

std::unexpected<Error> system_failed(int reason)
{
    return fail(Errc::unavailable,
                "Redis cannot be reached: " + std::error_code{reason, std::generic_category()}.message());
}

class Descriptor {
public:
    explicit Descriptor(int value = -1) : value_{value} {}
    Descriptor(Descriptor&& other) noexcept : value_{std::exchange(other.value_, -1)} {}
    Descriptor& operator=(Descriptor&& other) noexcept
    {
        std::swap(value_, other.value_);
        return *this;
    }
    ~Descriptor()
    {
        if (value_ >= 0) {
            ::close(value_);
        }
    }
    [[nodiscard]] int get() const { return value_; }

private:
    int value_;
};

enum class Woken { ready, by_wake };

/// Waits for `events` on `socket`, or for the event descriptor `wake` when it is one.
Result<Woken> wait_for(int socket, short events, int wake, Deadline deadline)
{
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        if (left <= 0) {
            return fail(Errc::timeout, "Redis did not answer in time");
        }
        std::array<pollfd, 2> watched{{{socket, events, 0}, {wake, POLLIN, 0}}};
        const int ready = ::poll(watched.data(), watched.size(), static_cast<int>(left));
        if (ready < 0 && errno != EINTR) {
            return system_failed(errno);
        }
        if (ready > 0 && watched[0].revents != 0) {
            return Woken::ready;
        }
        if (ready > 0) {
            std::uint64_t count = 0;
            static_cast<void>(!::read(wake, &count, sizeof count));
            return Woken::by_wake;
        }
    }
}

class PlainSocket final : public Socket {
public:
    explicit PlainSocket(Descriptor socket)
        : socket_{std::move(socket)}, wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)}
    {
    }

    [[nodiscard]] Result<void> write(std::string_view bytes, Deadline deadline) override
    {
        while (!bytes.empty()) {
            const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent >= 0) {
                bytes.remove_prefix(static_cast<std::size_t>(sent));
            } else if (errno == EAGAIN) {
                TRY(wait_for(socket_.get(), POLLOUT, -1, deadline));
            } else if (errno != EINTR) {
                return closed();
            }
        }
        return {};
    }

    [[nodiscard]] Result<std::size_t> read(std::span<char> buffer, Deadline deadline) override
    {
        for (;;) {
            const auto got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
            if (got > 0) {
                return static_cast<std::size_t>(got);
            }
            if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
                return closed();
            }
            if (errno == EAGAIN) {
                const auto woken = TRY(wait_for(socket_.get(), POLLIN, wake_.get(), deadline));
                if (woken == Woken::by_wake) {
                    return 0;
                }
            }
        }
    }

    void wake() override
    {
        const std::uint64_t one = 1;
        static_cast<void>(!::write(wake_.get(), &one, sizeof one));
    }

private:
    Descriptor socket_;
    Descriptor wake_;
};

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

class TlsSocket final : public Socket {
public:
    TlsSocket(PlainSocket& plain, std::unique_ptr<Socket> owned, Context context)
        : plain_{plain},
          owned_{std::move(owned)},
          context_{std::move(context)},
          ssl_{SSL_new(context_.get()), SSL_free},
          incoming_{BIO_new(BIO_s_mem())},
          outgoing_{BIO_new(BIO_s_mem())}
    {
        SSL_set_bio(ssl_.get(), incoming_, outgoing_);  // which owns them from now on
    }

    [[nodiscard]] Result<void> handshake(const std::string& name, Deadline deadline)
    {
        std::array<unsigned char, sizeof(in6_addr)> address{};
        const bool is_address = ::inet_pton(AF_INET, name.c_str(), address.data()) == 1 ||
                                ::inet_pton(AF_INET6, name.c_str(), address.data()) == 1;
        if (is_address) {
            X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), name.c_str());
        } else {
            SSL_set_tlsext_host_name(ssl_.get(), name.c_str());
            SSL_set1_host(ssl_.get(), name.c_str());
        }
        TRY(drive([&] { return SSL_connect(ssl_.get()); }, deadline));
        return {};
    }

    [[nodiscard]] Result<void> write(std::string_view bytes, Deadline deadline) override
    {
        while (!bytes.empty()) {
            std::size_t taken = 0;
            TRY(drive([&] { return SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &taken); }, deadline));
            bytes.remove_prefix(taken);
        }
        return {};
    }

    [[nodiscard]] Result<std::size_t> read(std::span<char> buffer, Deadline deadline) override
    {
        std::size_t got = 0;
        TRY(drive([&] { return SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &got); }, deadline));
        return got;  // 0 when woken
    }

    void wake() override { plain_.wake(); }

private:
    /// Repeats a TLS operation, carrying bytes between it and the socket. Ends early when woken.
    template <class Operation>
    Result<void> drive(Operation operation, Deadline deadline)
    {
        for (;;) {
            ERR_clear_error();
            const int outcome = operation();
            const int reason = SSL_get_error(ssl_.get(), outcome);
            TRY(send_pending(deadline));
            if (outcome > 0) {
                return {};
            }
            if (reason != SSL_ERROR_WANT_READ) {
                return explain();
            }
            std::array<char, 16'384> buffer{};
            const auto got = TRY(plain_.read(buffer, deadline));
            if (got == 0) {
                return {};
            }
            BIO_write(incoming_, buffer.data(), static_cast<int>(got));
        }
    }

    Result<void> send_pending(Deadline deadline)
    {
        char* bytes = nullptr;
        const auto size = BIO_get_mem_data(outgoing_, &bytes);
        if (size > 0) {
            TRY(plain_.write({bytes, static_cast<std::size_t>(size)}, deadline));
            static_cast<void>(BIO_reset(outgoing_));
        }
        return {};
    }

    std::unexpected<Error> explain()
    {
        const auto verdict = SSL_get_verify_result(ssl_.get());
        if (verdict != X509_V_OK) {
            return fail(Errc::unavailable,
                        std::string{"Redis' certificate is refused: "} + X509_verify_cert_error_string(verdict),
                        "check the CA file and the name in the URL");
        }
        const char* reason = ERR_reason_error_string(ERR_peek_error());
        return reason == nullptr
                   ? closed()
                   : fail(Errc::unavailable, std::string{"TLS to Redis failed: "} + reason, "is this its TLS port?");
    }

    PlainSocket& plain_;
    std::unique_ptr<Socket> owned_;
    Context context_;
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
    BIO* incoming_;
    BIO* outgoing_;
};

Result<Descriptor> connect_to(const addrinfo& address, Deadline deadline)
{
    Descriptor socket{
        ::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address.ai_protocol)};
    if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) != 0 && errno != EINPROGRESS) {
        return system_failed(errno);
    }
    TRY(wait_for(socket.get(), POLLOUT, -1, deadline));
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        return system_failed(error);
    }
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    return socket;
}

Result<Descriptor> connect_to(const Host& host, Deadline deadline)
{
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    if (const int error = ::getaddrinfo(host.name.c_str(), std::to_string(host.port).c_str(), &hints, &list);
        error != 0) {
        return fail(Errc::unavailable, std::string{"Redis' host name is not found: "} + ::gai_strerror(error));
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned{list, ::freeaddrinfo};
    Result<Descriptor> last = closed();
    for (const auto* address = list; address != nullptr; address = address->ai_next) {
        last = connect_to(*address, deadline);
        if (last) {
            break;
        }
    }
    return last;
}

Result<Context> make_context(const std::filesystem::path& ca_file)
{
    Context context{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    const bool loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context.get()) == 1
                                        : SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr) == 1;
    if (!loaded) {
        return fail(Errc::configuration, "the CA file for Redis cannot be read", {}, ca_file.string());
    }
    return context;
}

}  // namespace

Result<std::unique_ptr<Socket>> Socket::open(const Host& host, Deadline deadline)
{
    auto plain = std::make_unique<PlainSocket>(TRY(connect_to(host, deadline)));
    if (!host.tls) {
        return std::unique_ptr<Socket>{std::move(plain)};
    }
    auto context = TRY(make_context(host.ca_file));
    auto& inner = *plain;
    auto tls = std::make_unique<TlsSocket>(inner, std::move(plain), std::move(context));
    TRY(tls->handshake(host.name, deadline));
    return std::unique_ptr<Socket>{std::move(tls)};
}

}  // namespace ss::storage

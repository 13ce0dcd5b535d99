// A TLS handshake only to look at the certificate.
#include "tls.hpp"

#include <fmt/core.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <ctime>
#include <memory>

#include <sys/socket.h>
#include <sys/time.h>

namespace ss::check {
namespace {

template <auto release>
struct Free {
    template <class T>
    void operator()(T* object) const
    {
        release(object);
    }
};

}  // namespace

Result<Certificate> look_at_certificate(const std::string& host, int port, const std::string& ca_file,
                                        std::chrono::seconds patience)
{
    const std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>> context{SSL_CTX_new(TLS_client_method())};
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    const int loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context.get())
                                       : SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr);
    if (loaded != 1) {
        return fail(Errc::configuration, "the authorities' certificates cannot be read", {}, ca_file);
    }
    const std::unique_ptr<BIO, Free<BIO_free_all>> connection{BIO_new_ssl_connect(context.get())};
    BIO_set_conn_hostname(connection.get(), fmt::format("{}:{}", host, port).c_str());
    SSL* ssl = nullptr;
    BIO_get_ssl(connection.get(), &ssl);
    SSL_set_tlsext_host_name(ssl, host.c_str());
    SSL_set1_host(ssl, host.c_str());
    BIO* socket = BIO_next(connection.get());
    if (BIO_do_connect(socket) <= 0) {
        return fail(Errc::unavailable, fmt::format("{}:{} does not accept a connection", host, port));
    }
    const timeval limit{.tv_sec = patience.count(), .tv_usec = 0};
    const int descriptor = static_cast<int>(BIO_get_fd(socket, nullptr));
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (BIO_do_handshake(connection.get()) <= 0) {
        const auto verdict = SSL_get_verify_result(ssl);
        return fail(Errc::wrong_key,
                    verdict == X509_V_OK
                        ? "the TLS handshake failed"
                        : fmt::format("the certificate is not valid: {}", X509_verify_cert_error_string(verdict)),
                    "does the chain belong to the host name, and is it complete (fullchain.pem)?");
    }
    const std::unique_ptr<X509, Free<X509_free>> certificate{SSL_get1_peer_certificate(ssl)};
    std::tm until{};
    if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &until) != 1) {
        return fail(Errc::wrong_key, "the server shows no certificate");
    }
    return Certificate{std::chrono::sys_seconds{std::chrono::seconds{timegm(&until)}}};
}

}  // namespace ss::check

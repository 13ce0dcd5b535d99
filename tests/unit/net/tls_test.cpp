#include <ss/net.hpp>

#include <gtest/gtest.h>
#include <httplib.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <fmt/core.h>

#include <filesystem>
#include <memory>
#include <thread>

namespace ss::net {
namespace {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* thing) const
    {
        Free(thing);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<&EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<&X509_free>>;

Key make_key()
{
    return Key{EVP_EC_gen("P-256")};
}

void add_extension(X509* certificate, int nid, const std::string& value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    auto* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

struct Wanted {
    std::string name = "IP:127.0.0.1";
    long from = -3600;
    long until = 3600;
    bool is_authority = false;
};

Certificate make_certificate(const Wanted& wanted, EVP_PKEY* key, const X509* issuer, EVP_PKEY* issuer_key)
{
    Certificate certificate{X509_new()};
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), wanted.is_authority ? 1 : 2);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), wanted.from);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), wanted.until);
    X509_set_pubkey(certificate.get(), key);
    auto* subject = X509_get_subject_name(certificate.get());
    const auto* common_name = reinterpret_cast<const unsigned char*>(wanted.is_authority ? "Test CA" : "peer");
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
    X509_set_issuer_name(certificate.get(), issuer == nullptr ? subject : X509_get_subject_name(issuer));
    if (wanted.is_authority) {
        add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    } else {
        add_extension(certificate.get(), NID_subject_alt_name, wanted.name);
    }
    X509_sign(certificate.get(), issuer_key, EVP_sha256());
    return certificate;
}

class Tls : public testing::Test {
protected:
    Tls()
    {
        auto* file = std::fopen(ca_file.c_str(), "w");
        PEM_write_X509(file, authority.get());
        std::fclose(file);
    }
    ~Tls() override { std::filesystem::remove(ca_file); }

    Reply call(X509* certificate)
    {
        httplib::SSLServer server{certificate, peer_key.get()};
        server.Get("/", [](const httplib::Request&, httplib::Response& response) {
            response.set_content("safe", "text/plain");
        });
        server.set_keep_alive_timeout(0);
        const int port = server.bind_to_any_port("127.0.0.1");
        std::thread thread{[&] { server.listen_after_bind(); }};
        HttpClient client{clock, {.ca_file = ca_file}};
        auto reply = client.send({.url = fmt::format("https://127.0.0.1:{}/", port)});
        server.stop();
        thread.join();
        return reply;
    }

    void expect_refused(X509* certificate)
    {
        const auto reply = call(certificate);
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().code, Errc::unavailable);
        EXPECT_EQ(reply.error().phase, Phase::not_sent);
    }

    Key authority_key = make_key();
    Key peer_key = make_key();
    Certificate authority = make_certificate({.is_authority = true}, authority_key.get(), nullptr, authority_key.get());
    std::string ca_file = testing::TempDir() + fmt::format("ss-net-ca-{}.pem", ::getpid());
    SystemClock clock;
};

TEST_F(Tls, talks_to_a_peer_whose_certificate_is_right)
{
    const auto good = make_certificate({}, peer_key.get(), authority.get(), authority_key.get());
    const auto reply = call(good.get());
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->body, "safe");
}

TEST_F(Tls, refuses_a_self_signed_certificate)
{
    const auto own = make_certificate({}, peer_key.get(), nullptr, peer_key.get());
    expect_refused(own.get());
}

TEST_F(Tls, refuses_an_expired_certificate)
{
    const auto old =
        make_certificate({.from = -7200, .until = -3600}, peer_key.get(), authority.get(), authority_key.get());
    expect_refused(old.get());
}

TEST_F(Tls, refuses_a_certificate_of_the_future)
{
    const auto early =
        make_certificate({.from = 3600, .until = 7200}, peer_key.get(), authority.get(), authority_key.get());
    expect_refused(early.get());
}

TEST_F(Tls, refuses_a_certificate_for_another_host)
{
    const auto other =
        make_certificate({.name = "DNS:example.com"}, peer_key.get(), authority.get(), authority_key.get());
    expect_refused(other.get());
}

}  // namespace
}  // namespace ss::net

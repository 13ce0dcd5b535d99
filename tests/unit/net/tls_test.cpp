#include <ss/net.hpp>

#include <gtest/gtest.h>
#include <httplib.h>
#include <openssl/conf.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <fmt/core.h>

#include <filesystem>
#include <fstream>
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

    Reply call(X509* certificate, int oldest = TLS1_2_VERSION, int newest = TLS1_3_VERSION)
    {
        httplib::SSLServer server{certificate, peer_key.get()};
        offer(server.ssl_context(), oldest, newest);
        server.Get("/", [](const httplib::Request&, httplib::Response& response) {
            response.set_content("safe", "text/plain");
        });
        server.set_keep_alive_timeout(0);
        const int port = server.bind_to_any_port("127.0.0.1");
        std::thread thread{[&] { server.listen_after_bind(); }};
        careless_client_gets_through = reached_by_a_careless_client(port);
        HttpClient client{clock, {.ca_file = ca_file}};
        auto reply = client.send({.url = fmt::format("https://127.0.0.1:{}/", port)});
        server.stop();
        thread.join();
        return reply;
    }

    /// OpenSSL 3 offers TLS 1.1 and older only where its security level is 0.
    static void offer(SSL_CTX* context, int oldest, int newest)
    {
        if (oldest < TLS1_2_VERSION) {
            SSL_CTX_set_security_level(context, 0);
        }
        ASSERT_EQ(SSL_CTX_set_min_proto_version(context, oldest), 1);
        ASSERT_EQ(SSL_CTX_set_max_proto_version(context, newest), 1);
    }

    /// Whether the peer answers a client that checks nothing: the proof that a refusal is ours and not the peer's.
    static bool reached_by_a_careless_client(int port)
    {
        httplib::SSLClient careless{"127.0.0.1", port};
        careless.enable_server_certificate_verification(false);
        return static_cast<bool>(careless.Get("/"));
    }

    /// What a machine's openssl.cnf can say; SSL_CTX_new() reads it for every program.
    void configure_machine(const std::string& least, int level) const
    {
        const auto file = ca_file + ".cnf";
        std::ofstream{file} << fmt::format(
            "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n"
            "MinProtocol = {}\nCipherString = DEFAULT:@SECLEVEL={}\n",
            least, level);
        EXPECT_EQ(CONF_modules_load_file(file.c_str(), nullptr, 0), 1);
        std::filesystem::remove(file);
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
    bool careless_client_gets_through = false;
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

// T11. The machine's own configuration would allow it, so that only the client's floor is left to refuse.
TEST_F(Tls, refuses_tls_1_1_and_older_even_where_the_machine_allows_them)
{
    const auto good = make_certificate({}, peer_key.get(), authority.get(), authority_key.get());
    configure_machine("TLSv1", 0);
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
        const auto reply = call(good.get(), version, version);
        EXPECT_TRUE(careless_client_gets_through) << version;
        ASSERT_FALSE(reply) << version;
        EXPECT_EQ(reply.error().code, Errc::unavailable);
        EXPECT_EQ(reply.error().phase, Phase::not_sent);
    }
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const auto reply = call(good.get(), version, version);
        EXPECT_TRUE(reply) << version;
    }
    configure_machine("TLSv1.2", 2);
}

}  // namespace
}  // namespace ss::net

// SHA-256, HMAC, HKDF and the constant-time comparison, by OpenSSL 3's EVP interface.
// Out of memory is the only way these calls fail; it ends the program.
#include <ss/crypto.hpp>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>
#include <cstdlib>

namespace ss::crypto {
namespace {

using MdContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)>;

void require(bool done)
{
    if (!done) {
        std::abort();
    }
}

const unsigned char* bytes_of(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text)
{
    return reinterpret_cast<unsigned char*>(text.data());
}

// Fetched once: a fetch costs more than hashing a short text.
const EVP_MD* sha256_algorithm()
{
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    require(algorithm != nullptr);
    return algorithm;
}

MacContext keyed_context(std::string_view key)
{
    static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    MacContext context{EVP_MAC_CTX_new(algorithm), &EVP_MAC_CTX_free};
    require(context != nullptr);
    std::array<char, 7> digest{"SHA256"};
    const std::array parameters{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                                OSSL_PARAM_construct_end()};
    // An empty key needs a pointer that is not null, or OpenSSL takes it for "no key".
    const auto* data = key.empty() ? reinterpret_cast<const unsigned char*>("") : bytes_of(key);
    require(EVP_MAC_init(context.get(), data, key.size(), parameters.data()) == 1);
    return context;
}

std::string finish(EVP_MAC_CTX* context, std::string_view data)
{
    std::string code(kHashBytes, '\0');
    std::size_t length = 0;
    require(EVP_MAC_update(context, bytes_of(data), data.size()) == 1);
    require(EVP_MAC_final(context, bytes_of(code), &length, code.size()) == 1);
    return code;
}

}  // namespace

std::string sha256(std::string_view data)
{
    std::string digest(kHashBytes, '\0');
    require(EVP_Digest(data.data(), data.size(), bytes_of(digest), nullptr, sha256_algorithm(), nullptr) == 1);
    return digest;
}

std::string sha256_hex(std::string_view data)
{
    return to_hex(sha256(data));
}

struct Sha256::State {
    MdContext context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
    void begin() const
    {
        require(context != nullptr && EVP_DigestInit_ex2(context.get(), sha256_algorithm(), nullptr) == 1);
    }
};

Sha256::Sha256() : state_{std::make_unique<State>()}
{
    state_->begin();
}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::update(std::string_view data)
{
    require(EVP_DigestUpdate(state_->context.get(), data.data(), data.size()) == 1);
}

std::string Sha256::finish()
{
    std::string digest(kHashBytes, '\0');
    require(EVP_DigestFinal_ex(state_->context.get(), bytes_of(digest), nullptr) == 1);
    state_->begin();
    return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view data)
{
    return finish(keyed_context(key).get(), data);
}

struct HmacKey::State {
    MacContext keyed;
};

HmacKey::HmacKey(std::string_view key) : state_{std::make_unique<State>(keyed_context(key))} {}
HmacKey::HmacKey(HmacKey&&) noexcept = default;
HmacKey& HmacKey::operator=(HmacKey&&) noexcept = default;
HmacKey::~HmacKey() = default;

std::string HmacKey::sign(std::string_view data) const
{
    const MacContext copy{EVP_MAC_CTX_dup(state_->keyed.get()), &EVP_MAC_CTX_free};
    require(copy != nullptr);
    return crypto::finish(copy.get(), data);
}

bool HmacKey::verify(std::string_view data, std::string_view code) const
{
    return equal_constant_time(sign(data), code);
}

Secret derive_key(std::string_view secret, std::string_view purpose, std::size_t bytes, std::string_view salt)
{
    static EVP_KDF* const algorithm = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
    const KdfContext context{EVP_KDF_CTX_new(algorithm), &EVP_KDF_CTX_free};
    std::array<char, 7> digest{"SHA256"};
    std::string key{secret};
    std::string info{purpose};
    std::string salt_copy{salt};
    const std::array parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key.data(), key.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt_copy.data(), salt_copy.size()),
        OSSL_PARAM_construct_end(),
    };
    std::string derived(bytes, '\0');
    require(context != nullptr &&
            EVP_KDF_derive(context.get(), bytes_of(derived), derived.size(), parameters.data()) == 1);
    wipe(key.data(), key.size());
    return Secret{std::move(derived)};
}

bool equal_constant_time(std::string_view a, std::string_view b) noexcept
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace ss::crypto

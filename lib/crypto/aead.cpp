// AES-256-GCM by OpenSSL 3's EVP interface.
#include "aead.hpp"

#include <openssl/evp.h>

#include <cstdlib>
#include <memory>

namespace ss::crypto {
namespace {

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

void require(bool done)
{
    if (!done) {
        std::abort();  // only lack of memory leads here
    }
}

const EVP_CIPHER* algorithm()
{
    static const EVP_CIPHER* const fetched = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    require(fetched != nullptr);
    return fetched;
}

CipherContext new_context()
{
    CipherContext context{EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free};
    require(context != nullptr);
    return context;
}

const unsigned char* bytes_of(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text)
{
    return reinterpret_cast<unsigned char*>(text.data());
}

int size_of(std::string_view text)
{
    require(text.size() < (1U << 30U));  // OpenSSL counts in int
    return static_cast<int>(text.size());
}

}  // namespace

std::string aead_encrypt(std::string_view key, std::string_view nonce, std::string_view plaintext,
                         std::string_view associated)
{
    require(key.size() == kAeadKeyBytes && nonce.size() == kAeadNonceBytes);
    std::string text(plaintext.size(), '\0');
    std::string tag(kAeadTagBytes, '\0');
    int length = 0;
    const auto context = new_context();
    auto* c = context.get();
    require(EVP_EncryptInit_ex2(c, algorithm(), bytes_of(key), bytes_of(nonce), nullptr) == 1);
    require(EVP_EncryptUpdate(c, nullptr, &length, bytes_of(associated), size_of(associated)) == 1);
    length = 0;
    if (!plaintext.empty()) {
        require(EVP_EncryptUpdate(c, bytes_of(text), &length, bytes_of(plaintext), size_of(plaintext)) == 1);
    }
    require(EVP_EncryptFinal_ex(c, bytes_of(text) + length, &length) == 1);
    require(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, kAeadTagBytes, tag.data()) == 1);
    return text + tag;
}

std::optional<Secret> aead_decrypt(std::string_view key, std::string_view nonce, std::string_view box,
                                   std::string_view associated)
{
    require(key.size() == kAeadKeyBytes && nonce.size() == kAeadNonceBytes);
    if (box.size() < kAeadTagBytes) {
        return std::nullopt;
    }
    const auto text = box.substr(0, box.size() - kAeadTagBytes);
    std::string tag{box.substr(text.size())};
    std::string plain(text.size(), '\0');
    int length = 0;
    const auto context = new_context();
    auto* c = context.get();
    require(EVP_DecryptInit_ex2(c, algorithm(), bytes_of(key), bytes_of(nonce), nullptr) == 1);
    require(EVP_DecryptUpdate(c, nullptr, &length, bytes_of(associated), size_of(associated)) == 1);
    if (!text.empty()) {
        require(EVP_DecryptUpdate(c, bytes_of(plain), &length, bytes_of(text), size_of(text)) == 1);
    }
    require(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, kAeadTagBytes, tag.data()) == 1);
    Secret result{std::move(plain)};  // wiped also when the tag does not fit
    unsigned char rest = 0;           // GCM has nothing left to write at the end
    if (EVP_DecryptFinal_ex(c, &rest, &length) != 1) {
        return std::nullopt;
    }
    return result;
}

}  // namespace ss::crypto

#pragma once
// AES-256-GCM with the nonce given: what Keyring is made of. Not public: nonces are chosen in one place only.

#include <ss/secret.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ss::crypto {

inline constexpr std::size_t kAeadKeyBytes = 32;
inline constexpr std::size_t kAeadNonceBytes = 12;
inline constexpr std::size_t kAeadTagBytes = 16;

/// Ciphertext | tag.
std::string aead_encrypt(std::string_view key, std::string_view nonce, std::string_view plaintext,
                         std::string_view associated);

/// Nothing when the tag does not fit.
std::optional<Secret> aead_decrypt(std::string_view key, std::string_view nonce, std::string_view box,
                                   std::string_view associated);

}  // namespace ss::crypto

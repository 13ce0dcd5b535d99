#pragma once
/// Randomness, hashes, encodings, and secrets sealed at rest. Passwords: ss/password.hpp. Tokens: ss/jwt.hpp.
///
/// Raw bytes travel as std::string. Everything here is safe to call from any thread.
/// Nothing here writes to a log, and no error text holds a key or a plaintext.

#include <ss/error.hpp>
#include <ss/id.hpp>
#include <ss/secret.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ss::crypto {

// ---- randomness -----------------------------------------------------------------------------------------------

/// From the operating system's generator. Ends the program when that fails: there is no safe way on.
[[nodiscard]] std::string random_bytes(std::size_t count);
/// `bytes` random bytes as base64url (16 bytes -> 22 characters): tokens, ids nobody can guess.
[[nodiscard]] std::string random_token(std::size_t bytes = 32);

// ---- encodings (RFC 4648), decoding is strict -----------------------------------------------------------------

[[nodiscard]] std::string to_hex(std::string_view bytes);        ///< Lower case.
[[nodiscard]] std::string to_base64(std::string_view bytes);     ///< With padding.
[[nodiscard]] std::string to_base64url(std::string_view bytes);  ///< Without padding, as JOSE wants it.

/// Each text has exactly one form that decodes: no white space, no missing or extra padding, no stray bits in the
/// last character. Upper and lower case hex are both read. Errors: invalid.
[[nodiscard]] Result<std::string> from_hex(std::string_view text);
[[nodiscard]] Result<std::string> from_base64(std::string_view text);
[[nodiscard]] Result<std::string> from_base64url(std::string_view text);

// ---- hashes ---------------------------------------------------------------------------------------------------

inline constexpr std::size_t kHashBytes = 32;

[[nodiscard]] std::string sha256(std::string_view data);  ///< 32 raw bytes.
[[nodiscard]] std::string sha256_hex(std::string_view data);

/// SHA-256 of what comes in pieces (files, streams). Not shared between threads.
class Sha256 {
public:
    Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    ~Sha256();

    void update(std::string_view data);
    /// 32 raw bytes; afterwards the object begins anew.
    [[nodiscard]] std::string finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// 32 raw bytes (RFC 2104). For many messages under one key use HmacKey: half the time.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view data);

/// A key made ready once. Safe to share between threads.
class HmacKey {
public:
    explicit HmacKey(std::string_view key);
    HmacKey(HmacKey&&) noexcept;
    HmacKey& operator=(HmacKey&&) noexcept;
    ~HmacKey();

    [[nodiscard]] std::string sign(std::string_view data) const;  ///< 32 raw bytes.
    /// Compares in constant time; false for a code of any other length.
    [[nodiscard]] bool verify(std::string_view data, std::string_view code) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// HKDF-SHA256 (RFC 5869): several independent keys from one secret, told apart by `purpose`.
/// At most 255 * 32 bytes.
[[nodiscard]] Secret derive_key(std::string_view secret, std::string_view purpose, std::size_t bytes = 32,
                                std::string_view salt = {});

/// The time depends on the lengths alone. The one way to compare secrets, codes and tokens.
[[nodiscard]] bool equal_constant_time(std::string_view a, std::string_view b) noexcept;

// ---- secrets at rest ------------------------------------------------------------------------------------------

/// What a sealed text belongs to; moved to another workspace, row or column it does not open.
/// `row` is what the caller knows before the insert (a natural key) or the row's id.
[[nodiscard]] std::string place(WorkspaceId workspace, std::string_view table, std::string_view column,
                                std::string_view row);

/// A key for data: `id` is written beside what it seals (1..32 of a-z, 0-9, '-', '_').
struct DataKey {
    std::string id;
    Secret key;  ///< 32 raw bytes.
};

/// AES-256-GCM under one of several keys: old keys open, the active one seals.
///
/// A sealed text reads "v1.<key id>.<base64url of nonce (12) | ciphertext | tag (16)>". The nonce is random: under one
/// key seal fewer than 2^32 texts (NIST SP 800-38D §8.3), then rotate.
/// Immutable and cheap to copy; safe to share between threads.
class Keyring {
public:
    /// Errors: configuration (no key, two with one id, a bad id, not 32 bytes, the active one is missing).
    [[nodiscard]] static Result<Keyring> create(std::vector<DataKey> keys, std::string_view active);

    /// Reads "<id>:<base64 of 32 bytes>[,<id>:<base64>…]"; the first is the active one. Errors: configuration.
    [[nodiscard]] static Result<Keyring> parse(std::string_view text);

    /// A fresh key in the form parse() reads: for `ssctl init` and `ssctl key rotate`.
    [[nodiscard]] static Secret generate(std::string_view id);

    /// `associated_data` is authenticated but not stored: see place().
    [[nodiscard]] std::string seal(std::string_view plaintext, std::string_view associated_data) const;

    /// Errors: wrong_key (sealed under a key id this ring does not have), corrupt (the form is wrong, a bit changed,
    /// or it was sealed for another place).
    [[nodiscard]] Result<Secret> open(std::string_view sealed, std::string_view associated_data) const;

    /// False for a text under an old key: read it and seal it again.
    [[nodiscard]] bool is_current(std::string_view sealed) const;

    [[nodiscard]] const std::string& active_id() const;
    /// Tells rings apart in logs and gives nothing away: "<active id>/<8 hex digits over all keys>".
    [[nodiscard]] const std::string& fingerprint() const;

private:
    struct State;
    explicit Keyring(std::shared_ptr<const State> state) : state_{std::move(state)} {}
    std::shared_ptr<const State> state_;  // shared: copies are handed to several modules, none changes it
};

}  // namespace ss::crypto

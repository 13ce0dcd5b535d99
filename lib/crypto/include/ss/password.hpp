#pragma once
/// Password hashes: Argon2id (PHC strings) by default, bcrypt by setting and for imported users.
///
/// Parameters: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html

#include <ss/error.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ss::crypto {

enum class PasswordScheme : std::uint8_t { argon2id, bcrypt };

/// How new hashes are made. The defaults are OWASP's first choice: about 14 ms and 19 MiB on one core.
struct PasswordPolicy {
    PasswordScheme scheme = PasswordScheme::argon2id;
    std::uint32_t memory_kib = 19'456;  ///< Argon2id; 8..1,048,576.
    std::uint32_t passes = 2;           ///< Argon2id; 1..64.
    int bcrypt_cost = 10;               ///< 4..15; each step doubles the time, 10 is about 62 ms.
};

inline constexpr std::size_t kMaxPasswordBytes = 1024;
inline constexpr std::size_t kMaxBcryptBytes = 72;

/// Errors: configuration (a value of the policy out of range).
[[nodiscard]] Result<void> check(const PasswordPolicy& policy);

/// A hash with a salt of its own: "$argon2id$…" or "$2b$…". Slow on purpose: go through a PasswordPool.
/// Errors: weak_password (bcrypt: more than 72 bytes or a NUL byte, which bcrypt would cut off in silence),
/// invalid (above kMaxPasswordBytes), configuration (policy), unavailable (no memory).
[[nodiscard]] Result<std::string> hash_password(std::string_view password, const PasswordPolicy& policy);

/// Whether the password belongs to the hash; a wrong one is `false`, not an error. Reads $argon2id$, $argon2i$,
/// $2a$, $2b$ and $2y$. What bcrypt would cut off never matches, and takes as long as what does not.
/// Errors: corrupt (not a hash we read, or one whose cost is absurd), unavailable (no memory).
[[nodiscard]] Result<bool> verify_password(std::string_view password, std::string_view hash);

/// True when `hash` was made under another scheme or with other parameters than the policy asks for.
[[nodiscard]] bool needs_rehash(std::string_view hash, const PasswordPolicy& policy);

/// True for a hash verify_password() reads: checked before an import.
[[nodiscard]] bool is_password_hash(std::string_view hash);

struct PasswordPoolOptions {
    unsigned threads = 0;   ///< 0: the number of cores, at most 8.
    std::size_t queue = 0;  ///< Calls that may wait; 0: four a thread. Keep it below the number of request workers.
};

/// Threads of its own for password hashing, so that a flood of log-ins takes no more than these.
///
/// A call waits in the caller's thread for its turn; when the queue is full it returns at once with `busy` and
/// retry_after. Safe to share between threads; nothing may be calling it when it is destroyed.
class PasswordPool {
public:
    explicit PasswordPool(const PasswordPoolOptions& options = {});
    PasswordPool(const PasswordPool&) = delete;
    PasswordPool& operator=(const PasswordPool&) = delete;
    ~PasswordPool();

    /// Errors: as hash_password() and verify_password(); busy (queue full), cancelled (stopped).
    [[nodiscard]] Result<std::string> hash(std::string_view password, const PasswordPolicy& policy);
    [[nodiscard]] Result<bool> verify(std::string_view password, std::string_view hash);

    /// What waits gets `cancelled`, what runs is finished, later calls get `cancelled`. Returns when all threads ended.
    void stop();

    struct Load {
        std::size_t threads = 0;
        std::size_t running = 0;
        std::size_t waiting = 0;
        std::uint64_t done = 0;
        std::uint64_t shed = 0;  ///< Refused with `busy`.
    };
    [[nodiscard]] Load load() const;

private:
    struct State;
    Result<void> run(const std::function<void()>& work);
    std::unique_ptr<State> state_;
};

}  // namespace ss::crypto

// Argon2id by libsodium, bcrypt by libxcrypt.
#include <ss/crypto.hpp>
#include <ss/password.hpp>
#include <ss/secret.hpp>
#include <ss/text.hpp>

#include <crypt.h>
#include <sodium.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

namespace ss::crypto {
namespace {

constexpr std::uint64_t kMostMemoryKib = 1'048'576;
constexpr std::uint32_t kMostPasses = 64;
constexpr int kMostBcryptCost = 15;

void start_sodium()
{
    static const bool ready = sodium_init() >= 0;  // thread-safe and cheap when done
    if (!ready) {
        std::abort();
    }
}

/// $2a$10$<22 characters of salt><31 of hash>: the cost, or nothing.
std::optional<int> bcrypt_cost(std::string_view hash)
{
    constexpr std::size_t kLength = 60;
    if (hash.size() != kLength || !(hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$")) ||
        hash[6] != '$') {
        return std::nullopt;
    }
    const auto cost = to_integer(hash.substr(4, 2));
    if (!cost || *cost < 4 || *cost > kMostBcryptCost) {
        return std::nullopt;
    }
    return static_cast<int>(*cost);
}

struct Argon2 {
    std::int64_t memory_kib = 0;
    std::int64_t passes = 0;
    bool is_id = false;
};

/// $argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>
std::optional<Argon2> argon2_of(std::string_view hash)
{
    const auto parts = split(hash, '$');
    if (parts.size() != 6 || !parts[0].empty() || (parts[1] != "argon2id" && parts[1] != "argon2i") ||
        hash.size() >= crypto_pwhash_STRBYTES) {
        return std::nullopt;
    }
    const auto numbers = split(parts[3], ',');
    if (numbers.size() != 3 || !numbers[0].starts_with("m=") || !numbers[1].starts_with("t=")) {
        return std::nullopt;
    }
    const auto memory = to_integer(numbers[0].substr(2));
    const auto passes = to_integer(numbers[1].substr(2));
    if (!memory || !passes || *memory < 8 || *passes < 1 || *memory > static_cast<std::int64_t>(kMostMemoryKib) ||
        *passes > kMostPasses) {
        return std::nullopt;
    }
    return Argon2{*memory, *passes, parts[1] == "argon2id"};
}

bool bcrypt_would_cut(std::string_view password)
{
    return password.size() > kMaxBcryptBytes || password.contains('\0');
}

/// Empty when libxcrypt refuses the setting.
std::string bcrypt(std::string_view password, const std::string& setting)
{
    const Secret text{std::string{password}};
    const auto data = std::make_unique<crypt_data>();  // 32 KB: not on the stack
    const char* hash = crypt_r(text.reveal().data(), setting.c_str(), data.get());
    std::string result = hash == nullptr || *hash == '*' ? std::string{} : std::string{hash};
    wipe(data.get(), sizeof(crypt_data));
    return result;
}

Result<std::string> hash_bcrypt(std::string_view password, int cost)
{
    if (bcrypt_would_cut(password)) {
        return fail(Errc::weak_password, "with bcrypt a password has at most 72 bytes and no NUL byte",
                    "choose a shorter password, or set the password scheme to argon2id");
    }
    const auto random = random_bytes(16);
    std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
    if (crypt_gensalt_rn("$2b$", static_cast<unsigned long>(cost), random.data(), static_cast<int>(random.size()),
                         setting.data(), static_cast<int>(setting.size())) == nullptr) {
        return fail(Errc::internal, "libxcrypt refuses to make a bcrypt salt");
    }
    auto hash = bcrypt(password, setting.data());
    if (hash.empty()) {
        return fail(Errc::internal, "libxcrypt refuses to make a bcrypt hash");
    }
    return hash;
}

Result<std::string> hash_argon2id(std::string_view password, const PasswordPolicy& policy)
{
    start_sodium();
    std::array<char, crypto_pwhash_STRBYTES> hash{};
    if (crypto_pwhash_str_alg(hash.data(), password.data(), password.size(), policy.passes,
                              std::size_t{policy.memory_kib} * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return fail(Errc::unavailable, "there is not enough memory to hash a password");
    }
    return std::string{hash.data()};
}

Result<bool> verify_bcrypt(std::string_view password, std::string_view hash)
{
    // What bcrypt would cut off is hashed in another form, so that "no" takes its time as ever.
    const bool cut = bcrypt_would_cut(password);
    const auto made = bcrypt(cut ? sha256_hex(password) : std::string{password}, std::string{hash});
    if (made.empty()) {
        return fail(Errc::corrupt, "the stored password hash cannot be read");
    }
    // crypt_r answers with its own prefix's letter, which is the stored one.
    return equal_constant_time(made, hash) && !cut;
}

}  // namespace

Result<void> check(const PasswordPolicy& policy)
{
    if (policy.memory_kib < 8 || policy.memory_kib > kMostMemoryKib || policy.passes < 1 ||
        policy.passes > kMostPasses) {
        return fail(Errc::configuration, "Argon2id takes 8 to 1,048,576 KiB of memory and 1 to 64 passes");
    }
    if (policy.bcrypt_cost < 4 || policy.bcrypt_cost > kMostBcryptCost) {
        return fail(Errc::configuration, "bcrypt's cost is 4 to 15");
    }
    return {};
}

Result<std::string> hash_password(std::string_view password, const PasswordPolicy& policy)
{
    TRY(check(policy));
    if (password.size() > kMaxPasswordBytes) {
        return fail(Errc::invalid, "a password has at most 1024 bytes");
    }
    if (policy.scheme == PasswordScheme::bcrypt) {
        return hash_bcrypt(password, policy.bcrypt_cost);
    }
    return hash_argon2id(password, policy);
}

Result<bool> verify_password(std::string_view password, std::string_view hash)
{
    if (password.size() > kMaxPasswordBytes) {
        return false;  // never stored, so nothing is learned from the time
    }
    if (bcrypt_cost(hash)) {
        return verify_bcrypt(password, hash);
    }
    if (!argon2_of(hash)) {
        return fail(Errc::corrupt, "the stored password hash cannot be read");
    }
    start_sodium();
    const std::string text{hash};
    return crypto_pwhash_str_verify(text.c_str(), password.data(), password.size()) == 0;
}

bool needs_rehash(std::string_view hash, const PasswordPolicy& policy)
{
    if (policy.scheme == PasswordScheme::bcrypt) {
        return bcrypt_cost(hash) != policy.bcrypt_cost;
    }
    const auto argon2 = argon2_of(hash);
    return !argon2 || !argon2->is_id || argon2->memory_kib != policy.memory_kib || argon2->passes != policy.passes;
}

bool is_password_hash(std::string_view hash)
{
    return bcrypt_cost(hash) || argon2_of(hash);
}

}  // namespace ss::crypto

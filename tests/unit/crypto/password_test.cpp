// Password hashes: foreign hashes read, limits of bcrypt said instead of cut, policy changes noticed.
#include <ss/password.hpp>

#include <gtest/gtest.h>

namespace ss::crypto {
namespace {

constexpr PasswordPolicy kBcrypt{.scheme = PasswordScheme::bcrypt, .bcrypt_cost = 4};
constexpr PasswordPolicy kQuick{.memory_kib = 64, .passes = 1};

TEST(Password, hashes_with_argon2id_and_owasps_parameters_by_default)
{
    const auto hash = hash_password("correct horse battery", {}).value();
    EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << hash;
    EXPECT_TRUE(verify_password("correct horse battery", hash).value());
    EXPECT_FALSE(verify_password("correct horse batterz", hash).value());
    EXPECT_NE(hash_password("correct horse battery", {}).value(), hash) << "a salt of its own";
}

TEST(Password, hashes_with_bcrypt)
{
    const auto hash = hash_password("correct horse battery", kBcrypt).value();
    EXPECT_TRUE(hash.starts_with("$2b$04$")) << hash;
    EXPECT_TRUE(verify_password("correct horse battery", hash).value());
    EXPECT_FALSE(verify_password("correct horse batterz", hash).value());
}

TEST(Password, reads_bcrypt_hashes_of_other_programs)
{
    for (const auto* prefix : {"$2a$", "$2b$", "$2y$"}) {
        const auto hash = std::string{prefix} + "05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
        EXPECT_TRUE(is_password_hash(hash));
        EXPECT_TRUE(verify_password("U*U", hash).value()) << hash;
        EXPECT_FALSE(verify_password("U*V", hash).value()) << hash;
    }
}

TEST(Password, bcrypt_refuses_what_it_would_cut_off)
{
    EXPECT_TRUE(hash_password(std::string(72, 'a'), kBcrypt));
    EXPECT_EQ(hash_password(std::string(73, 'a'), kBcrypt).error().code, Errc::weak_password);
    EXPECT_EQ(hash_password(std::string_view{"abc\0def", 7}, kBcrypt).error().code, Errc::weak_password);

    const auto full = hash_password(std::string(72, 'a'), kBcrypt).value();
    EXPECT_FALSE(verify_password(std::string(73, 'a'), full).value());
    const auto shorter = hash_password("abc", kBcrypt).value();
    EXPECT_FALSE(verify_password(std::string_view{"abc\0def", 7}, shorter).value());
}

TEST(Password, argon2id_takes_long_passwords_and_every_byte_counts)
{
    const auto hash = hash_password(std::string(1024, 'a'), kQuick).value();
    EXPECT_TRUE(verify_password(std::string(1024, 'a'), hash).value());
    EXPECT_FALSE(verify_password(std::string(1023, 'a') + "b", hash).value());
    const auto with_nul = hash_password(std::string_view{"abc\0def", 7}, kQuick).value();
    EXPECT_FALSE(verify_password("abc", with_nul).value());
    EXPECT_EQ(hash_password(std::string(1025, 'a'), kQuick).error().code, Errc::invalid);
}

TEST(Password, says_corrupt_for_what_is_not_a_hash)
{
    for (const auto* hash :
         {"", "x", "*0", "$2b$garbage", "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
          "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "$argon2id$v=19$m=99999999,t=2,p=1$AAAA$AAAA",
          "$argon2id$v=19$m=19456,t=900,p=1$AAAA$AAAA", "$1$salt$hash"}) {
        EXPECT_FALSE(is_password_hash(hash)) << hash;
        const auto result = verify_password("x", hash);
        ASSERT_FALSE(result) << hash;
        EXPECT_EQ(result.error().code, Errc::corrupt);
    }
}

TEST(Password, asks_for_a_new_hash_when_the_policy_changed)
{
    const auto argon2 = hash_password("p", kQuick).value();
    const auto bcrypt = hash_password("p", kBcrypt).value();
    EXPECT_FALSE(needs_rehash(argon2, kQuick));
    EXPECT_TRUE(needs_rehash(argon2, {.memory_kib = 128, .passes = 1}));
    EXPECT_TRUE(needs_rehash(argon2, {.memory_kib = 64, .passes = 2}));
    EXPECT_TRUE(needs_rehash(argon2, kBcrypt));
    EXPECT_TRUE(needs_rehash(bcrypt, kQuick));
    EXPECT_FALSE(needs_rehash(bcrypt, kBcrypt));
    EXPECT_TRUE(needs_rehash(bcrypt, {.scheme = PasswordScheme::bcrypt, .bcrypt_cost = 5}));
}

TEST(Password, refuses_a_policy_out_of_range)
{
    EXPECT_TRUE(check(PasswordPolicy{}));
    EXPECT_EQ(check({.memory_kib = 4}).error().code, Errc::configuration);
    EXPECT_EQ(check({.passes = 0}).error().code, Errc::configuration);
    EXPECT_EQ(check({.bcrypt_cost = 20}).error().code, Errc::configuration);
}

}  // namespace
}  // namespace ss::crypto

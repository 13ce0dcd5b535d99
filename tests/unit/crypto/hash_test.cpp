// SHA-256, HMAC (RFC 4231) and HKDF (RFC 5869) against published vectors.
#include <ss/crypto.hpp>

#include <gtest/gtest.h>

#include <thread>

namespace ss::crypto {
namespace {

std::string hex(std::string_view text)
{
    return from_hex(text).value();
}

TEST(Hash, sha256_gives_the_vectors_of_fips_180)
{
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    Sha256 pieces;
    pieces.update("a");
    pieces.update("bc");
    EXPECT_EQ(pieces.finish(), sha256("abc"));
    EXPECT_EQ(pieces.finish(), sha256("")) << "begins anew";
}

struct MacVector {
    std::string key;
    std::string data;
    std::string code;
};

TEST(Hash, hmac_gives_the_vectors_of_rfc_4231)
{
    std::string counting;
    for (char c = 1; c <= 25; ++c) {
        counting += c;
    }
    const std::vector<MacVector> vectors{
        {std::string(20, '\x0b'), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {std::string(20, '\xaa'), std::string(50, '\xdd'),
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {counting, std::string(50, '\xcd'), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {std::string(131, '\xaa'),
         "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be "
         "hashed before being used by the HMAC algorithm.",
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
    };
    for (const auto& vector : vectors) {
        EXPECT_EQ(to_hex(hmac_sha256(vector.key, vector.data)), vector.code);
        const HmacKey key{vector.key};
        EXPECT_EQ(to_hex(key.sign(vector.data)), vector.code);
        EXPECT_EQ(to_hex(key.sign(vector.data)), vector.code) << "a key serves again";
        EXPECT_TRUE(key.verify(vector.data, hex(vector.code)));
        EXPECT_FALSE(key.verify(vector.data + "x", hex(vector.code)));
        EXPECT_FALSE(key.verify(vector.data, hex(vector.code).substr(0, 31)));
    }
    EXPECT_EQ(to_hex(hmac_sha256("", "")), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Hash, a_key_signs_from_many_threads_at_once)
{
    const HmacKey key{"secret"};
    const auto expected = key.sign("text");
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < 2'000; ++round) {
                EXPECT_EQ(key.sign("text"), expected);
            }
        });
    }
}

TEST(Hash, hkdf_gives_the_first_vector_of_rfc_5869)
{
    const auto derived =
        derive_key(std::string(22, '\x0b'), hex("f0f1f2f3f4f5f6f7f8f9"), 42, hex("000102030405060708090a0b0c"));
    EXPECT_EQ(to_hex(derived.reveal()),
              "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    EXPECT_NE(derive_key("secret", "one").reveal(), derive_key("secret", "two").reveal());
}

TEST(Hash, the_constant_time_comparison_compares)
{
    EXPECT_TRUE(equal_constant_time("abc", "abc"));
    EXPECT_TRUE(equal_constant_time("", ""));
    EXPECT_FALSE(equal_constant_time("abc", "abd"));
    EXPECT_FALSE(equal_constant_time("abc", "ab"));
}

}  // namespace
}  // namespace ss::crypto

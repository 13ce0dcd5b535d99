// Encodings against RFC 4648, and what a strict decoder has to refuse.
#include <ss/crypto.hpp>

#include <gtest/gtest.h>

#include <set>

namespace ss::crypto {
namespace {

TEST(Encoding, base64_gives_the_vectors_of_rfc_4648)
{
    const std::vector<std::pair<std::string, std::string>> vectors{
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (const auto& [plain, text] : vectors) {
        EXPECT_EQ(to_base64(plain), text);
        EXPECT_EQ(from_base64(text).value(), plain);
    }
}

TEST(Encoding, base64url_has_its_own_letters_and_no_padding)
{
    EXPECT_EQ(to_base64url("\xFB\xFF\xFE"), "-__-");
    EXPECT_EQ(to_base64("\xFB\xFF\xFE"), "+//+");
    EXPECT_EQ(to_base64url("f"), "Zg");
    EXPECT_EQ(from_base64url("Zg").value(), "f");
}

TEST(Encoding, every_byte_survives_each_encoding)
{
    for (std::size_t length = 0; length < 70; ++length) {
        const auto bytes = random_bytes(length);
        EXPECT_EQ(from_hex(to_hex(bytes)).value(), bytes);
        EXPECT_EQ(from_base64(to_base64(bytes)).value(), bytes);
        EXPECT_EQ(from_base64url(to_base64url(bytes)).value(), bytes);
    }
}

TEST(Encoding, decoding_refuses_everything_but_the_one_spelling)
{
    for (const auto* text :
         {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v\n", "Zm 9", "Z===", "====", "Zm9v====", "Zg==Zg==", "-__-"}) {
        EXPECT_FALSE(from_base64(text)) << text;
    }
    for (const auto* text : {"Zg==", "Zh", "Z", "Zm9", "+//+", "Zm9v\n", " Zm9v"}) {
        EXPECT_FALSE(from_base64url(text)) << text;
    }
    for (const auto* text : {"0", "0g", "0x", " 00", "00 "}) {
        EXPECT_FALSE(from_hex(text)) << text;
    }
    EXPECT_EQ(from_hex("aBcD").value(), "\xAB\xCD");
}

TEST(Random, tokens_have_the_asked_length_and_do_not_repeat)
{
    EXPECT_EQ(random_token(16).size(), 22U);
    std::set<std::string> seen;
    for (int i = 0; i < 10'000; ++i) {
        EXPECT_TRUE(seen.insert(random_bytes(12)).second);
    }
}

}  // namespace
}  // namespace ss::crypto

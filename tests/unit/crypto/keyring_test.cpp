// Sealed secrets: GCM's published vectors, rotation, and every way a sealed text must not open.
#include <ss/crypto.hpp>

#include "aead.hpp"

#include <gtest/gtest.h>

namespace ss::crypto {
namespace {

std::string hex(std::string_view text)
{
    return from_hex(text).value();
}

Keyring ring(std::vector<std::pair<std::string, char>> keys)
{
    std::vector<DataKey> list;
    for (const auto& [id, fill] : keys) {
        list.push_back({id, Secret{std::string(32, fill)}});
    }
    const auto active = list.front().id;
    return Keyring::create(std::move(list), active).value();
}

TEST(Aead, gives_the_aes_256_vectors_of_the_gcm_specification)
{
    const auto zero = std::string(32, '\0');
    const auto nonce = std::string(12, '\0');
    EXPECT_EQ(to_hex(aead_encrypt(zero, nonce, "", "")), "530f8afbc74536b9a963b4f1c4cb738b");
    EXPECT_EQ(to_hex(aead_encrypt(zero, nonce, std::string(16, '\0'), "")),
              "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");

    const auto key = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    const auto iv = hex("cafebabefacedbaddecaf888");
    const auto plain =
        hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255");
    EXPECT_EQ(to_hex(aead_encrypt(key, iv, plain, "")),
              "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
              "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
              "b094dac5d93471bdec1a502270e3cc6c");
    const auto associated = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const auto box = aead_encrypt(key, iv, plain.substr(0, 60), associated);
    EXPECT_EQ(to_hex(box),
              "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
              "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
              "76fc6ece0f4e1768cddf8853bb2d551b");
    const auto opened = aead_decrypt(key, iv, box, associated);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->reveal(), plain.substr(0, 60));
}

TEST(Keyring, opens_what_it_sealed)
{
    const auto keys = ring({{"k1", 'a'}});
    for (const auto& text : {std::string{}, std::string{"IGQVJ token"}, std::string(5'000, 'x'), random_bytes(77)}) {
        const auto sealed = keys.seal(text, "here");
        EXPECT_TRUE(sealed.starts_with("v1.k1."));
        if (text.size() > 5) {
            EXPECT_EQ(sealed.find(text), std::string::npos);
        }
        EXPECT_EQ(keys.open(sealed, "here").value().reveal(), text);
    }
}

TEST(Keyring, seals_the_same_text_differently_each_time)
{
    const auto keys = ring({{"k1", 'a'}});
    EXPECT_NE(keys.seal("token", "x"), keys.seal("token", "x"));
}

TEST(Keyring, does_not_open_in_another_workspace_row_or_column)
{
    const auto keys = ring({{"k1", 'a'}});
    const auto sealed = keys.seal("token", place(WorkspaceId{1}, "account", "token", "7"));
    EXPECT_TRUE(keys.open(sealed, place(WorkspaceId{1}, "account", "token", "7")));
    for (const auto& other :
         {place(WorkspaceId{2}, "account", "token", "7"), place(WorkspaceId{1}, "account", "token", "8"),
          place(WorkspaceId{1}, "account", "refresh", "7"), place(WorkspaceId{1}, "contact", "token", "7"),
          std::string{}}) {
        const auto opened = keys.open(sealed, other);
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, Errc::corrupt);
    }
    EXPECT_NE(place(WorkspaceId{1}, "ab", "c", "d"), place(WorkspaceId{1}, "a", "bc", "d"));
}

TEST(Keyring, notices_every_changed_character)
{
    const auto keys = ring({{"k1", 'a'}});
    const auto sealed = keys.seal("token", "x");
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto changed = sealed;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(keys.open(changed, "x")) << i;
        EXPECT_FALSE(keys.open(sealed.substr(0, i), "x")) << i;
    }
    EXPECT_FALSE(keys.open(sealed + "A", "x"));
}

TEST(Keyring, tells_an_unknown_key_from_damage)
{
    const auto sealed = ring({{"old", 'a'}}).seal("token", "x");
    EXPECT_EQ(ring({{"new", 'b'}}).open(sealed, "x").error().code, Errc::wrong_key);
    EXPECT_EQ(ring({{"old", 'b'}}).open(sealed, "x").error().code, Errc::corrupt);
    EXPECT_EQ(ring({{"old", 'a'}}).open("nonsense", "x").error().code, Errc::corrupt);
}

TEST(Keyring, reads_old_keys_and_seals_with_the_active_one)
{
    const auto before = ring({{"k1", 'a'}});
    const auto after = ring({{"k2", 'b'}, {"k1", 'a'}});
    const auto sealed = before.seal("token", "x");
    EXPECT_EQ(after.open(sealed, "x").value().reveal(), "token");
    EXPECT_FALSE(after.is_current(sealed));
    EXPECT_TRUE(after.is_current(after.seal("token", "x")));
    EXPECT_EQ(after.active_id(), "k2");
    EXPECT_NE(before.fingerprint(), after.fingerprint());
}

TEST(Keyring, a_text_renamed_to_another_key_id_does_not_open)
{
    const auto keys =
        Keyring::create({{"k1", Secret{std::string(32, 'a')}}, {"k2", Secret{std::string(32, 'a')}}}, "k1").value();
    auto sealed = keys.seal("token", "x");
    sealed[4] = '2';
    EXPECT_EQ(keys.open(sealed, "x").error().code, Errc::corrupt);
}

TEST(Keyring, refuses_unusable_keys)
{
    EXPECT_EQ(Keyring::create({}, "k").error().code, Errc::configuration);
    EXPECT_EQ(Keyring::create({{"k", Secret{"short"}}}, "k").error().code, Errc::configuration);
    EXPECT_EQ(Keyring::create({{"K!", Secret{std::string(32, 'a')}}}, "K!").error().code, Errc::configuration);
    EXPECT_EQ(Keyring::create({{"k", Secret{std::string(32, 'a')}}}, "other").error().code, Errc::configuration);
    EXPECT_EQ(
        Keyring::create({{"k", Secret{std::string(32, 'a')}}, {"k", Secret{std::string(32, 'b')}}}, "k").error().code,
        Errc::configuration);
}

TEST(Keyring, reads_what_it_generates)
{
    const auto one = Keyring::generate("k1");
    const auto two = Keyring::generate("k2");
    const auto keys = Keyring::parse(std::string{two.reveal()} + ", " + std::string{one.reveal()}).value();
    EXPECT_EQ(keys.active_id(), "k2");
    const auto sealed = Keyring::parse(one.reveal()).value().seal("token", "x");
    EXPECT_EQ(keys.open(sealed, "x").value().reveal(), "token");
    for (const auto* text : {"", "k1", "k1:", "k1:AAAA", ":AAAA", "k1:not base64"}) {
        EXPECT_EQ(Keyring::parse(text).error().code, Errc::configuration) << text;
    }
}

TEST(Keyring, errors_hold_neither_key_nor_text)
{
    const auto error = Keyring::parse("k1:c2VjcmV0LWtleS1ieXRlcw==").error();
    EXPECT_EQ(to_string(error).find("c2Vj"), std::string::npos);
}

}  // namespace
}  // namespace ss::crypto

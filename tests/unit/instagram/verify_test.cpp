#include <ss/crypto.hpp>
#include <ss/instagram.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ss::instagram {
namespace {

const std::vector<Secret> kSecrets{Secret{"another_secret"}, Secret{"test_app_secret"}, Secret{}};

const std::string kEscaped =
    R"({"object":"instagram","entry":[{"id":"17841400000000000","time":1700000000000,"messaging":[{"sender":{"id":"111"},"recipient":{"id":"17841400000000000"},"timestamp":1700000000000,"message":{"mid":"m_1","text":"ol\u00e1 \ud83d\ude00"}}]}]})";
const std::string kRaw =
    R"({"object":"instagram","entry":[{"id":"17841400000000000","time":1700000000000,"messaging":[{"sender":{"id":"111"},"recipient":{"id":"17841400000000000"},"timestamp":1700000000000,"message":{"mid":"m_1","text":"olá 😀"}}]}]})";
const std::string kEscapedSignature = "sha256=b327163cc8ff1fb91c34dd9a8bc09568ae784bd83541eebc1ea1e8c89e1476e6";
const std::string kRawSignature = "sha256=ff2fb950e84cfcbfe7e8ba480090952fd036320b58483cefb594e2faf24f1421";

bool accepts(std::string_view body, std::string_view header)
{
    return check_signature(body, header, kSecrets).has_value();
}

TEST(Signature, over_the_raw_bytes_is_accepted)
{
    EXPECT_TRUE(accepts(kEscaped, kEscapedSignature));
    EXPECT_TRUE(accepts(kRaw, kRawSignature));
}

TEST(Signature, over_the_escaped_form_is_accepted_only_for_a_body_with_other_than_ascii)
{
    EXPECT_TRUE(accepts(kRaw, kEscapedSignature));
    EXPECT_FALSE(accepts(kEscaped, kRawSignature));
}

TEST(Signature, is_refused_in_every_other_form)
{
    auto wrong_bit = kEscapedSignature;
    wrong_bit.back() = '7';
    auto upper = kEscapedSignature;
    for (auto& c : upper) {
        c = static_cast<char>(c >= 'a' && c <= 'f' ? c - 32 : c);
    }
    for (const std::string& header :
         {std::string{}, std::string{"sha256="}, std::string{"sha1=de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9"},
          kEscapedSignature.substr(0, 70), kEscapedSignature.substr(7), kEscapedSignature + "0",
          kEscapedSignature + ", " + kEscapedSignature, " " + kEscapedSignature,
          "SHA256=" + kEscapedSignature.substr(7), "sha256:" + kEscapedSignature.substr(7), wrong_bit, upper,
          "sha256=" + std::string(64, '0'), kEscapedSignature + "\n", "sha512=" + kEscapedSignature.substr(7),
          "sha256=" + std::string(64, '\0')}) {
        EXPECT_FALSE(accepts(kEscaped, header)) << header;
    }
}

TEST(Signature, is_refused_when_the_body_changed_at_all)
{
    auto compact = kEscaped;
    compact.replace(compact.find("\\u00e1"), 6, "\xc3\xa1");
    EXPECT_FALSE(accepts(kEscaped + " ", kEscapedSignature));
    EXPECT_FALSE(accepts(kEscaped + "\n", kEscapedSignature));
    EXPECT_FALSE(accepts(kEscaped.substr(1), kEscapedSignature));
    EXPECT_FALSE(accepts("", kEscapedSignature));
    EXPECT_FALSE(accepts(compact, kRawSignature));
    for (std::size_t at = 0; at < kEscaped.size(); at += 17) {
        auto body = kEscaped;
        body[at] = static_cast<char>(body[at] ^ 1);
        EXPECT_FALSE(accepts(body, kEscapedSignature)) << at;
    }
    EXPECT_FALSE(accepts("\xff\xfe", kEscapedSignature)) << "not UTF-8, must not confuse the escaping";
}

TEST(Signature, by_a_secret_that_is_empty_or_not_ours_is_refused)
{
    const std::vector<Secret> none;
    const std::vector<Secret> empty{Secret{}};
    const std::vector<Secret> others{Secret{"x"}, Secret{"test_app_secre"}};
    const auto by_empty = "sha256=" + crypto::to_hex(crypto::hmac_sha256("", kEscaped));
    EXPECT_FALSE(check_signature(kEscaped, kEscapedSignature, none));
    EXPECT_FALSE(check_signature(kEscaped, by_empty, empty));
    EXPECT_FALSE(check_signature(kEscaped, kEscapedSignature, others));
    EXPECT_EQ(check_signature(kEscaped, "", others).error().code, Errc::unauthenticated);
}

TEST(Handshake, echoes_the_challenge_only_to_who_knows_the_token)
{
    const Secret token{"verify-me"};
    EXPECT_EQ(check_handshake("subscribe", "verify-me", "1158201444", token), "1158201444");
    EXPECT_EQ(check_handshake("subscribe", "verify-me", "<b>x</b>", token), "<b>x</b>")
        << "opaque; answered as plain text";
    EXPECT_FALSE(check_handshake("subscribe", "verify-m", "1", token));
    EXPECT_FALSE(check_handshake("subscribe", "verify-mee", "1", token));
    EXPECT_FALSE(check_handshake("subscribe", "", "1", token));
    EXPECT_FALSE(check_handshake("unsubscribe", "verify-me", "1", token));
    EXPECT_FALSE(check_handshake("", "verify-me", "1", token));
    EXPECT_FALSE(check_handshake("subscribe", "verify-me", "", token));
    EXPECT_FALSE(check_handshake("subscribe", "verify-me", "a\r\nb", token));
    EXPECT_FALSE(check_handshake("subscribe", "verify-me", std::string(10'240, '1'), token));
    EXPECT_EQ(check_handshake("subscribe", "", "1", Secret{}).error().code, Errc::forbidden) << "no token configured";
}

const std::string kSignedRequest =
    "_4bHbPEKGyMXjrWs1UN7ls-CBqMSshZmTynl9iuNwz8."
    "eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsImV4cGlyZXMiOjE3MDAwMDM2MDAsImlzc3VlZF9hdCI6MTcwMDAwMDAwMCwidXNlcl9pZCI6IjIxOD"
    "Q3MSJ9";

std::string signed_request(const std::string& payload)
{
    const auto encoded = crypto::to_base64url(payload);
    return crypto::to_base64url(crypto::hmac_sha256("test_app_secret", encoded)) + "." + encoded;
}

TEST(SignedRequest, is_read)
{
    const auto request = parse_signed_request(kSignedRequest, kSecrets);
    ASSERT_TRUE(request) << request.error().message;
    EXPECT_EQ(request->app_scoped_id, "218471");
    EXPECT_EQ(request->issued_at, from_micros(1'700'000'000'000'000));
    auto padded = kSignedRequest;
    padded.insert(padded.find('.'), "=");
    EXPECT_TRUE(parse_signed_request(padded, kSecrets));
    EXPECT_EQ(
        parse_signed_request(signed_request(R"({"algorithm":"hmac-sha256","user_id":17841400000000001})"), kSecrets)
            ->app_scoped_id,
        "17841400000000001");
}

TEST(SignedRequest, is_refused_when_forged_or_malformed)
{
    auto forged = kSignedRequest;
    forged[3] = 'A';
    for (const auto& text :
         {forged, std::string{}, std::string{"."}, std::string{"a.b"}, kSignedRequest.substr(44), kSignedRequest + "A",
          signed_request(R"({"algorithm":"none","user_id":"1"})"), signed_request(R"({"user_id":"1"})"),
          signed_request(R"({"algorithm":"HMAC-SHA256"})"), signed_request("[]"), signed_request("not json")}) {
        EXPECT_FALSE(parse_signed_request(text, kSecrets)) << text;
    }
}

}  // namespace
}  // namespace ss::instagram

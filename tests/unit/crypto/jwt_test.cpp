// Tokens: RFC 7515 A.1, rotation, times, and the attacks of RFC 8725.
#include <ss/crypto.hpp>
#include <ss/jwt.hpp>

#include <gtest/gtest.h>

namespace ss::crypto {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const std::string kSecret(32, 'k');
constexpr Timestamp kNow = from_micros(1'767'225'600'000'000);

Jwt make(std::vector<std::pair<std::string, std::string>> keys = {{"k1", kSecret}},
         JwtOptions options = {"sssd", "ss-api"})
{
    std::vector<JwtKey> list;
    for (auto& [id, secret] : keys) {
        list.push_back({id, Secret{secret}});
    }
    return Jwt::create(std::move(list), std::move(options)).value();
}

JwtClaims claims()
{
    return {"42", "token-1", kNow, kNow + minutes{15}, {}, {{"sid", "session-1"}, {"role", "owner"}}};
}

/// A token with any header and payload, signed as asked.
std::string forge(std::string_view header, std::string_view payload, std::string_view key = kSecret)
{
    const auto signed_part = to_base64url(header) + "." + to_base64url(payload);
    return signed_part + "." + to_base64url(hmac_sha256(key, signed_part));
}

constexpr std::string_view kHeader = R"({"alg":"HS256","kid":"k1","typ":"at+jwt"})";
constexpr std::string_view kPayload =
    R"({"aud":"ss-api","exp":1767226500,"iat":1767225600,"iss":"sssd","jti":"t","sub":"42"})";

bool takes(std::string_view payload, std::string_view header = kHeader)
{
    return make().verify(forge(header, payload), kNow).has_value();
}

TEST(Jwt, reads_back_what_it_signed)
{
    const auto jwt = make();
    const auto read = jwt.verify(jwt.sign(claims()), kNow).value();
    EXPECT_EQ(read.subject, "42");
    EXPECT_EQ(read.id, "token-1");
    EXPECT_EQ(read.get("sid"), "session-1");
    EXPECT_EQ(read.get("role"), "owner");
    EXPECT_EQ(read.get("nothing"), "");
    EXPECT_EQ(read.expires_at, kNow + minutes{15});
}

TEST(Jwt, takes_a_hand_made_token_of_the_same_bytes)
{
    EXPECT_TRUE(takes(kPayload));
}

TEST(Jwt, verifies_the_vector_of_rfc_7515_a_1)
{
    const auto key =
        from_base64url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
            .value();
    const std::string token =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    EXPECT_TRUE(verify_jws(token, key).value().starts_with(R"({"iss":"joe")"));
    EXPECT_FALSE(verify_jws(token, key + "x"));
    EXPECT_FALSE(verify_jws(token.substr(0, token.size() - 1) + "l", key)) << "stray bits in the last character";
}

TEST(Jwt, accepts_tokens_only_while_they_are_in_force)
{
    const auto jwt = make();
    const auto token = jwt.sign(claims());
    EXPECT_TRUE(jwt.verify(token, kNow + minutes{15} + seconds{9}));
    EXPECT_FALSE(jwt.verify(token, kNow + minutes{15} + seconds{10}));
    EXPECT_TRUE(jwt.verify(token, kNow - seconds{10}));
    EXPECT_FALSE(jwt.verify(token, kNow - seconds{11}));
    auto later = claims();
    later.not_before = kNow + minutes{1};
    EXPECT_FALSE(jwt.verify(jwt.sign(later), kNow));
    EXPECT_TRUE(jwt.verify(jwt.sign(later), kNow + seconds{50}));
}

TEST(Jwt, refuses_every_changed_character)
{
    const auto jwt = make();
    const auto token = jwt.sign(claims());
    for (std::size_t i = 0; i < token.size(); ++i) {
        auto changed = token;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(jwt.verify(changed, kNow)) << i;
        EXPECT_FALSE(jwt.verify(token.substr(0, i), kNow)) << i;
    }
    EXPECT_FALSE(jwt.verify(token + "A", kNow));
    EXPECT_FALSE(jwt.verify(token + ".", kNow));
}

TEST(Jwt, refuses_other_headers_even_with_a_good_signature)
{
    for (const auto* header : {
             R"({"alg":"none","kid":"k1","typ":"at+jwt"})",
             R"({"alg":"HS384","kid":"k1","typ":"at+jwt"})",
             R"({"alg":"RS256","kid":"k1","typ":"at+jwt"})",
             R"({"alg":"HS256","typ":"at+jwt"})",
             R"({"alg":"HS256","kid":"k1","typ":"JWT"})",
             R"({"alg":"HS256","kid":"../../etc/passwd","typ":"at+jwt"})",
             R"({"alg":"HS256","kid":"k1' or 1=1 --","typ":"at+jwt"})",
             R"({"alg":"HS256","crit":["b64"],"kid":"k1","typ":"at+jwt"})",
             R"({"alg":"HS256","jku":"https://evil.example","kid":"k1","typ":"at+jwt"})",
             R"({"alg":"none","alg":"HS256","kid":"k1","typ":"at+jwt"})",
             R"({"kid":"k1","alg":"HS256","typ":"at+jwt"})",
             "",
         }) {
        EXPECT_FALSE(takes(kPayload, header)) << header;
    }
    const auto unsigned_token = to_base64url(R"({"alg":"none","typ":"at+jwt"})") + "." + to_base64url(kPayload) + ".";
    EXPECT_FALSE(make().verify(unsigned_token, kNow));
}

TEST(Jwt, refuses_claims_that_are_missing_foreign_or_malformed)
{
    for (const auto* payload : {
             R"({"aud":"other","exp":1767226500,"iat":1767225600,"iss":"sssd","jti":"t","sub":"42"})",
             R"({"exp":1767226500,"iat":1767225600,"iss":"sssd","jti":"t","sub":"42"})",
             R"({"aud":"ss-api","exp":1767226500,"iat":1767225600,"iss":"other","jti":"t","sub":"42"})",
             R"({"aud":"ss-api","iat":1767225600,"iss":"sssd","jti":"t","sub":"42"})",
             R"({"aud":"ss-api","exp":1767226500,"iss":"sssd","jti":"t","sub":"42"})",
             R"({"aud":"ss-api","exp":1767226500,"iat":1767225600,"iss":"sssd","sub":"42"})",
             R"({"aud":"ss-api","exp":1767226500,"iat":1767225600,"iss":"sssd","jti":"t"})",
             R"({"aud":"ss-api","exp":"1767226500","iat":1767225600,"iss":"sssd","jti":"t","sub":"42"})",
             R"({"aud":"ss-api","exp":1767226500.5,"iat":1767225600,"iss":"sssd","jti":"t","sub":"42"})",
             R"({"aud":"ss-api","exp":99999999999999999999,"iat":1767225600,"iss":"sssd","jti":"t","sub":"42"})",
             R"({"aud":"ss-api","exp":9223372036854775807,"iat":1767225600,"iss":"sssd","jti":"t","sub":"42"})",
             R"({"aud":"ss-api","exp":1767226500,"iat":-1,"iss":"sssd","jti":"t","sub":"42"})",
             R"({"aud":"ss-api","exp":1767226500,"iat":1767225600,"iss":"sssd","jti":"t","nbf":"x","sub":"42"})",
             R"({"aud":"ss-api","exp":1767226500,"iat":1767225600,"iss":"sssd","jti":"t","sub":"42","sub":"43"})",
             R"([1])",
             R"("text")",
             R"({"aud":)",
             "",
         }) {
        EXPECT_FALSE(takes(payload)) << payload;
    }
    EXPECT_TRUE(takes(R"({"aud":["x","ss-api"],"exp":1767226500,"iat":1767225600,"iss":"sssd","jti":"t","sub":"42"})"));
}

TEST(Jwt, refuses_a_megabyte_unread)
{
    EXPECT_FALSE(make().verify(std::string(1'000'000, 'a'), kNow));
    EXPECT_FALSE(
        takes(std::string{kPayload.substr(0, kPayload.size() - 1)} + R"(,"x":")" + std::string(5'000, 'y') + "\"}"));
}

TEST(Jwt, keeps_old_tokens_alive_while_keys_change)
{
    const std::string fresh(32, 'n');
    const auto before = make();
    const auto during = make({{"k2", fresh}, {"k1", kSecret}});
    const auto after = make({{"k2", fresh}});
    const auto old_token = before.sign(claims());
    EXPECT_TRUE(during.verify(old_token, kNow));
    EXPECT_FALSE(after.verify(old_token, kNow));
    EXPECT_TRUE(after.verify(during.sign(claims()), kNow));
    EXPECT_FALSE(make({{"k1", fresh}}).verify(old_token, kNow)) << "the same id does not make it the same key";
}

TEST(Jwt, refuses_weak_or_doubtful_keys)
{
    const auto code = [](std::vector<JwtKey> keys, JwtOptions options = {"sssd", "ss-api"}) {
        const auto jwt = Jwt::create(std::move(keys), std::move(options));
        return jwt ? Errc::internal : jwt.error().code;
    };
    EXPECT_EQ(code({}), Errc::configuration);
    EXPECT_EQ(code({{"k1", Secret{std::string(31, 'k')}}}), Errc::configuration);
    EXPECT_EQ(code({{"K 1", Secret{kSecret}}}), Errc::configuration);
    EXPECT_EQ(code({{"k1", Secret{kSecret}}, {"k1", Secret{std::string(32, 'x')}}}), Errc::configuration);
    EXPECT_EQ(code({{"k1", Secret{kSecret}}, {"k2", Secret{kSecret}}}), Errc::configuration);
    EXPECT_EQ(code({{"k1", Secret{kSecret}}}, {"", "ss-api"}), Errc::configuration);
}

TEST(Jws, refuses_what_rfc_7515_and_8725_warn_of)
{
    EXPECT_TRUE(verify_jws(forge(R"({"alg":"HS256"})", "{}"), kSecret));
    EXPECT_TRUE(verify_jws(forge(R"({"alg":"HS256","kid":"any","typ":"JWT"})", "text"), kSecret));
    for (const auto* header :
         {R"({"alg":"none"})", R"({"alg":"hs256"})", R"({"typ":"JWT"})", R"({"alg":"HS256","crit":["exp"]})",
          R"({"alg":"HS256","b64":false})", R"({"alg":"HS256","jwk":{}})", R"({"alg":"HS256","alg":"HS256"})",
          R"({"alg":["HS256"]})", R"([])", "x"}) {
        EXPECT_FALSE(verify_jws(forge(header, "{}"), kSecret)) << header;
    }
    EXPECT_FALSE(verify_jws(forge(R"({"alg":"HS256"})", std::string(20'000, 'x')), kSecret));
}

}  // namespace
}  // namespace ss::crypto

// The rule for new passwords and the form of e-mail addresses.
#include "password_rule.hpp"

#include <ss/auth.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace ss::auth {
namespace {

bool takes(std::string_view password, std::size_t least = 15)
{
    PasswordRule rule;
    rule.min_length = least;
    return check_password(password, rule, {"ana.silva@lojabonita.example", "Ana Silva", "Loja Bonita"}).has_value();
}

TEST(PasswordRule, takes_long_passwords_of_any_characters)
{
    for (const auto* password :
         {"correct horse battery staple", "tangerine lamp under water", "fifteen letters", "ação à meia-noite é útil",
          "дом стоит на горе", "正しい馬電池ホチキスが走っている", "\xF0\x9F\x90\xB4\xF0\x9F\x94\x8B correct horse ba",
          "xkqzvbjwmfhgtrp", "9471058263749205", "    tab and   spaces   inside", "no-digit-no-capital"}) {
        EXPECT_TRUE(takes(password)) << password;
    }
    std::string longest;
    while (longest.size() < 1'024) {
        longest += "word" + std::to_string(longest.size() * 7919 % 10'007) + " ";
    }
    longest.resize(1'024);
    EXPECT_TRUE(takes(longest));
}

TEST(PasswordRule, counts_characters_not_bytes)
{
    EXPECT_FALSE(takes("ção ção ção ç"));
    EXPECT_FALSE(takes("fourteen lette"));
    EXPECT_TRUE(takes("fifteen letters"));
    EXPECT_TRUE(takes("ninechars", 8));
    EXPECT_FALSE(takes("sevench", 1)) << "never below 8";
}

TEST(PasswordRule, refuses_more_than_1024_bytes_and_broken_utf8)
{
    EXPECT_EQ(check_password(std::string(1'025, 'x'), {}).error().code, Errc::invalid);
    EXPECT_EQ(check_password("tangerine lamp \xff under", {}).error().code, Errc::invalid);
}

TEST(PasswordRule, refuses_what_is_tried_first)
{
    for (const auto* password :
         {"password", "Password1", "senha123", "iloveyou", "qwerty123", "flamengo", "superman"}) {
        EXPECT_FALSE(takes(password, 8)) << password;
    }
    for (const auto* password :
         {"passwordpassword", "password12345678", "!!!!!!password!!!!!!", "SENHASENHASENHA!", "1234567890123456",
          "aaaaaaaaaaaaaaaaaaaa", "abcdefghijklmnopqrst", "qwertyuiopasdfghjkl", "abababababababababab",
          "correcthorsebatterystaple", "987654321987654321", "zxcvbnmzxcvbnmzxcvbnm"}) {
        EXPECT_FALSE(takes(password)) << password;
    }
}

TEST(PasswordRule, refuses_context_words)
{
    for (const auto* password :
         {"ana.silva@lojabonita.example", "lojabonita silva1", "Loja Bonita 2024!", "socialselling2024",
          "Social Selling 1", "instagram lojabonita", "LÓJÀ BÓNITA 12345"}) {
        EXPECT_FALSE(takes(password)) << password;
    }
    EXPECT_TRUE(takes("lojabonita plus tangerine"));
}

TEST(PasswordRule, asks_for_no_kinds_of_characters)
{
    EXPECT_TRUE(takes("onlylowercaseletters"));
    EXPECT_TRUE(takes("83926401758392647"));
}

TEST(PasswordRule, says_which_part_in_one_sentence)
{
    const auto error = check_password("short", {}).error();
    EXPECT_EQ(error.code, Errc::weak_password);
    EXPECT_EQ(error.message, "the password is shorter than 15 characters");
    EXPECT_EQ(error.where, "/password");
    EXPECT_FALSE(error.hint.empty());
}

TEST(PasswordRule, knows_more_than_three_thousand_common_passwords)
{
    const auto text = common_passwords();
    EXPECT_GT(std::ranges::count_if(text, [](char c) { return c == ' ' || c == '\n'; }), 3'000);
}

TEST(Email, gives_one_form)
{
    EXPECT_EQ(normalised_email("  Ana.Silva+loja@Example.COM ").value(), "ana.silva+loja@example.com");
    EXPECT_EQ(normalised_email("admin@localhost").value(), "admin@localhost");
    for (const auto* email :
         {"", "ana", "@example.com", "ana@", "ana@@example.com", "ana silva@example.com", "ana@example", "ana@-x.com",
          "ana@x..com", ".ana@example.com", "ana.@example.com", "a\"b\"@example.com", "ana@exam_ple.com",
          "ana@\xC3\xA9xample.com", "ana@example.com\nbcc: x@y.com", "ana\x01@example.com"}) {
        EXPECT_FALSE(normalised_email(email)) << email;
    }
    EXPECT_FALSE(normalised_email(std::string(65, 'a') + "@example.com"));
    EXPECT_FALSE(normalised_email("a@" + std::string(260, 'b') + ".com"));
}

}  // namespace
}  // namespace ss::auth

// Text helpers: UTF-8, folding for search, percent-encoding, suggestions.
#include <ss/secret.hpp>
#include <ss/text.hpp>

#include <gtest/gtest.h>

#include <array>

namespace ss {
namespace {

TEST(Text, knows_valid_utf8)
{
    for (const std::string_view good : {"", "abc", "ol\xC3\xA1", "\xF0\x9F\x98\x80", "\xEF\xBF\xBD"}) {
        EXPECT_TRUE(is_valid_utf8(good)) << printable(good);
    }
    for (const std::string_view bad : {"\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80", "a\xFFz"}) {
        EXPECT_FALSE(is_valid_utf8(bad));
    }
    EXPECT_EQ(count_code_points("ol\xC3\xA1 \xF0\x9F\x98\x80"), 5U);
}

TEST(Text, folds_case_and_accents_for_search)
{
    EXPECT_EQ(fold_for_search("PROMOÇÃO"), "promocao");
    EXPECT_EQ(fold_for_search("Açaí não é Pão"), "acai nao e pao");
    EXPECT_EQ(fold_for_search("ﬁm"), "fim");
    EXPECT_EQ(fold_for_search("bom \xFF dia"), "bom  dia");
}

TEST(Text, reads_whole_numbers_only)
{
    EXPECT_EQ(to_integer("-42"), -42);
    EXPECT_EQ(to_integer("9223372036854775807"), INT64_MAX);
    for (const std::string_view bad : {"", "1x", " 1", "+1", "9223372036854775808", "1.0"}) {
        EXPECT_FALSE(to_integer(bad)) << bad;
    }
}

TEST(Text, suggests_the_nearest_word_or_none)
{
    constexpr std::array<std::string_view, 3> words{"migrate", "backup", "restore"};
    EXPECT_EQ(closest("migrat", words), "migrate");
    EXPECT_EQ(closest("bakcup", words), "backup");
    EXPECT_FALSE(closest("xyzzy", words));
}

TEST(Text, percent_encoding_goes_both_ways)
{
    const std::string_view text = "a b&c=/%~\xC3\xA1";
    EXPECT_EQ(percent_encode(text), "a%20b%26c%3D%2F%25~%C3%A1");
    EXPECT_EQ(percent_decode(percent_encode(text)), text);
    EXPECT_EQ(percent_decode("a+b%20c", true), "a b c");
    EXPECT_EQ(percent_decode("a+b"), "a+b");
    EXPECT_EQ(percent_decode("%41"), "A");
    for (const std::string_view bad : {"%", "%4", "%zz", "a%2"}) {
        EXPECT_FALSE(percent_decode(bad)) << bad;
    }
}

TEST(Text, trims_splits_and_prints_safely)
{
    EXPECT_EQ(trim(" \t a b \n"), "a b");
    EXPECT_EQ(trim(" \t"), "");
    EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
    EXPECT_EQ(printable("a\r\n\x1B[31m\x7F"), "a\\x0d\\x0a\\x1b[31m\\x7f");
}

TEST(Secret, moves_out_and_leaves_nothing_behind)
{
    Secret first{"token"};
    Secret second{std::move(first)};
    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that is what is asked
    EXPECT_EQ(second.reveal(), "token");
    first = second;
    EXPECT_EQ(first.reveal(), "token");
}

}  // namespace
}  // namespace ss

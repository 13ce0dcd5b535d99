// Errors: the table, the text a person sees, and TRY.
#include <ss/error.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <set>

namespace ss {
namespace {

Result<int> half(int n)
{
    if (n % 2 != 0) {
        return fail(Errc::invalid, "the number is odd", "give an even one", "/n");
    }
    return n / 2;
}

Result<int> quarter(int n)
{
    const auto once = TRY(half(n));
    return half(once);
}

Result<> check(int n)
{
    TRY(half(n));
    return {};
}

Result<std::unique_ptr<int>> boxed(int n)
{
    auto box = TRY(Result<std::unique_ptr<int>>{std::make_unique<int>(n)});
    return box;
}

TEST(Error, every_code_has_its_own_name_and_a_sentence)
{
    std::set<std::string_view> names;
    for (const auto& row : error_table()) {
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        EXPECT_FALSE(row.sentence.empty()) << row.name;
        EXPECT_GE(row.http_status, 400) << row.name;
        EXPECT_NE(row.exit_code, 0) << row.name;
        EXPECT_EQ(to_string(row.code), row.name);
    }
}

TEST(Error, is_shown_with_what_where_and_a_hint)
{
    const auto result = half(3);
    ASSERT_FALSE(result);
    EXPECT_EQ(to_string(result.error()), "the number is odd (/n)\nhint: give an even one");
    EXPECT_EQ(prefixed(result.error(), "reading").message, "reading: the number is odd");
}

TEST(Error, try_unwraps_or_returns_the_error_unchanged)
{
    EXPECT_EQ(quarter(8), 2);
    EXPECT_EQ(quarter(6).error().message, "the number is odd");
    EXPECT_EQ(quarter(5).error().where, "/n");
    EXPECT_TRUE(check(2));
    EXPECT_EQ(check(1).error().code, Errc::invalid);
    EXPECT_EQ(**boxed(7), 7);
}

}  // namespace
}  // namespace ss

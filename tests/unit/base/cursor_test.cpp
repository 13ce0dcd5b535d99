#include <ss/cursor.hpp>

#include <gtest/gtest.h>

#include <limits>

namespace ss {
namespace {

TEST(Cursor, comes_back_as_it_went_out)
{
    for (const Place place :
         {Place{0, 0}, Place{1'767'225'600'000'000, 42}, Place{-1, -7},
          Place{std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}}) {
        const auto back = parse_cursor("messages", to_cursor("messages", place));
        ASSERT_TRUE(back);
        EXPECT_EQ(*back, place);
    }
}

TEST(Cursor, refuses_every_changed_character_and_another_list)
{
    const auto cursor = to_cursor("messages", {1'767'225'600'000'000, 42});
    for (std::size_t at = 0; at < cursor.size(); ++at) {
        auto changed = cursor;
        changed[at] = changed[at] == '0' ? '1' : '0';
        EXPECT_FALSE(parse_cursor("messages", changed)) << at;
    }
    EXPECT_FALSE(parse_cursor("conversations", cursor));
    EXPECT_FALSE(parse_cursor("messages", ""));
    EXPECT_FALSE(parse_cursor("messages", cursor + "0"));
    EXPECT_FALSE(parse_cursor("messages", "' or 1=1 --"));
}

}  // namespace
}  // namespace ss

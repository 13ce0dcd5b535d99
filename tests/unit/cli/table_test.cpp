// The table of commands and the manual say the same.
#include "commands.hpp"
#include "dispatch.hpp"
#include "manual.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace ss::cli {
namespace {

TEST(Table, every_command_has_a_section_and_every_section_a_command)
{
    std::set<std::string_view> commands{""};
    for (const Command& row : all_commands()) {
        EXPECT_TRUE(commands.insert(row.path).second) << row.path << " stands twice";
    }
    std::set<std::string_view> sections;
    for (const Section& section : manual_sections()) {
        EXPECT_TRUE(sections.insert(section.path).second) << section.path << " stands twice";
    }
    EXPECT_EQ(commands, sections);
}

TEST(Table, the_manual_names_just_the_options_that_are_there)
{
    for (const Command& row : all_commands()) {
        const auto section = find_section(row.path);
        ASSERT_TRUE(section) << row.path;
        EXPECT_EQ(declared_options(row), documented_options(*section)) << row.path;
    }
    EXPECT_EQ(global_options(), documented_options(*find_section("")));
}

TEST(Table, no_command_takes_a_global_options_name)
{
    const auto& globals = global_options();
    for (const Command& row : all_commands()) {
        for (const auto& option : declared_options(row)) {
            EXPECT_THAT(globals, testing::Not(testing::Contains(option))) << row.path;
        }
    }
}

TEST(Table, a_noun_is_either_a_command_or_a_group)
{
    std::set<std::string_view> single;
    std::set<std::string_view> groups;
    for (const Command& row : all_commands()) {
        const auto space = row.path.find(' ');
        (space == std::string_view::npos ? single : groups).insert(row.path.substr(0, space));
    }
    for (const auto noun : single) {
        EXPECT_FALSE(groups.contains(noun)) << noun;
    }
}

TEST(Table, summaries_are_short_and_start_small)
{
    for (const Command& row : all_commands()) {
        EXPECT_LE(row.summary.size(), 72U) << row.path;
        EXPECT_FALSE(row.summary.ends_with('.')) << row.path;
    }
}

TEST(Manual, shows_markdown_without_its_marks)
{
    EXPECT_EQ(to_plain("a `b` **c**\n- `--x` y\n```\n`raw`\n```"), "a b c\n  --x                     y\n    `raw`\n");
}

}  // namespace
}  // namespace ss::cli

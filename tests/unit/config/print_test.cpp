// What is printed from the table equals what is committed; SS_TEST_ACCEPT=1 renews it.
#include <ss/config.hpp>
#include <ss/testing/temp_dir.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace ss::config {
namespace {

void expect_committed(const std::string& name, const std::string& printed)
{
    const auto file = std::filesystem::path{SS_SOURCE_DIR} / name;
    if (std::getenv("SS_TEST_ACCEPT") != nullptr) {
        std::filesystem::create_directories(file.parent_path());
        std::ofstream{file} << printed;
    }
    std::ifstream stream{file};
    const std::string committed{std::istreambuf_iterator<char>{stream}, {}};
    EXPECT_EQ(committed, printed) << name << " is not what the table says; run the test with SS_TEST_ACCEPT=1";
}

TEST(Print, the_sample_file_is_the_tables)
{
    expect_committed("etc/sssd.toml", print_sample());
}
TEST(Print, the_page_of_settings_is_the_tables)
{
    expect_committed("docs/operations/settings.md", print_markdown());
}
TEST(Print, the_manual_of_settings_is_the_tables)
{
    expect_committed("man/social-selling.toml.5", print_manual());
}

// Every line of the sample without its '#', so that it also is a file that loads.
TEST(Print, the_sample_loads_as_it_is_and_with_every_line_in_force)
{
    const std::filesystem::path sample = std::filesystem::path{SS_SOURCE_DIR} / "etc/sssd.toml";
    EXPECT_TRUE(load({.file = sample}));

    std::string text;
    std::ifstream stream{sample};
    for (std::string line; std::getline(stream, line);) {
        const bool is_setting = line.starts_with('#') && !line.starts_with("# ") && line.find('{') == std::string::npos;
        text += (is_setting ? line.substr(1) : line) + "\n";
    }
    const ss::testing::TempDir folder;
    const auto file = folder / "sssd.toml";
    std::ofstream{file} << text;
    std::filesystem::permissions(file, std::filesystem::perms::owner_read);
    const auto loaded = load({.file = file});
    EXPECT_TRUE(loaded) << (loaded ? "" : as_one_error(loaded.error()).message);
}

TEST(Print, every_row_explains_itself)
{
    for (const Setting& row : kSettings) {
        EXPECT_FALSE(row.help.empty()) << row.key;
        EXPECT_TRUE(row.help.ends_with('.')) << row.key;
    }
}

}  // namespace
}  // namespace ss::config

// Media in a folder.

#include <ss/storage.hpp>
#include <ss/testing/temp_dir.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace ss::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kKeyOfAbc = "ba/7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Blobs, stores_the_same_bytes_once_under_their_hash)
{
    const ss::testing::TempDir folder;
    const auto blobs = Blobs::open_folder(folder / "media").value();
    const auto first = blobs->put("abc").value();
    EXPECT_EQ(first.key, kKeyOfAbc);
    EXPECT_EQ(first.bytes, 3U);
    EXPECT_EQ(blobs->put("abc").value().key, kKeyOfAbc);
    EXPECT_EQ(blobs->get(first.key).value(), "abc");
    EXPECT_EQ(blobs->put("").value().bytes, 0U);
    EXPECT_EQ(fs::status(folder / "media").permissions(), fs::perms::owner_all);
    std::vector<std::string> keys;
    ASSERT_TRUE(blobs->each([&](const BlobInfo& info) -> Result<void> {
        keys.push_back(info.key);
        return {};
    }));
    EXPECT_EQ(keys.size(), 2U);
    EXPECT_LT(keys[0], keys[1]);
}

TEST(Blobs, keeps_any_bytes)
{
    const ss::testing::TempDir folder;
    const auto blobs = Blobs::open_folder(folder.path()).value();
    std::string bytes(300'000, '\0');
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        bytes[at] = static_cast<char>(at * 7);
    }
    EXPECT_EQ(blobs->get(blobs->put(bytes).value().key).value(), bytes);
}

TEST(Blobs, notices_a_changed_file_and_heals_it_when_it_is_put_again)
{
    const ss::testing::TempDir folder;
    const auto blobs = Blobs::open_folder(folder.path()).value();
    const auto key = blobs->put("abc").value().key;
    std::ofstream{folder / key} << "abd";
    ASSERT_FALSE(blobs->get(key));
    EXPECT_EQ(blobs->get(key).error().code, Errc::corrupt);
    ASSERT_TRUE(blobs->put("abc"));
    EXPECT_EQ(blobs->get(key).value(), "abc");
}

TEST(Blobs, reads_nothing_outside_its_folder)
{
    const ss::testing::TempDir folder;
    std::ofstream{folder / "secret"} << "secret";
    const auto blobs = Blobs::open_folder(folder / "media").value();
    const auto file = (folder / "secret").string();
    for (const std::string& key :
         {std::string{"../secret"}, file, std::string{"ba/../../secret"}, std::string{}, std::string{kKeyOfAbc} + "0",
          "BA" + std::string{kKeyOfAbc}.substr(2), std::string{kKeyOfAbc}.replace(3, 9, "../secret")}) {
        ASSERT_FALSE(blobs->get(key)) << key;
        EXPECT_EQ(blobs->get(key).error().code, Errc::not_found) << key;
        EXPECT_TRUE(blobs->erase(key)) << key;
    }
    EXPECT_TRUE(fs::exists(folder / "secret"));
    fs::create_directory(folder / "media/ba");
    fs::create_symlink(file, folder / ("media/" + std::string{kKeyOfAbc}));
    EXPECT_FALSE(blobs->get(kKeyOfAbc));
}

TEST(Blobs, erases_and_does_not_mind_a_missing_one)
{
    const ss::testing::TempDir folder;
    const auto blobs = Blobs::open_folder(folder.path()).value();
    const auto key = blobs->put("abc").value().key;
    EXPECT_TRUE(blobs->erase(key));
    EXPECT_TRUE(blobs->erase(key));
    EXPECT_EQ(blobs->get(key).error().code, Errc::not_found);
}

TEST(Blobs, stores_one_file_when_many_threads_put_the_same_bytes)
{
    const ss::testing::TempDir folder;
    const auto blobs = Blobs::open_folder(folder.path()).value();
    std::vector<std::jthread> threads;
    for (int at = 0; at < 8; ++at) {
        threads.emplace_back([&] { EXPECT_TRUE(blobs->put("abc")); });
    }
    threads.clear();
    std::size_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator{folder.path()}) {
        files += entry.is_regular_file() ? 1U : 0U;
    }
    EXPECT_EQ(files, 1U);
}

TEST(Blobs, removes_only_what_was_put_long_ago)
{
    using namespace std::chrono_literals;
    const ss::testing::TempDir folder;
    const auto blobs = Blobs::open_folder(folder.path()).value();
    const auto key = blobs->put("abc").value().key;
    EXPECT_FALSE(blobs->erase_older(key, 60s).value());
    fs::last_write_time(folder / key, fs::file_time_type::clock::now() - 1h);
    EXPECT_TRUE(blobs->put("abc")) << "the same bytes again make it young: a new row is about to name it";
    EXPECT_FALSE(blobs->erase_older(key, 60s).value());
    EXPECT_EQ(blobs->get(key).value(), "abc");
    fs::last_write_time(folder / key, fs::file_time_type::clock::now() - 1h);
    EXPECT_TRUE(blobs->erase_older(key, 60s).value());
    EXPECT_EQ(blobs->get(key).error().code, Errc::not_found);
    EXPECT_TRUE(blobs->erase_older(key, 60s).value()) << "what is missing is gone";
    EXPECT_TRUE(blobs->erase_older("../../etc/passwd", 0s).value());
}

TEST(Blobs, says_when_its_folder_cannot_be_used)
{
    const ss::testing::TempDir folder;
    std::ofstream{folder / "file"} << "x";
    EXPECT_EQ(Blobs::open_folder(folder / "file").error().code, Errc::configuration);
    EXPECT_EQ(Blobs::open_folder(folder / "no/such").error().code, Errc::unavailable);
}

}  // namespace
}  // namespace ss::storage

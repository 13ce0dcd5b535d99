// Saving, proving, bringing back.

#include "shop.hpp"

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/mount.h>

#include <cstdlib>
#include <random>

namespace ss::backup {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class BackupTest : public ::testing::TestWithParam<storage::Engine> {
protected:
    void SetUp() override
    {
        shop_.migrate();
        shop_.add_workspace("Ana's shop");
        shop_.add_workspace("loja da \u00c9rica");
        key_ = shop_.add_medium("a picture");
    }

    Shop shop_{GetParam()};
    std::string key_;
};

INSTANTIATE_TEST_SUITE_P(Engines, BackupTest, ss::testing::engines(), ss::testing::engine_name);

TEST_P(BackupTest, what_was_saved_comes_back_with_rows_schema_and_media)
{
    const auto big = shop_.add_medium(std::string(1'000'001, 'x'));
    const auto name = shop_.create();
    const auto proof = shop_.vault().verify(name);
    ASSERT_TRUE(proof) << to_string(proof.error());
    EXPECT_EQ(proof->media_files, 2U);
    EXPECT_EQ(proof->manifest.rows.at("workspace"), 2);

    shop_.lose_everything();
    const auto restored = shop_.vault().restore(name, false);
    ASSERT_TRUE(restored) << to_string(restored.error());
    EXPECT_THAT(shop_.workspaces(), ElementsAre("Ana's shop", "loja da \u00c9rica"));
    EXPECT_EQ(shop_.medium(key_), "a picture");
    EXPECT_EQ(shop_.medium(big).size(), 1'000'001U);
    EXPECT_THAT(shop_.schema_problems(), IsEmpty());
    EXPECT_EQ(restored->safety_set, "");
    shop_.add_workspace("after");  // numbering goes on where it was
    EXPECT_EQ(shop_.workspaces().size(), 3U);
}

TEST_P(BackupTest, files_of_a_set_are_for_their_owner_alone)
{
    const auto path = shop_.place().folder / shop_.create();
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
    EXPECT_EQ(fs::status(shop_.place().folder).permissions(), fs::perms::owner_all);
    for (const auto& entry : fs::directory_iterator{path}) {
        EXPECT_EQ(entry.status().permissions(), fs::perms::owner_read | fs::perms::owner_write) << entry.path();
    }
}

TEST_P(BackupTest, a_database_that_is_not_empty_is_replaced_only_by_force_and_saved_first)
{
    const auto name = shop_.create();
    shop_.add_workspace("new since");
    EXPECT_EQ(shop_.vault().restore(name, false).error().code, Errc::conflict);
    EXPECT_EQ(shop_.workspaces().size(), 3U);
    const auto preview = shop_.vault().preview(name).value();
    EXPECT_FALSE(preview.target_is_empty);
    EXPECT_EQ(preview.target_rows.at("workspace"), 3);

    const auto restored = shop_.vault().restore(name, true);
    ASSERT_TRUE(restored) << to_string(restored.error());
    EXPECT_EQ(shop_.workspaces().size(), 2U);
    const auto back = shop_.vault().restore(restored->safety_set, true);
    ASSERT_TRUE(back) << to_string(back.error());
    EXPECT_THAT(shop_.workspaces(), ::testing::Contains("new since"));
}

TEST_P(BackupTest, an_older_set_is_brought_to_the_newest_schema)
{
    const auto newest = sql::migrations().back().version;
    {
        const auto database = shop_.open();
        ASSERT_TRUE(migrate::Migrator(*database, shop_.clock()).down({.steps = 2, .to = {}}));
    }
    const auto name = shop_.create();
    shop_.lose_everything();
    const auto restored = shop_.vault().restore(name, false);
    ASSERT_TRUE(restored) << to_string(restored.error());
    EXPECT_EQ(restored->migrated, 2);
    const auto database = shop_.open();
    EXPECT_EQ(migrate::Migrator(*database, shop_.clock()).status()->version, newest);
}

TEST_P(BackupTest, a_set_of_a_newer_program_is_refused)
{
    std::vector<sql::Migration> newer{sql::migrations().begin(), sql::migrations().end()};
    newer.push_back({newer.back().version + 1, "future", "select 1;\n", "select 1;\n", "select 1;\n", "select 1;\n"});
    {
        migrate::Options options;
        options.migrations = newer;
        const auto database = shop_.open();
        ASSERT_TRUE(migrate::Migrator(*database, shop_.clock(), options).up());
    }
    const auto name = shop_.create();
    EXPECT_TRUE(shop_.vault().verify(name));
    const auto refused = shop_.vault().restore(name, true);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::configuration);
}

TEST_P(BackupTest, a_set_of_the_other_engine_is_refused_in_words)
{
    const auto name = shop_.create();
    const Shop other{GetParam() == storage::Engine::sqlite ? storage::Engine::postgres : storage::Engine::sqlite};
    auto place = other.place();
    place.folder = shop_.place().folder;
    const auto refused = Vault(place, shop_.clock()).restore(name, false);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unsupported);
    EXPECT_THAT(refused.error().message, HasSubstr("SQLite"));
    EXPECT_THAT(refused.error().message, HasSubstr("PostgreSQL"));
}

TEST_P(BackupTest, every_flipped_bit_and_every_cut_is_noticed_by_verify_and_by_restore)
{
    const auto name = shop_.create();
    const auto path = shop_.place().folder / name;
    std::mt19937 random{42};
    int flips = 0;
    for (const auto& entry : fs::directory_iterator{path}) {
        const auto whole = read_file(entry.path());
        for (int i = 0; i < 40; ++i) {
            auto flipped = whole;
            const auto at = std::uniform_int_distribution<std::size_t>{0, whole.size() - 1}(random);
            flipped[at] = static_cast<char>(flipped[at] ^ (1 << (random() % 8)));
            write_file(entry.path(), flipped);
            const auto proof = shop_.vault().verify(name);
            ASSERT_FALSE(proof) << entry.path() << " at " << at;
            EXPECT_EQ(proof.error().code, Errc::corrupt) << to_string(proof.error());
            ASSERT_FALSE(shop_.vault().restore(name, true));
            ++flips;
        }
        for (const auto keep : {std::size_t{0}, whole.size() / 2, whole.size() - 1}) {
            write_file(entry.path(), whole.substr(0, keep));
            ASSERT_FALSE(shop_.vault().verify(name)) << entry.path() << " cut at " << keep;
        }
        fs::rename(entry.path(), shop_.place().folder / "away");
        EXPECT_FALSE(shop_.vault().verify(name)) << entry.path() << " missing";
        EXPECT_THAT(shop_.names(Condition::broken), ElementsAre(name));
        fs::rename(shop_.place().folder / "away", entry.path());
        write_file(entry.path(), whole);
    }
    EXPECT_EQ(flips, 160);
    EXPECT_TRUE(shop_.vault().verify(name)) << "all bytes are back";
    EXPECT_EQ(shop_.workspaces().size(), 2U) << "no refused restore has touched the database";
}

TEST_P(BackupTest, killed_at_any_moment_of_create_no_set_is_listed_and_the_next_works)
{
    const auto first = shop_.create();
    int killed = 0;
    for (int fatal = 0;; ++fatal) {
        const int code = in_child([&] {
            int moment = 0;
            const auto set = shop_
                                 .vault([&](std::string_view, std::uint64_t, std::uint64_t) {
                                     if (moment++ == fatal) {
                                         ::kill(::getpid(), SIGKILL);
                                     }
                                 })
                                 .create();
            return set ? 0 : 1;
        });
        if (code == 0) {
            break;
        }
        ASSERT_EQ(code, 128 + SIGKILL);
        ++killed;
        EXPECT_THAT(shop_.names(Condition::good), ElementsAre(first));
        EXPECT_EQ(shop_.names(Condition::partial).size(), 1U);
        ASSERT_LT(fatal, 100);
    }
    EXPECT_GE(killed, 2);
    EXPECT_EQ(shop_.names(Condition::good).size(), 2U);
    EXPECT_THAT(shop_.names(Condition::partial), IsEmpty()) << "the run that went through has swept up";
    EXPECT_TRUE(shop_.vault().verify(first));
}

TEST_P(BackupTest, killed_at_any_moment_of_restore_the_database_is_the_old_or_the_new)
{
    const auto name = shop_.create();
    shop_.add_workspace("new since");
    int killed = 0;
    for (int fatal = 0;; ++fatal) {
        const int code = in_child([&] {
            int moment = 0;
            const auto done = shop_
                                  .vault([&](std::string_view, std::uint64_t, std::uint64_t) {
                                      if (moment++ == fatal) {
                                          ::kill(::getpid(), SIGKILL);
                                      }
                                  })
                                  .restore(name, true);
            if (!done) {
                std::fprintf(stderr, "%s\n", to_string(done.error()).c_str());
            }
            return done ? 0 : 1;
        });
        if (code == 0) {
            break;
        }
        ASSERT_EQ(code, 128 + SIGKILL);
        ++killed;
        ASSERT_EQ(shop_.workspaces().size(), 3U) << "killed at " << fatal;
        ASSERT_THAT(shop_.schema_problems(), IsEmpty());
        ASSERT_LT(fatal, 100);
    }
    EXPECT_GE(killed, 5);
    EXPECT_EQ(shop_.workspaces().size(), 2U);
    EXPECT_THAT(shop_.schema_problems(), IsEmpty());
}

TEST_P(BackupTest, killed_at_a_random_time_of_restore_the_database_is_the_old_or_the_new)
{
    const auto name = shop_.create();
    shop_.add_workspace("new since");
    std::mt19937 random{7};
    for (int round = 0; round < 12; ++round) {
        const auto patience = std::uniform_int_distribution<int>{1, 150}(random);
        in_child([&] {
            const pid_t child = ::fork();
            if (child == 0) {
                ::_exit(shop_.vault().restore(name, true) ? 0 : 1);
            }
            ::poll(nullptr, 0, patience);
            ::kill(child, SIGKILL);
            ::waitpid(child, nullptr, 0);
            return 0;
        });
        const auto rows = shop_.workspaces().size();
        ASSERT_TRUE(rows == 2 || rows == 3) << rows << " after " << patience << " ms";
        ASSERT_THAT(shop_.schema_problems(), IsEmpty());
    }
    const auto done = shop_.vault().restore(name, true);
    ASSERT_TRUE(done) << to_string(done.error());
    EXPECT_EQ(shop_.workspaces().size(), 2U);
}

TEST_P(BackupTest, a_second_run_in_the_same_folder_is_refused_while_the_first_works)
{
    std::optional<Errc> refused;
    const auto set = shop_
                         .vault([&](std::string_view, std::uint64_t, std::uint64_t) {
                             if (!refused) {
                                 const auto second = shop_.vault().create();
                                 refused = second ? Errc::internal : second.error().code;
                             }
                         })
                         .create();
    EXPECT_TRUE(set);
    EXPECT_EQ(refused, Errc::locked);
}

TEST_P(BackupTest, a_damaged_medium_is_named_and_the_rest_is_saved)
{
    const auto other = shop_.add_medium("another");
    write_file(shop_.place().media / key_, "not the picture");
    const auto set = shop_.vault().create().value();
    EXPECT_THAT(set.manifest->damaged_media, ElementsAre(key_));
    EXPECT_EQ(set.manifest->media_files, 1U);
    EXPECT_TRUE(shop_.vault().verify(set.name));
}

TEST_P(BackupTest, a_name_that_leaves_the_folder_is_refused)
{
    for (const auto* name : {"../x", "social-selling-/../../etc", "", "/etc/passwd", "."}) {
        EXPECT_EQ(shop_.vault().verify(name).error().code, Errc::invalid) << name;
    }
    EXPECT_EQ(shop_.vault().verify("social-selling-none").error().code, Errc::not_found);
}

TEST_P(BackupTest, a_full_disk_ends_it_with_a_sentence_and_leaves_no_set)
{
    const ss::testing::TempDir small;
    if (::mount("tmpfs", small.path().c_str(), "tmpfs", 0, "size=24k") != 0) {
        GTEST_SKIP() << "mounting a small disk needs root";
    }
    shop_.run("insert into workspace (name, created_at) values ('" + std::string(200'000, 'n') + "', 1)");
    static_cast<void>(shop_.add_medium([] {
        std::mt19937 random{1};
        std::string noise(200'000, '\0');
        std::ranges::generate(noise, [&] { return static_cast<char>(random()); });
        return noise;
    }()));
    auto place = shop_.place();
    place.folder = small / "sets";
    const auto set = Vault(place, shop_.clock()).create();
    const auto listed = Vault(place, shop_.clock()).list().value();
    ::umount2(small.path().c_str(), MNT_DETACH);
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().code, Errc::unavailable) << to_string(set.error());
    EXPECT_THAT(listed, IsEmpty());
}

}  // namespace
}  // namespace ss::backup

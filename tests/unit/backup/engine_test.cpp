// What only one of the engines can do wrong.

#include "shop.hpp"
#include "tar.hpp"

#include <gmock/gmock.h>
#include <poll.h>

#include <cstdlib>

namespace ss::backup {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// A process that has the database open until it is told to go.
class Daemon {
public:
    explicit Daemon(const Shop& shop)
    {
        EXPECT_EQ(::pipe(ready_.data()), 0);
        EXPECT_EQ(::pipe(stop_.data()), 0);
        child_ = ::fork();
        if (child_ == 0) {
            ::close(stop_[1]);
            const auto database = shop.open();
            const auto reads = database->read([](storage::Session&) -> Result<void> { return {}; });
            char byte = reads ? 'y' : 'n';
            byte = static_cast<char>(::write(ready_[1], &byte, 1));
            static_cast<void>(::read(stop_[0], &byte, 1));
            ::_exit(0);
        }
        char byte = 0;
        EXPECT_EQ(::read(ready_[0], &byte, 1), 1);
    }
    ~Daemon()
    {
        for (const int end : {ready_[0], ready_[1], stop_[0], stop_[1]}) {
            ::close(end);
        }
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }
    [[nodiscard]] pid_t id() const { return child_; }

private:
    std::array<int, 2> ready_{};
    std::array<int, 2> stop_{};
    pid_t child_ = -1;
};

TEST(BackupOnSqlite, restore_is_refused_while_the_daemon_has_the_file_open_and_names_it)
{
    const Shop shop{storage::Engine::sqlite};
    shop.migrate();
    const auto name = shop.create();
    {
        const Daemon daemon{shop};
        const auto refused = shop.vault().restore(name, true);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::conflict);
        EXPECT_THAT(refused.error().message, HasSubstr(std::to_string(daemon.id())));
        EXPECT_TRUE(shop.vault().create()) << "a backup needs no rest";
    }
    const auto restored = shop.vault().restore(name, true);  // after kill -9, with its log left behind
    EXPECT_TRUE(restored) << to_string(restored.error());
    EXPECT_THAT(shop.schema_problems(), IsEmpty());
}

TEST(BackupOnSqlite, a_live_file_that_cannot_be_read_is_kept_aside_and_replaced)
{
    const Shop shop{storage::Engine::sqlite};
    shop.migrate();
    shop.add_workspace("Ana");
    const auto name = shop.create();
    write_file(shop.file(), std::string(8192, 'x'));
    EXPECT_EQ(shop.vault().restore(name, false).error().code, Errc::conflict);
    const auto restored = shop.vault().restore(name, true);
    ASSERT_TRUE(restored) << to_string(restored.error());
    EXPECT_EQ(read_file(restored->set_aside), std::string(8192, 'x'));
    EXPECT_THAT(shop.workspaces(), ElementsAre("Ana"));
}

TEST(BackupOnSqlite, a_missing_database_is_not_made_by_saving_it)
{
    const Shop shop{storage::Engine::sqlite};
    fs::remove(shop.file());
    EXPECT_EQ(shop.vault().create().error().code, Errc::not_found);
    EXPECT_FALSE(fs::exists(shop.file()));
    EXPECT_THAT(shop.names(Condition::partial), IsEmpty());
}

TEST(BackupOnPostgres, restore_is_refused_while_the_daemon_is_connected)
{
    const Shop shop{storage::Engine::postgres};
    shop.migrate();
    const auto name = shop.create();
    const Daemon daemon{shop};
    Result<Restored> refused = fail(Errc::internal, "not tried");
    for (int i = 0; i < 60; ++i) {  // a session is a daemon's when it is two seconds older than ours
        refused = shop.vault().restore(name, true);
        if (!refused) {
            break;
        }
        ::poll(nullptr, 0, 100);
    }
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::conflict);
    EXPECT_THAT(refused.error().message, HasSubstr("daemon is connected"));
}

/// A pg_dump of our own in front of the real one.
class FakeDump {
public:
    explicit FakeDump(std::string_view script)
    {
        const auto file = folder_ / "pg_dump";
        write_file(file, script);
        fs::permissions(file, fs::perms::owner_all);
        ::setenv("PATH", (folder_.path().string() + ":" + before_).c_str(), 1);
    }
    ~FakeDump() { ::setenv("PATH", before_.c_str(), 1); }

private:
    std::string before_ = std::getenv("PATH");
    ss::testing::TempDir folder_;
};

TEST(BackupOnPostgres, a_failing_silent_or_unfinished_dump_is_a_failure_and_leaves_no_set)
{
    const Shop shop{storage::Engine::postgres};
    shop.migrate();
    for (const auto* script :
         {"#!/bin/sh\necho 'pg_dump: error: no luck' >&2\nexit 1\n", "#!/bin/sh\nexit 0\n",
          "#!/bin/sh\necho 'create table half (id bigint);'\nexit 0\n", "#!/bin/sh\nkill -9 $$\n"}) {
        const FakeDump fake{script};
        const auto set = shop.vault().create();
        ASSERT_FALSE(set) << script;
        EXPECT_EQ(set.error().code, Errc::unavailable) << script;
        EXPECT_THAT(shop.vault().list().value(), IsEmpty()) << script;
    }
    const FakeDump fake{"#!/bin/sh\necho 'pg_dump: error: no luck' >&2\nexit 1\n"};
    EXPECT_THAT(shop.vault().create().error().message, HasSubstr("no luck"));
}

TEST(BackupOnPostgres, the_password_is_in_no_argument)
{
    const auto variables =
        storage::client_environment({.url = Secret{"postgresql://ana:p%40ss%20word@db.example:5433/shop"}}).value();
    const auto value = [&](std::string_view name) {
        const auto found = std::ranges::find(variables, name, &storage::Variable::name);
        return found == variables.end() ? std::string{} : std::string{found->value.reveal()};
    };
    EXPECT_EQ(value("PGPASSWORD"), "p@ss word");
    EXPECT_EQ(value("PGHOST"), "db.example");
    EXPECT_EQ(value("PGPORT"), "5433");
    EXPECT_EQ(value("PGDATABASE"), "shop");

    const Shop shop{storage::Engine::postgres};
    const ss::testing::TempDir folder;
    const FakeDump fake{"#!/bin/sh\necho \"$@\" > " + (folder / "arguments").string() + "\nexit 1\n"};
    EXPECT_FALSE(shop.vault().create());
    const auto arguments = read_file(folder / "arguments");
    EXPECT_THAT(arguments, HasSubstr("--snapshot="));
    EXPECT_THAT(arguments, Not(HasSubstr("postgresql:")));
}

TEST(MediaArchive, only_content_addressed_names_are_names_of_media)
{
    const std::string rest(62, 'a');
    EXPECT_TRUE(is_blob_key("ab/" + rest));
    for (const auto& name : {"../" + rest, "ab/" + rest + "a", "AB/" + rest, "ab/../" + std::string(59, 'a'),
                             "/b/" + rest, std::string{}}) {
        EXPECT_FALSE(is_blob_key(name)) << name;
    }
}

TEST(MediaArchive, an_entry_with_another_name_or_kind_is_refused)
{
    // Made by GNU tar: a harmless-looking archive with a path that climbs.
    const ss::testing::TempDir folder;
    write_file(folder / "climb", "x");
    const auto archive = (folder / "a.tar").string();
    const auto command = "tar -C " + folder.path().string() + " --format=ustar --transform='s,climb,../climb,' -Pcf " +
                         archive + " climb 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);  // NOLINT(cert-env33-c)
    TarReader reader{[](std::string_view, std::string_view) -> Result<void> {
        ADD_FAILURE() << "it was taken";
        return {};
    }};
    const auto refused = reader.feed(read_file(archive));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::corrupt);
}

}  // namespace
}  // namespace ss::backup

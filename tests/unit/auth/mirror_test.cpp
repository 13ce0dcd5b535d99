// The mirror's races, played one step at a time.
#include "fixture.hpp"
#include "store.hpp"

namespace ss::auth {
namespace {

using std::chrono::seconds;

class MirrorTest : public ::testing::Test {
protected:
    ManualClock clock;
    FlakyKeyValue key_value{storage::KeyValue::open({.url = Secret{"memory:"}, .ca_file = {}}, clock).value()};
    Mirror mirror{key_value, clock, seconds{60}, seconds{1'000}};
    const Mirror::Live live{UserId{7}, WorkspaceId{3}, Role::agent};

    bool is_ended() { return std::holds_alternative<Mirror::Ended>(mirror.get("s")); }
    bool is_unknown() { return std::holds_alternative<Mirror::Unknown>(mirror.get("s")); }
};

TEST_F(MirrorTest, says_what_was_put)
{
    EXPECT_TRUE(is_unknown());
    mirror.put("s", live);
    const auto said = mirror.get("s");
    ASSERT_TRUE(std::holds_alternative<Mirror::Live>(said));
    EXPECT_EQ(std::get<Mirror::Live>(said).user, live.user);
    EXPECT_EQ(std::get<Mirror::Live>(said).workspace, live.workspace);
    EXPECT_EQ(std::get<Mirror::Live>(said).role, live.role);
    clock.advance(seconds{60});
    EXPECT_TRUE(is_unknown());
}

TEST_F(MirrorTest, a_slow_reader_does_not_bring_an_ended_session_back)
{
    mirror.end("s");
    mirror.put("s", live);
    EXPECT_TRUE(is_ended());
    clock.advance(seconds{999});
    EXPECT_TRUE(is_ended());
}

TEST_F(MirrorTest, a_slow_reader_does_not_bring_an_old_role_back)
{
    mirror.put("s", live);
    mirror.ask_anew("s");
    mirror.put("s", live);
    EXPECT_TRUE(is_unknown());
}

TEST_F(MirrorTest, a_damaged_entry_asks_the_database)
{
    for (const auto* value : {"", "7", "7 3", "7 3 king", "x 3 agent", "7 3 agent more"}) {
        key_value.set("session:s", value, seconds{60});
        EXPECT_TRUE(is_unknown()) << value;
    }
}

TEST_F(MirrorTest, remembers_what_ended_while_the_store_was_away_until_it_is_back)
{
    mirror.put("s", live);
    key_value.set_away(true);
    mirror.end("s");
    EXPECT_TRUE(is_ended());
    key_value.set_away(false);
    clock.advance(seconds{1});
    EXPECT_TRUE(is_ended());
    EXPECT_EQ(key_value.get("session:s"), "-") << "written down for the other daemons";
}

}  // namespace
}  // namespace ss::auth

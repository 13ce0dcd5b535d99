// The process itself: starting, refusing to start, reloading, stopping; health, metrics and documents.
#include "shop.hpp"

#include <fmt/core.h>

#include <csignal>
#include <fstream>

namespace ss::testing {
namespace {

using namespace std::chrono_literals;

class DaemonTest : public ::testing::TestWithParam<Backend> {
protected:
    Shop shop{GetParam()};
};

TEST_P(DaemonTest, refuses_to_start_on_pending_migrations_and_says_what_to_run)
{
    EXPECT_FALSE(shop.daemon->start());
    EXPECT_EQ(shop.daemon->wait(), 78);
    EXPECT_NE(shop.daemon->log().find("ssctl migrate up"), std::string::npos) << shop.daemon->log();
}

TEST_P(DaemonTest, tells_how_it_is_and_what_it_offers)
{
    shop.open();
    const auto api = shop.api();
    EXPECT_EQ(api.get("/health/live").status, 200);
    const auto ready = api.get("/health/ready");
    EXPECT_EQ(ready.status, 200) << ready.body;
    EXPECT_EQ(ready.json.at("parts").size(), 4U);
    EXPECT_NE(api.get("/metrics").body.find("sss_build_info"), std::string::npos);
    const auto document = api.get("/api/openapi.json");
    EXPECT_EQ(document.json.value("openapi", "").substr(0, 3), "3.1");
    EXPECT_NE(api.get("/api/docs").body.find("swagger-ui"), std::string::npos);
    EXPECT_EQ(api.get("/api/docs/swagger-ui-bundle.js").status, 200);
    EXPECT_EQ(api.get("/api/docs/..%2fsssd.toml").status / 100, 4);
}

TEST_P(DaemonTest, is_ready_but_degraded_when_no_picture_can_be_kept)
{
    shop.open();
    const auto media = shop.folder / "media";
    ASSERT_TRUE(std::filesystem::is_directory(media));
    std::filesystem::rename(media, shop.folder / "unmounted");
    const auto api = shop.api();
    EXPECT_TRUE(eventually([&] { return api.get("/health/ready").json.value("status", "") == "degraded"; }));
    EXPECT_EQ(api.get("/health/ready").status, 200);
    EXPECT_NE(api.get("/health").body.find("media"), std::string::npos);
    std::filesystem::rename(shop.folder / "unmounted", media);
    EXPECT_TRUE(eventually([&] { return api.get("/health/ready").json.value("status", "") == "ok"; }));
}

TEST_P(DaemonTest, shows_its_numbers_to_this_machine_and_to_nobody_behind_a_proxy_on_it)
{
    shop.open();
    const auto api = shop.api();
    for (const auto* path : {"/metrics", "/health"}) {
        EXPECT_EQ(api.get(path).status, 200) << path;
        for (const auto* header : {"X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP", "Via"}) {
            EXPECT_EQ(api.call("GET", path, {}, {{header, "203.0.113.7"}}).status, 401) << path << header;
        }
    }
}

TEST_P(DaemonTest, finishes_what_runs_when_it_is_told_to_stop)
{
    shop.open();
    const auto ready = shop.ready();
    const auto queued =
        ready.api.post("/api/v1/messages", {{"conversation", ready.conversation}, {"text", "Antes de fechar"}});
    ASSERT_EQ(queued.status, 202);
    EXPECT_EQ(shop.daemon->stop(), 0) << shop.daemon->log();
    ASSERT_TRUE(shop.daemon->start());
    const auto path = fmt::format("/api/v1/messages/{}", queued.json.at("id").get<std::int64_t>());
    EXPECT_TRUE(eventually([&] {
        const auto now = ready.api.get(path).json;
        return now.is_object() && (now.value("delivery", "") == "sent" || now.value("delivery", "") == "read");
    }));
    EXPECT_EQ(shop.sandbox->sent().size(), 1U);
}

TEST_P(DaemonTest, takes_over_reloadable_settings_on_sighup)
{
    const auto file = shop.folder / "sssd.toml";
    std::ofstream{file} << "[log]\nlevel = \"info\"\n";
    shop.daemon->environment()["SS_CONFIG"] = file.string();
    shop.open();
    std::ofstream{file} << "[log]\nlevel = \"debug\"\n[http]\nworkers = 3\n";
    shop.daemon->signal(SIGHUP);
    EXPECT_TRUE(eventually([&] { return shop.daemon->log().find("setting reloaded") != std::string::npos; }))
        << shop.daemon->log();
    EXPECT_NE(shop.daemon->log().find("needs a restart key=http.workers"), std::string::npos);
    std::ofstream{file} << "[log]\nlevel = \"loud\"\n";
    shop.daemon->signal(SIGHUP);
    EXPECT_TRUE(eventually([&] { return shop.daemon->log().find("was not reloaded") != std::string::npos; }));
    EXPECT_EQ(shop.api().get("/health/live").status, 200);
}

TEST_P(DaemonTest, survives_a_redis_that_goes_away)
{
    if (!shop.redis) {
        GTEST_SKIP() << "the embedded default has no Redis";
    }
    shop.open();
    const auto ready = shop.ready();
    shop.redis->kill();
    EXPECT_TRUE(eventually([&] { return ready.api.get("/api/v1/conversations").status == 200; }))
        << "sessions are asked of the database";
    EXPECT_TRUE(eventually([&] { return ready.api.get("/health/ready").json.value("status", "") == "degraded"; }));
    EXPECT_EQ(ready.api.get("/health/ready").status, 200);
    EXPECT_EQ(ready.api.post("/api/v1/auth/logout").status, 204);
    EXPECT_EQ(ready.api.get("/api/v1/conversations").status, 401) << "revoked stays revoked";
    shop.redis->restart();
    EXPECT_TRUE(eventually([&] { return shop.api().get("/health/ready").json.value("status", "") == "ok"; }));
    EXPECT_EQ(ready.api.get("/api/v1/conversations").status, 401);
}

INSTANTIATE_TEST_SUITE_P(Storage, DaemonTest, ::testing::Values(Backend::sqlite, Backend::postgres_and_redis), name_of);

}  // namespace
}  // namespace ss::testing

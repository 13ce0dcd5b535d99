// Posts and the dashboard: upload, plan, publish through the pretend Instagram, once.
#include "shop.hpp"

#include <fmt/core.h>

namespace ss::testing {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

/// A real JPEG of 320x320 grey pixels' header and data, small enough to stand here: made by the sandbox.
std::string picture(const Shop& shop)
{
    const Api sandbox{shop.sandbox->base_url()};
    return sandbox.get("/cdn/vitrine.jpg").body;
}

class Posts : public ::testing::TestWithParam<Backend> {
protected:
    void SetUp() override
    {
        shop.open();
        client = shop.owner();
        account = shop.connect(client);
        const auto uploaded = client.raw("POST", "/api/v1/media?name=vitrine.jpg", "image/jpeg", picture(shop));
        ASSERT_EQ(uploaded.status, 201) << uploaded.body;
        media = uploaded.json.at("id");
    }

    Answer plan(json when) const
    {
        json body{{"account", account}, {"media", media}, {"caption", "Novidade na loja! #promo"}};
        body.update(when);
        return client.post("/api/v1/posts/schedule", body);
    }

    json post(std::int64_t id) const { return client.get(fmt::format("/api/v1/posts/{}", id)).json; }

    static std::string in(std::chrono::seconds from_now) { return to_rfc3339(SystemClock{}.now() + from_now); }

    Shop shop{GetParam()};
    Api client{""};
    std::int64_t account = 0;
    std::int64_t media = 0;
};

TEST_P(Posts, publishes_a_scheduled_post_once)
{
    const auto planned = plan({{"at", in(1s)}});
    ASSERT_EQ(planned.status, 201) << planned.body;
    const auto id = planned.json.at("id").get<std::int64_t>();
    ASSERT_TRUE(eventually([&] { return post(id).value("state", "") == "published"; }, 40s))
        << post(id).dump(1) << shop.daemon->log();
    ASSERT_EQ(shop.sandbox->posts().size(), 1U);
    EXPECT_EQ(shop.sandbox->posts()[0].caption, "Novidade na loja! #promo");
    EXPECT_EQ(post(id).at("external_id"), shop.sandbox->posts()[0].id);
    EXPECT_TRUE(eventually([&] { return !post(id).value("permalink", "").empty(); }, 40s))
        << "the link is asked for after the post is published\n"
        << post(id).dump(1) << shop.daemon->log();
}

TEST_P(Posts, never_publishes_twice_when_the_answer_is_lost)
{
    shop.sandbox->inject({.route = "publish", .effect = sandbox::Effect::reset_after});
    const auto id = plan({{"at", in(1s)}}).json.at("id").get<std::int64_t>();
    ASSERT_TRUE(eventually([&] { return post(id).value("state", "") == "published"; }, 60s)) << post(id).dump(1);
    EXPECT_EQ(shop.sandbox->posts().size(), 1U);
}

TEST_P(Posts, can_be_moved_and_cancelled_until_publishing_begins)
{
    const auto id = plan({{"local_time", "2031-01-15T09:00"}, {"time_zone", "America/Sao_Paulo"}})
                        .json.at("id")
                        .get<std::int64_t>();
    EXPECT_EQ(post(id).at("at"), "2031-01-15T12:00:00Z");
    const auto path = fmt::format("/api/v1/posts/{}", id);
    EXPECT_EQ(client.call("PATCH", path, json{{"at", "2031-02-01T00:00:00Z"}}).status, 200);
    EXPECT_EQ(client.get("/api/v1/posts?from=2031-01-31T00:00:00Z&to=2031-02-02T00:00:00Z").json.at("items").size(),
              1U);
    EXPECT_EQ(client.get("/api/v1/posts?from=2031-01-01T00:00:00Z&to=2031-01-31T00:00:00Z").json.at("items").size(),
              0U);
    EXPECT_EQ(client.post(path + "/cancel").json.at("state"), "cancelled");
    EXPECT_EQ(plan({{"at", "2020-01-01T00:00:00Z"}}).status, 400) << "the past";
    EXPECT_EQ(plan({{"local_time", "2031-01-15T09:00"}, {"time_zone", "Mars/Olympus"}}).status, 400);
}

TEST_P(Posts, shows_why_a_post_failed)
{
    shop.sandbox->set_restricted(true);
    const auto id = plan({{"at", in(1s)}}).json.at("id").get<std::int64_t>();
    ASSERT_TRUE(eventually([&] { return post(id).value("state", "") == "failed"; }, 40s)) << post(id).dump(1);
    EXPECT_FALSE(post(id).at("failure").at("sentence_pt").get<std::string>().empty());
}

TEST_P(Posts, a_pictures_public_address_is_signed)
{
    ASSERT_TRUE(
        eventually([&] { return plan({{"at", in(1s)}}).status == 201 && !shop.sandbox->posts().empty(); }, 40s));
    const auto url = shop.sandbox->posts()[0].image_url;
    const Api nobody{client.url()};
    EXPECT_EQ(nobody.get(url).status, 200);
    EXPECT_EQ(nobody.get(url).header("content-type"), "image/jpeg");
    EXPECT_EQ(nobody.get(url.substr(0, url.size() - 2) + "AA").status, 404);
    EXPECT_EQ(nobody.get(fmt::format("/api/v1/media/{}/content", media)).status, 401);
}

TEST_P(Posts, the_dashboard_shows_only_what_was_measured)
{
    const auto dashboard = client.get("/api/v1/analytics/dashboard");
    ASSERT_EQ(dashboard.status, 200) << dashboard.body;
    EXPECT_EQ(dashboard.json.at("messages_received"), 0);
    EXPECT_TRUE(dashboard.json.at("response_time_seconds").is_null());
    EXPECT_TRUE(dashboard.json.at("reach").is_null());
}

INSTANTIATE_TEST_SUITE_P(Storage, Posts, ::testing::Values(Backend::sqlite, Backend::postgres_and_redis), name_of);

}  // namespace
}  // namespace ss::testing

// Copies of what customers attach, over HTTP against the real sssd: fetched, served to the workspace alone, gone with
// the message.
#include "shop.hpp"

#include "media_fetcher.hpp"
#include "unused_blobs.hpp"

#include <ss/storage.hpp>

#include <fmt/core.h>

#include <filesystem>

namespace ss::testing {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
namespace fs = std::filesystem;

class Attachments : public ::testing::TestWithParam<Backend> {
protected:
    void SetUp() override
    {
        shop.open();
        ready = shop.ready();
    }

    /// The attachment of the newest message, once nothing is left to do for it.
    json arrives(const std::string& url)
    {
        mid = shop.sandbox->write(ready.customer.id, sandbox::Writing{.attachments = {{"image", url}}});
        json found;
        EXPECT_TRUE(eventually([&] {
            const auto newest = ready.api.get("/api/v1/messages?limit=1").json.at("items").at(0);
            found = newest.at("attachments").empty() ? json{} : newest.at("attachments").at(0);
            return newest.at("external_id") == mid && !found.is_null() && found.at("media_state") != "pending";
        })) << found.dump();
        return found;
    }

    [[nodiscard]] Answer copy(const json& attachment) const
    {
        return ready.api.get(fmt::format("/api/v1/attachments/{}", attachment.at("id").get<std::int64_t>()));
    }

    [[nodiscard]] std::vector<fs::path> files() const
    {
        std::vector<fs::path> found;
        for (const auto& entry : fs::recursive_directory_iterator{shop.folder / "media"}) {
            if (entry.is_regular_file()) {
                found.push_back(entry.path());
            }
        }
        return found;
    }

    Shop shop{GetParam()};
    Shop::Ready ready{.api = Api{""}};
    std::string mid;
};

TEST_P(Attachments, are_copied_at_once_and_served_as_a_download)
{
    const auto attachment = arrives("");
    EXPECT_EQ(attachment.at("media_state"), "stored");
    EXPECT_EQ(attachment.at("content_type"), "image/jpeg");
    const auto original = Api{shop.sandbox->base_url()}.get("/cdn/any.jpg").body;
    EXPECT_EQ(attachment.at("bytes"), original.size());
    const auto answer = copy(attachment);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, original);
    EXPECT_EQ(answer.header("content-type"), "image/jpeg");
    EXPECT_EQ(answer.header("x-content-type-options"), "nosniff");
    EXPECT_EQ(answer.header("content-disposition").find("attachment; filename=\"attachment-"), 0U);
    EXPECT_NE(answer.header("content-security-policy").find("sandbox"), std::string::npos);
    EXPECT_EQ(shop.api().get(fmt::format("/api/v1/attachments/{}", attachment.at("id").get<int>())).status, 401);
}

TEST_P(Attachments, at_an_address_of_our_own_network_are_not_fetched)
{
    for (const auto* url : {"http://127.0.0.1:1/x.jpg", "http://169.254.169.254/latest/meta-data", "http://[::1]/x.jpg",
                            "file:///etc/passwd"}) {
        const auto attachment = arrives(url);
        EXPECT_EQ(attachment.at("media_state"), "refused") << url;
        EXPECT_EQ(copy(attachment).status, 404);
    }
}

TEST_P(Attachments, that_are_no_media_are_not_kept)
{
    EXPECT_EQ(arrives(shop.sandbox->base_url() + "/__sandbox/state").at("media_state"), "unsupported");
    EXPECT_EQ(arrives(shop.sandbox->base_url() + "/no/such/thing").at("media_state"), "gone");
    EXPECT_TRUE(files().empty());
}

TEST_P(Attachments, taken_back_leave_no_file)
{
    const auto attachment = arrives("");
    ASSERT_EQ(attachment.at("media_state"), "stored");
    ASSERT_EQ(files().size(), 1U);
    fs::last_write_time(files().front(), fs::file_time_type::clock::now() - 1h);
    shop.sandbox->unsend(ready.customer.id, mid);
    EXPECT_TRUE(eventually([&] { return files().empty(); }));
    EXPECT_EQ(copy(attachment).status, 404);
}

TEST_P(Attachments, a_file_that_another_row_names_stays)
{
    const auto first = arrives("");
    const auto first_mid = mid;
    const auto second = arrives("");
    ASSERT_EQ(files().size(), 1U) << "the same bytes";
    fs::last_write_time(files().front(), fs::file_time_type::clock::now() - 1h);
    shop.sandbox->unsend(ready.customer.id, first_mid);
    ASSERT_TRUE(eventually([&] { return copy(first).status == 404; }));
    ASSERT_TRUE(shop.sandbox->wait_delivered(10s));
    const auto database = storage::Database::open({.url = Secret{shop.database_url}}).value();
    const auto blobs = storage::Blobs::open_folder(shop.folder / "media").value();
    EXPECT_EQ(daemon::erase_unused_blobs(*database, *blobs).value(), 0);
    EXPECT_EQ(copy(second).status, 200);

    // What nobody names is left alone while it is young, and goes at night.
    const auto orphan = blobs->put("left by a crash").value();
    EXPECT_EQ(daemon::erase_unused_blobs(*database, *blobs).value(), 0);
    fs::last_write_time(shop.folder / "media" / orphan.key, fs::file_time_type::clock::now() - 48h);
    EXPECT_EQ(daemon::erase_unused_blobs(*database, *blobs).value(), 1);
    EXPECT_EQ(blobs->get(orphan.key).error().code, Errc::not_found);
    EXPECT_EQ(copy(second).status, 200);
}

TEST(MediaFetcher, takes_only_https_in_production)
{
    const SystemClock clock;
    sandbox::Sandbox pretend;
    ASSERT_TRUE(pretend.start());
    const auto url = pretend.base_url() + "/cdn/any.jpg";
    net::HttpClient client{clock, {.allowed_hosts = {"127.0.0.1"}}};
    EXPECT_TRUE(daemon::media_fetcher(client, false)(url));
    const auto refused = daemon::media_fetcher(client, true)(url);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), messaging::Missed::refused);
}

INSTANTIATE_TEST_SUITE_P(Storage, Attachments, ::testing::Values(Backend::sqlite, Backend::postgres_and_redis),
                         name_of);

}  // namespace
}  // namespace ss::testing

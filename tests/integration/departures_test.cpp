// People who leave at Instagram: deauthorize and data deletion by signed request (W7), over HTTP against the real sssd.
#include "shop.hpp"

#include <ss/crypto.hpp>
#include <ss/storage.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace ss::testing {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class Departure : public ::testing::TestWithParam<Backend> {
protected:
    void SetUp() override
    {
        shop.open();
        ready = shop.ready();
    }

    [[nodiscard]] std::string signed_text(const json& payload) const
    {
        const auto encoded = crypto::to_base64url(payload.dump());
        const auto proof = crypto::hmac_sha256(shop.sandbox->webhook().app_secret, encoded);
        return crypto::to_base64url(proof) + "." + encoded;
    }
    [[nodiscard]] json person(Timestamp at) const
    {
        return {{"algorithm", "HMAC-SHA256"},
                {"issued_at", to_micros(at) / 1'000'000},
                {"user_id", shop.sandbox->business().app_scoped_id}};
    }
    [[nodiscard]] Answer post(std::string_view path, const std::string& text) const
    {
        return Api{shop.daemon->url()}.raw("POST", path, "application/x-www-form-urlencoded", "signed_request=" + text);
    }
    [[nodiscard]] json account() const { return ready.api.get(fmt::format("/api/v1/accounts/{}", ready.account)).json; }
    /// How many rows of the account table hold a token.
    [[nodiscard]] bool has_token() const
    {
        static constexpr std::array kColumns{storage::ColumnType::integer};
        static constexpr auto kText = "select count(*) from account where token_sealed is not null";
        static constexpr storage::Statement kTokens{"test.tokens", kText, kText, kColumns, {}};
        const auto database = storage::Database::open({.url = Secret{shop.database_url}}).value();
        return database
                   ->read([](storage::Session& session) -> Result<std::int64_t> {
                       const auto rows = TRY(session.execute(kTokens, {}));
                       return std::get<std::int64_t>(rows.values.at(0));
                   })
                   .value() > 0;
    }
    [[nodiscard]] bool is_audited(std::string_view action) const
    {
        const auto log = ready.api.get("/api/v1/audit").json.at("items");
        return std::ranges::any_of(log, [&](const json& entry) { return entry.at("action") == action; });
    }

    Shop shop{GetParam()};
    Shop::Ready ready{.api = Api{""}};
};

TEST_P(Departure, a_deauthorized_account_is_revoked_and_its_token_deleted)
{
    ASSERT_TRUE(has_token());
    const auto told = shop.sandbox->send_signed_request(shop.daemon->url() + "/webhooks/instagram/deauthorize");
    ASSERT_TRUE(told);
    EXPECT_EQ(told->first, 200) << told->second;
    EXPECT_EQ(account().at("state"), "revoked");
    EXPECT_FALSE(account().at("state_sentence").get<std::string>().empty());
    EXPECT_FALSE(has_token());
    EXPECT_TRUE(is_audited("account.deauthorized"));
    EXPECT_EQ(ready.api.get("/api/v1/conversations").json.at("items").size(), 1U) << "the conversations stay";
    EXPECT_EQ(shop.connect(ready.api), ready.account) << "and the account can be connected again";
    EXPECT_EQ(account().at("state"), "connected");
}

TEST_P(Departure, an_old_deauthorization_does_not_end_a_newer_permission)
{
    const auto old = signed_text(person(shop.sandbox->now() - 1h));
    EXPECT_EQ(post("/api/v1/webhooks/instagram/deauthorize", old).status, 200);
    EXPECT_EQ(account().at("state"), "connected");
    EXPECT_TRUE(has_token());
}

TEST_P(Departure, what_meta_did_not_sign_is_refused)
{
    const auto good = signed_text(person(shop.sandbox->now()));
    auto forged = person(shop.sandbox->now());
    forged["user_id"] = "1";
    const auto other_payload = good.substr(0, good.find('.') + 1) + crypto::to_base64url(forged.dump());
    auto unsigned_algorithm = person(shop.sandbox->now());
    unsigned_algorithm["algorithm"] = "none";
    for (const auto* path : {"/webhooks/instagram/deauthorize", "/webhooks/instagram/data-deletion"}) {
        EXPECT_EQ(post(path, other_payload).status, 401);
        EXPECT_EQ(post(path, "." + good.substr(good.find('.') + 1)).status, 401);
        EXPECT_EQ(post(path, signed_text(unsigned_algorithm)).status, 401);
        EXPECT_EQ(post(path, "").status, 400);
        EXPECT_EQ(Api{shop.daemon->url()}.raw("POST", path, "application/x-www-form-urlencoded", "other=1").status,
                  400);
        EXPECT_EQ(Api{shop.daemon->url()}.raw("POST", path, "", "").status, 400);
        EXPECT_EQ(post(path, std::string(20'000, 'x')).status, 413);
        EXPECT_EQ(Api{shop.daemon->url()}.get(path).status, 405);
    }
    EXPECT_EQ(account().at("state"), "connected");
    EXPECT_TRUE(has_token());
}

TEST_P(Departure, data_deletion_gives_a_code_and_a_page_and_deletes_all_the_account_has)
{
    const auto other = shop.owner("outra@loja.example");
    const auto picture = Api{shop.sandbox->base_url()}.get("/cdn/bye.jpg").body;
    const auto media = ready.api.raw("POST", "/api/v1/media?name=a.jpg", "image/jpeg", picture).json.at("id");
    ASSERT_EQ(
        ready.api.post("/api/v1/posts", {{"account", ready.account}, {"media", media}, {"caption", "meu"}}).status,
        201);
    const auto mid = shop.sandbox->write(ready.customer.id, sandbox::Writing{.attachments = {{"image", ""}}});
    shop.sandbox->react(ready.customer.id, mid, "❤️");
    ASSERT_EQ(ready.api.post("/api/v1/messages", {{"conversation", ready.conversation}, {"text", "Tem sim"}}).status,
              202);
    ASSERT_TRUE(eventually([&] { return ready.api.get("/api/v1/messages").json.at("items").size() == 3; }));

    const auto told = shop.sandbox->send_signed_request(shop.daemon->url() + "/webhooks/instagram/data-deletion");
    ASSERT_TRUE(told);
    ASSERT_EQ(told->first, 200) << told->second;
    const auto receipt = json::parse(told->second);
    const auto code = receipt.at("confirmation_code").get<std::string>();
    EXPECT_GE(code.size(), 20U);
    EXPECT_EQ(receipt.at("url"), shop.daemon->url() + "/data-deletion/" + code);
    EXPECT_FALSE(has_token()) << "at once, before the job has run";

    const Api person{shop.daemon->url()};
    ASSERT_TRUE(eventually(
        [&] { return person.get("/data-deletion/" + code).body.find("It was finished on 20") != std::string::npos; }));
    const auto page = person.get(receipt.at("url").get<std::string>());
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.header("content-type"), "text/html; charset=utf-8");
    for (const auto* words : {"Deletion of your data", "Exclusão dos seus dados", "concluída em 20",
                              "1 accounts, 1 conversations, 3 messages, 1 posts", "lang=\"pt-BR\""}) {
        EXPECT_NE(page.body.find(words), std::string::npos) << words << page.body;
    }
    EXPECT_EQ(page.body.find(shop.sandbox->business().app_scoped_id), std::string::npos);
    EXPECT_EQ(person.get("/data-deletion/AAAAAAAAAAAAAAAAAAAAAA").status, 404);

    EXPECT_EQ(ready.api.get("/api/v1/accounts").json.at("items").size(), 0U);
    EXPECT_EQ(ready.api.get("/api/v1/conversations").json.at("items").size(), 0U);
    EXPECT_EQ(ready.api.get("/api/v1/messages").json.at("items").size(), 0U);
    EXPECT_EQ(ready.api.get("/api/v1/posts").json.at("items").size(), 0U);
    EXPECT_TRUE(is_audited("account.data_deleted"));
    EXPECT_EQ(other.get("/api/v1/auth/me").status, 200);
}

TEST_P(Departure, the_same_deletion_request_again_has_the_same_code_and_deletes_nothing_new)
{
    const auto text = signed_text(person(shop.sandbox->now()));
    const auto first = post("/webhooks/instagram/data-deletion", text);
    ASSERT_EQ(first.status, 200) << first.body;
    ASSERT_TRUE(eventually([&] { return ready.api.get("/api/v1/accounts").json.at("items").empty(); }));
    const auto again = shop.connect(ready.api);
    EXPECT_GT(again, 0);
    EXPECT_EQ(post("/webhooks/instagram/data-deletion", text).body, first.body);
    auto padded = text;
    padded.insert(padded.find('.'), "%3D");  // seen in the field, and the same request
    EXPECT_EQ(post("/webhooks/instagram/data-deletion", padded).body, first.body);
    EXPECT_EQ(ready.api.get("/api/v1/accounts").json.at("items").at(0).at("state"), "connected");
}

TEST_P(Departure, what_comes_after_a_new_connection_is_not_deleted)
{
    // The job cannot delete for a while; meanwhile the person connects again and a customer writes.
    shop.script(
        "create trigger keep before delete on account begin select raise(abort, 'not yet'); end",
        "create function keep() returns trigger language plpgsql as $$ begin raise exception 'not yet'; end $$; "
        "create trigger keep before delete on account for each row execute function keep()");
    const auto told = post("/webhooks/instagram/data-deletion", signed_text(person(shop.sandbox->now())));
    ASSERT_EQ(told.status, 200) << told.body;
    const auto again = shop.connect(ready.api);
    EXPECT_NE(again, ready.account);
    shop.sandbox->write(ready.customer.id, "Voltaram?");
    const auto newer = fmt::format("/api/v1/messages?account={}", again);
    ASSERT_TRUE(eventually([&] { return ready.api.get(newer).json.at("items").size() == 1; }));
    shop.script("drop trigger keep", "drop trigger keep on account; drop function keep()");
    ASSERT_TRUE(eventually([&] {
        shop.script("update job set run_at = created_at where state = 'queued'");
        return ready.api.get("/api/v1/accounts").json.at("items").size() == 1;
    }));
    EXPECT_EQ(ready.api.get("/api/v1/accounts").json.at("items").at(0).at("id"), again);
    EXPECT_EQ(ready.api.get(newer).json.at("items").size(), 1U);
}

TEST_P(Departure, a_person_nobody_knows_gets_a_code_as_well)
{
    auto stranger = person(shop.sandbox->now());
    stranger["user_id"] = 218471;  // a number is seen in the field too
    const auto answer = post("/webhooks/instagram/data-deletion", signed_text(stranger));
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_TRUE(eventually([&] {
        const auto page = Api{shop.daemon->url()}.get(answer.json.at("url").get<std::string>());
        return page.body.find("0 accounts, 0 conversations, 0 messages, 0 posts") != std::string::npos &&
               page.body.find("It was finished on") != std::string::npos;
    }));
    EXPECT_EQ(account().at("state"), "connected");
}

INSTANTIATE_TEST_SUITE_P(Storage, Departure, ::testing::Values(Backend::sqlite, Backend::postgres_and_redis), name_of);

}  // namespace
}  // namespace ss::testing

// The seed's messaging cases: signed webhooks in, answers out, over HTTP and through the real workers.
#include "shop.hpp"

#include <fmt/core.h>

#include <set>

namespace ss::testing {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class Messaging : public ::testing::TestWithParam<Backend> {
protected:
    void SetUp() override
    {
        shop.open();
        ready = shop.ready();
    }

    json thread() const
    {
        return ready.api.get(fmt::format("/api/v1/conversations/{}/messages", ready.conversation)).json.at("items");
    }

    json message(std::int64_t id) const { return ready.api.get(fmt::format("/api/v1/messages/{}", id)).json; }

    Answer answer(std::string_view text, Api::Headers headers = {}) const
    {
        return ready.api.post("/api/v1/messages", {{"conversation", ready.conversation}, {"text", text}},
                              std::move(headers));
    }

    bool becomes(std::int64_t id, std::string_view delivery) const
    {
        return eventually([&] { return message(id).value("delivery", "") == delivery; });
    }

    /// A sent message is `read` as soon as the customer has seen it.
    bool is_sent(std::int64_t id) const
    {
        return eventually(
            [&] { return message(id).value("delivery", "") == "sent" || message(id).value("delivery", "") == "read"; });
    }

    Shop shop{GetParam()};
    Shop::Ready ready{.api = Api{""}};
};

TEST_P(Messaging, receives_a_webhook_message_and_stores_it)
{
    const auto items = thread();
    ASSERT_EQ(items.size(), 1U);
    EXPECT_EQ(items[0].at("text"), "Oi, ainda tem?");
    EXPECT_EQ(items[0].at("direction"), "inbound");
    EXPECT_EQ(items[0].at("delivery"), "received");
}

TEST_P(Messaging, processes_a_message_idempotently)
{
    auto hook = shop.sandbox->webhook();
    hook.duplicate = true;
    hook.reorder = true;
    hook.connections = 4;
    shop.sandbox->set_webhook(hook);
    for (int i = 0; i < 20; ++i) {
        shop.sandbox->write(ready.customer.id, fmt::format("mensagem {}", i));
    }
    ASSERT_TRUE(shop.sandbox->wait_delivered(30s));
    ASSERT_TRUE(eventually([&] { return thread().size() >= 21; }));
    const auto items = thread();
    std::set<std::string> ids;
    for (const auto& item : items) {
        EXPECT_TRUE(ids.insert(item.at("external_id")).second);
    }
    EXPECT_EQ(items.size(), 21U);
}

TEST_P(Messaging, refuses_a_webhook_whose_signature_is_wrong)
{
    const Api nobody{ready.api.url()};
    const std::string body = R"({"object":"instagram","entry":[]})";
    for (const auto* signature : {"", "sha256=00", "sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709",
                                  "sha256=0000000000000000000000000000000000000000000000000000000000000000"}) {
        EXPECT_EQ(
            nobody.raw("POST", "/webhooks/instagram", "application/json", body, {{"X-Hub-Signature-256", signature}})
                .status,
            401)
            << signature;
    }
    EXPECT_EQ(nobody.raw("POST", "/webhooks/instagram", "application/json", body).status, 401);
}

TEST_P(Messaging, answers_the_verification_handshake_only_with_the_right_token)
{
    EXPECT_TRUE(shop.sandbox->verify_callback());
    const Api nobody{ready.api.url()};
    const auto wrong =
        nobody.get("/webhooks/instagram?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=wrong");
    EXPECT_EQ(wrong.status, 403);
    EXPECT_EQ(wrong.body.find("1158201444"), std::string::npos);
}

TEST_P(Messaging, sends_a_dm_and_updates_its_status)
{
    const auto sent = answer("Tem sim! Posso separar?");
    ASSERT_EQ(sent.status, 202) << sent.body;
    const auto id = sent.json.at("id").get<std::int64_t>();
    ASSERT_TRUE(is_sent(id)) << message(id).dump();
    const auto seen = shop.sandbox->sent();
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].text, "Tem sim! Posso separar?");
    EXPECT_EQ(seen[0].customer, ready.customer.id);
    EXPECT_EQ(message(id).at("external_id"), seen[0].mid);
    shop.sandbox->read(ready.customer.id, seen[0].mid);
    EXPECT_TRUE(becomes(id, "read"));
    EXPECT_EQ(thread().size(), 2U) << "the echo of our own message is not a second one";
}

TEST_P(Messaging, handles_a_failed_send_with_a_sentence_for_the_seller)
{
    shop.sandbox->inject({.route = "send",
                          .code = 10,
                          .subcode = 2'534'022,
                          .message = "This message is sent outside of allowed window."});
    const auto id = answer("Ainda está aí?").json.at("id").get<std::int64_t>();
    ASSERT_TRUE(becomes(id, "failed")) << message(id).dump();
    EXPECT_FALSE(message(id).at("failure").at("sentence").get<std::string>().empty());
    EXPECT_FALSE(message(id).at("failure").at("sentence_pt").get<std::string>().empty());
    EXPECT_TRUE(shop.sandbox->sent().empty());
}

TEST_P(Messaging, never_sends_twice_when_the_answer_is_lost)
{
    shop.sandbox->inject({.route = "send", .effect = sandbox::Effect::reset_after});
    const auto id = answer("Só uma vez").json.at("id").get<std::int64_t>();
    ASSERT_TRUE(is_sent(id)) << message(id).dump();
    EXPECT_EQ(shop.sandbox->sent().size(), 1U);
    EXPECT_EQ(thread().size(), 2U);
}

TEST_P(Messaging, a_repeated_request_with_one_idempotency_key_has_one_effect)
{
    const auto first = answer("Uma vez", {{"Idempotency-Key", "chave-1"}});
    const auto again = answer("Uma vez", {{"Idempotency-Key", "chave-1"}});
    EXPECT_EQ(again.status, first.status);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(again.header("idempotent-replayed"), "true");
    EXPECT_EQ(answer("Outra coisa", {{"Idempotency-Key", "chave-1"}}).status, 422);
    ASSERT_TRUE(is_sent(first.json.at("id")));
    EXPECT_EQ(shop.sandbox->sent().size(), 1U);
}

TEST_P(Messaging, says_why_sending_is_closed_and_until_when_it_is_open)
{
    const auto policy = ready.api.get(fmt::format("/api/v1/conversations/{}/policy", ready.conversation));
    ASSERT_EQ(policy.status, 200) << policy.body;
    EXPECT_EQ(policy.json.at("allowed"), true);
    EXPECT_FALSE(policy.json.at("until").is_null());
    EXPECT_EQ(answer("").status, 400);
    EXPECT_EQ(answer(std::string(1001, 'x')).status, 400);
}

TEST_P(Messaging, lists_messages_with_pagination)
{
    for (int i = 0; i < 12; ++i) {
        shop.sandbox->write(ready.customer.id, fmt::format("página {}", i));
    }
    ASSERT_TRUE(eventually([&] { return thread().size() == 13; }));
    std::vector<std::int64_t> seen;
    std::string cursor;
    do {
        const auto page = ready.api.get("/api/v1/messages?limit=5" + (cursor.empty() ? "" : "&cursor=" + cursor));
        ASSERT_EQ(page.status, 200) << page.body;
        EXPECT_LE(page.json.at("items").size(), 5U);
        for (const auto& item : page.json.at("items")) {
            seen.push_back(item.at("id"));
        }
        cursor = page.json.at("next").is_null() ? "" : page.json.at("next").get<std::string>();
    } while (!cursor.empty());
    EXPECT_EQ(seen.size(), 13U);
    EXPECT_EQ(std::set<std::int64_t>(seen.begin(), seen.end()).size(), 13U);
    EXPECT_EQ(ready.api.get("/api/v1/messages?cursor=invented").status, 400);
}

TEST_P(Messaging, filters_messages_by_account)
{
    EXPECT_EQ(ready.api.get(fmt::format("/api/v1/messages?account={}", ready.account)).json.at("items").size(), 1U);
    EXPECT_EQ(ready.api.get(fmt::format("/api/v1/messages?account={}", ready.account + 1)).status, 404);
}

TEST_P(Messaging, searches_messages_by_content_without_caring_for_accents)
{
    shop.sandbox->write(ready.customer.id, "Vocês têm alguma PROMOÇÃO de tênis?");
    shop.sandbox->write(ready.customer.id, "Obrigada!");
    ASSERT_TRUE(eventually([&] { return thread().size() == 3; }));
    const auto found = ready.api.get("/api/v1/messages?q=promocao%20ten");
    ASSERT_EQ(found.json.at("items").size(), 1U) << found.body;
    EXPECT_EQ(found.json.at("items")[0].at("text"), "Vocês têm alguma PROMOÇÃO de tênis?");
    EXPECT_EQ(ready.api.get("/api/v1/messages?q=sapato").json.at("items").size(), 0U);
    for (const auto* words : {"%22", "a%20AND", "*", "-", "(", "%27%20OR%201%3D1", "NEAR(", "%C3%A7"}) {
        EXPECT_EQ(ready.api.get(std::string{"/api/v1/messages?q="} + words).status, 200) << words;
    }
}

TEST_P(Messaging, marks_messages_as_read)
{
    const auto path = fmt::format("/api/v1/conversations/{}", ready.conversation);
    EXPECT_EQ(ready.api.get(path).json.at("unread"), 1);
    EXPECT_EQ(ready.api.post(path + "/read").json.at("unread"), 0);
    shop.sandbox->write(ready.customer.id, "E o preço?");
    EXPECT_TRUE(eventually([&] { return ready.api.get(path).json.at("unread") == 1; }));
}

TEST_P(Messaging, groups_messages_by_conversation_and_fetches_a_thread)
{
    const auto other = shop.sandbox->customers().at(1);
    shop.sandbox->write(other.id, "Boa tarde");
    ASSERT_TRUE(eventually([&] { return ready.api.get("/api/v1/conversations").json.at("items").size() == 2; }));
    const auto list = ready.api.get("/api/v1/conversations").json.at("items");
    EXPECT_EQ(list[0].at("contact").at("external_id"), other.id) << "the newest is first";
    EXPECT_TRUE(eventually([&] {
        return ready.api.get("/api/v1/conversations").json.at("items")[0].at("contact").at("name") == other.name;
    })) << "the profile is fetched afterwards";
    EXPECT_EQ(thread().size(), 1U);
}

TEST_P(Messaging, keeps_media_replies_reactions_postbacks_and_what_it_does_not_know)
{
    const auto before = shop.sandbox->write(ready.customer.id, sandbox::Writing{.attachments = {{"image", ""}}});
    shop.sandbox->react(ready.customer.id, before, "❤️");
    shop.sandbox->press(ready.customer.id, "Ver catálogo", "CATALOG");
    shop.sandbox->write(ready.customer.id, sandbox::Writing{});
    shop.sandbox->mention_in_story(ready.customer.id);
    shop.sandbox->answer_on_phone(ready.customer.id, "Respondi pelo celular");
    const auto gone = shop.sandbox->write(ready.customer.id, "apague isto");
    shop.sandbox->unsend(ready.customer.id, gone);
    ASSERT_TRUE(eventually([&] {
        const auto items = thread();
        return items.size() == 7 &&
               std::ranges::any_of(items, [](const json& item) { return !item.at("unsent_at").is_null(); }) &&
               std::ranges::any_of(items, [](const json& item) { return !item.at("reactions").empty(); });
    })) << thread().dump(1);
    const auto has = [items = thread()](auto&& what) { return std::ranges::any_of(items, what); };
    EXPECT_TRUE(has([](const json& item) {
        return !item.at("attachments").empty() && item.at("attachments")[0].at("kind") == "image";
    }));
    EXPECT_TRUE(has([](const json& item) { return item.at("kind") == "postback" && item.at("payload") == "CATALOG"; }));
    EXPECT_TRUE(has([](const json& item) { return item.at("kind") == "unsupported"; }));
    EXPECT_TRUE(has([](const json& item) {
        return item.at("direction") == "outbound" && item.at("text") == "Respondi pelo celular";
    }));
    EXPECT_FALSE(has([](const json& item) { return item.at("text") == "apague isto"; }));
}

TEST_P(Messaging, one_bad_entry_does_not_take_the_others_with_it)
{
    const auto& business = shop.sandbox->business().id;
    shop.sandbox->send_raw(fmt::format(
        R"({{"object":"instagram","entry":[{{"id":"{0}","time":1,"messaging":[{{"sender":17}},{{"sender":{{"id":"{1}"}},"recipient":{{"id":"{0}"}},"timestamp":1569262485349,"message":{{"mid":"m_good","text":"boa"}}}}]}},"nonsense",{{"id":null}}]}})",
        business, ready.customer.id));
    EXPECT_TRUE(eventually([&] { return thread().size() == 2; })) << thread().dump(1);
}

INSTANTIATE_TEST_SUITE_P(Storage, Messaging, ::testing::Values(Backend::sqlite, Backend::postgres_and_redis), name_of);

}  // namespace
}  // namespace ss::testing

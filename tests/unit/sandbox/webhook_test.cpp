#include "webhook.hpp"
#include "callback.hpp"

#include <ss/crypto.hpp>
#include <ss/sandbox.hpp>

#include <gmock/gmock.h>

#include <algorithm>

namespace ss::sandbox {
namespace {

using namespace std::chrono_literals;
using test::Callback;

class Webhook : public testing::Test {
protected:
    Callback callback;
    Sandbox sandbox{{.callback_url = callback.url(), .start_subscribed = true, .retry_base = 20ms}};
    std::string customer = sandbox.customers().front().id;

    std::vector<test::Received> after_delivery()
    {
        EXPECT_TRUE(sandbox.wait_delivered(10s));
        return callback.received();
    }
};

TEST(WebhookText, is_ascii_with_lower_case_escapes)
{
    const json body{{"text", "olá 😀 a/b"}};
    EXPECT_EQ(webhook_text(body, false), R"({"text":"ol\u00e1 \ud83d\ude00 a\/b"})");
    EXPECT_EQ(webhook_text(body, true), R"({"text":"olá 😀 a/b"})");
}

TEST(WebhookText, is_signed_as_meta_signs)
{
    const std::string body =
        R"({"object":"instagram","entry":[{"id":"17841400000000000","time":1700000000000,"messaging":[{"sender":{"id":"111"},"recipient":{"id":"17841400000000000"},"timestamp":1700000000000,"message":{"mid":"m_1","text":"ol\u00e1 \ud83d\ude00"}}]}]})";
    EXPECT_EQ(signature_256("test_app_secret", body),
              "sha256=b327163cc8ff1fb91c34dd9a8bc09568ae784bd83541eebc1ea1e8c89e1476e6");
    EXPECT_EQ(signature_1("key", "The quick brown fox jumps over the lazy dog"),
              "sha1=de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9");
}

TEST_F(Webhook, carries_what_a_customer_wrote_signed)
{
    const auto mid = sandbox.write(customer, "Olá 🌻");
    const auto received = after_delivery();
    ASSERT_EQ(received.size(), 1U);
    EXPECT_EQ(received[0].signature, signature_256("sandbox-app-secret", received[0].body));
    const auto item = json::parse(received[0].body)["entry"][0]["messaging"][0];
    EXPECT_EQ(item["sender"]["id"], customer);
    EXPECT_EQ(item["message"]["mid"], mid);
    EXPECT_EQ(item["message"]["text"], "Olá 🌻");
    EXPECT_EQ(sandbox.acknowledged_mids(), std::vector{mid});
}

TEST_F(Webhook, puts_a_batch_into_one_body)
{
    sandbox.begin_batch();
    const auto mid = sandbox.write(customer, "um");
    sandbox.react(customer, mid, "❤️");
    sandbox.comment(customer, "18010000000000001", "lindo!");
    sandbox.write(sandbox.customers()[1].id, "dois");
    sandbox.end_batch();
    const auto received = after_delivery();
    ASSERT_EQ(received.size(), 1U);
    const auto entries = json::parse(received[0].body)["entry"];
    ASSERT_EQ(entries.size(), 3U);
    EXPECT_EQ(entries[0]["messaging"].size(), 2U);
    EXPECT_EQ(entries[1]["changes"][0]["field"], "comments");
    EXPECT_EQ(sandbox.deliveries().acknowledged, 4);
}

TEST_F(Webhook, is_tried_again_until_it_is_answered_200)
{
    callback.refuse = 3;
    sandbox.write(customer, "insiste");
    EXPECT_EQ(after_delivery().size(), 1U);
    EXPECT_EQ(sandbox.deliveries().attempts, 4);
    EXPECT_EQ(sandbox.deliveries().failures, 3);
    EXPECT_EQ(sandbox.deliveries().acknowledged, 1);
}

TEST_F(Webhook, can_come_twice)
{
    auto settings = sandbox.webhook();
    settings.duplicate = true;
    sandbox.set_webhook(settings);
    sandbox.write(customer, "eco");
    const auto received = after_delivery();
    ASSERT_EQ(received.size(), 2U);
    EXPECT_EQ(received[0].body, received[1].body);
    EXPECT_EQ(sandbox.deliveries().acknowledged, 1);
}

TEST_F(Webhook, can_come_out_of_order)
{
    auto settings = sandbox.webhook();
    settings.reorder = true;
    sandbox.set_webhook(settings);
    sandbox.write(customer, "primeira");
    sandbox.write(customer, "segunda");
    const auto received = after_delivery();
    ASSERT_EQ(received.size(), 2U);
    EXPECT_THAT(received[0].body, testing::HasSubstr("segunda"));
}

TEST_F(Webhook, streams_at_a_pace_and_accounts_for_every_event)
{
    auto settings = sandbox.webhook();
    settings.connections = 4;
    sandbox.set_webhook(settings);
    sandbox.start_stream(2'000, 5, 100);
    while (sandbox.deliveries().emitted < 100) {
        std::this_thread::yield();
    }
    const auto received = after_delivery();
    EXPECT_EQ(received.size(), 20U);
    EXPECT_EQ(sandbox.acknowledged_mids().size(), 100U);
}

TEST_F(Webhook, checks_the_callback_with_the_handshake)
{
    EXPECT_TRUE(sandbox.verify_callback());
    auto settings = sandbox.webhook();
    settings.verify_token = "wrong";
    sandbox.set_webhook(settings);
    EXPECT_FALSE(sandbox.verify_callback());
}

TEST(WebhookSubscription, is_needed_before_anything_comes)
{
    Callback callback;
    Sandbox sandbox{{.callback_url = callback.url()}};
    sandbox.write(sandbox.customers().front().id, "alguém aí?");
    ASSERT_TRUE(sandbox.wait_delivered(10s));
    EXPECT_TRUE(callback.received().empty());
}

// The form of meta-api A9: deauthorize and data deletion carry the same field.
TEST_F(Webhook, sends_signed_requests_as_a_form)
{
    const auto answer = sandbox.send_signed_request(callback.url("/form"));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->first, 200);
    EXPECT_EQ(json::parse(answer->second)["confirmation_code"], "1");

    ASSERT_EQ(callback.received().size(), 1U);
    const auto form = callback.received()[0];
    EXPECT_EQ(form.signature, "application/x-www-form-urlencoded");
    ASSERT_THAT(form.body, testing::StartsWith("signed_request="));
    const auto text = form.body.substr(form.body.find('=') + 1);
    const auto dot = text.find('.');
    const auto payload = text.substr(dot + 1);
    EXPECT_EQ(text.substr(0, dot), crypto::to_base64url(crypto::hmac_sha256("sandbox-app-secret", payload)))
        << "the signature is over the encoded part";
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("=")));
    const auto who = json::parse(*crypto::from_base64url(payload));
    EXPECT_EQ(who["algorithm"], "HMAC-SHA256");
    EXPECT_EQ(who["user_id"], sandbox.business().app_scoped_id);
    EXPECT_EQ(who["issued_at"], to_micros(sandbox.now()) / 1'000'000);
}

TEST_F(Webhook, tells_when_nobody_takes_a_signed_request)
{
    EXPECT_FALSE(sandbox.send_signed_request("http://127.0.0.1:1/form"));
}

}  // namespace
}  // namespace ss::sandbox

// Sending, and what is known after it went wrong.

#include "channel_fixture.hpp"

#include <fmt/core.h>
#include <httplib.h>

#include <thread>

namespace ss::instagram::test {
namespace {

using Messages = ConnectedTest;

TEST_F(Messages, sends_a_dm)
{
    const auto sent = send("São R$ 50 🌻");
    ASSERT_TRUE(sent) << sent.error().detail;
    ASSERT_EQ(sandbox.sent().size(), 1U);
    EXPECT_EQ(sandbox.sent()[0].mid, sent->message_id);
    EXPECT_EQ(sandbox.sent()[0].text, "São R$ 50 🌻");
}

TEST_F(Messages, checks_the_text_before_calling)
{
    std::string most;
    for (int i = 0; i < 500; ++i) {
        most += "é";
    }
    EXPECT_TRUE(send(most));
    EXPECT_EQ(send(most + "x").error().code, "local/too_long") << "bytes, not characters";
    EXPECT_EQ(send("  ").error().code, "local/empty");
    EXPECT_EQ(send("\xff").error().code, "local/utf8");
    EXPECT_EQ(sandbox.calls("send"), 1);
}

TEST_F(Messages, reports_the_closed_window_and_passes_it_as_a_person)
{
    sandbox.advance(25h);
    const auto closed = send("oi");
    ASSERT_FALSE(closed);
    EXPECT_EQ(closed.error().kind, FailureClass::window_closed);
    channel::OutgoingMessage message;
    message.customer = customer;
    message.text = "desculpe a demora";
    message.human_agent = true;
    EXPECT_TRUE(instagram->send(access, message));
    EXPECT_EQ(sandbox.sent().back().tag, "HUMAN_AGENT");
}

TEST_F(Messages, calls_the_outcome_unknown_whenever_it_is)
{
    for (const auto effect :
         {Effect::reset_after, Effect::reset_before, Effect::truncated, Effect::html, Effect::not_json, Effect::drip}) {
        sandbox.inject({.route = "send", .effect = effect});
        const auto sent = send("chegou?");
        ASSERT_FALSE(sent) << to_string(effect);
        EXPECT_EQ(sent.error().kind, FailureClass::unknown_outcome) << to_string(effect);
    }
    sandbox.inject({.route = "send", .latency = 5s, .only_latency = true});
    EXPECT_EQ(send("lento").error().kind, FailureClass::unknown_outcome) << "took longer than the deadline";
    sandbox.inject({.route = "send", .status = 500, .code = 1});
    EXPECT_EQ(send("falha").error().kind, FailureClass::unknown_outcome);
}

TEST_F(Messages, knows_when_it_surely_was_not_sent)
{
    for (const int code : {-1, 1, 2}) {
        sandbox.inject({.route = "send", .status = 400, .code = code});
        EXPECT_EQ(send("x").error().kind, FailureClass::unknown_outcome)
            << "a fault of Meta's own says nothing: " << code;
    }
    sandbox.inject({.route = "send", .status = 400, .code = 100, .subcode = 2'018'008});
    EXPECT_EQ(send("x").error().kind, FailureClass::transient) << "the file could not be fetched";
    sandbox.inject({.route = "send", .effect = Effect::error_in_200, .code = 551});
    EXPECT_EQ(send("x").error().kind, FailureClass::permanent) << "200 with an error";
    sandbox.stop();
    EXPECT_EQ(send("x").error().kind, FailureClass::transient) << "nobody listens";
    EXPECT_TRUE(sandbox.sent().empty());
}

TEST_F(Messages, finds_an_unknown_sending_in_the_conversation)
{
    sandbox.inject({.route = "send", .effect = Effect::reset_after});
    ASSERT_FALSE(send("chegou?"));
    const auto recent = instagram->recent_messages(access, customer);
    ASSERT_TRUE(recent) << recent.error().detail;
    ASSERT_EQ(recent->size(), 2U);
    EXPECT_EQ((*recent)[0].text, "chegou?");
    EXPECT_TRUE((*recent)[0].from_business);
    EXPECT_EQ((*recent)[0].message_id, sandbox.sent()[0].mid);
    EXPECT_FALSE((*recent)[1].from_business);
    EXPECT_TRUE(instagram->recent_messages(access, "999")->empty());
}

TEST_F(Messages, learns_who_the_customer_is)
{
    EXPECT_EQ(instagram->customer(access, customer)->name, "Joana Sampaio");
    EXPECT_EQ(instagram->customer(access, sandbox.customers()[1].id).error().code, "230") << "has not written yet";
}

TEST_F(Messages, records_how_much_of_the_limit_is_used)
{
    EXPECT_FALSE(instagram->usage("nobody"));
    sandbox.set_usage(87, 12);
    ASSERT_TRUE(instagram->customer(access, customer));
    const auto usage = instagram->usage(access.external_id);
    ASSERT_TRUE(usage);
    EXPECT_EQ(usage->percent, 87);
    EXPECT_EQ(usage->until_regained, 12min);
}

TEST_F(Messages, is_not_held_up_by_a_misbehaving_graph)
{
    for (const auto effect :
         {Effect::huge, Effect::drip, Effect::truncated, Effect::not_json, Effect::html, Effect::reset_before}) {
        sandbox.inject({.route = "customer", .effect = effect});
        const auto begin = std::chrono::steady_clock::now();
        const auto profile = instagram->customer(access, customer);
        ASSERT_FALSE(profile) << to_string(effect);
        EXPECT_EQ(profile.error().kind, FailureClass::transient) << to_string(effect);
        EXPECT_LT(std::chrono::steady_clock::now() - begin, 6s);
    }
    EXPECT_TRUE(instagram->customer(access, customer));
}

TEST_F(Messages, never_shows_a_token_in_a_failure)
{
    sandbox.advance(2 * 24h);
    for (const auto effect : {Effect::answer, Effect::reset_before, Effect::not_json, Effect::truncated}) {
        sandbox.inject({.effect = effect, .code = 190});
        const auto failed = instagram->refresh(access);
        ASSERT_FALSE(failed);
        EXPECT_THAT(failed.error().detail + failed.error().sentence, Not(HasSubstr("IGAA")));
    }
}

TEST_F(Messages, come_back_as_webhooks_that_it_can_verify_and_read)
{
    httplib::Server hook;
    std::string body;
    std::string signature;
    hook.Post("/", [&](const httplib::Request& request, httplib::Response&) {
        body = request.body;
        signature = request.get_header_value("X-Hub-Signature-256");
    });
    const int port = hook.bind_to_any_port("127.0.0.1");
    hook.set_keep_alive_timeout(0);
    std::thread thread{[&] { hook.listen_after_bind(); }};
    auto settings = sandbox.webhook();
    settings.callback_url = fmt::format("http://127.0.0.1:{}/", port);
    sandbox.set_webhook(settings);
    EXPECT_TRUE(instagram->subscribe(access));
    const auto sent = send("Já respondo 😀");
    EXPECT_TRUE(sandbox.wait_delivered(10s));
    hook.stop();
    thread.join();

    EXPECT_TRUE(instagram->verify_signature(body, signature));
    const auto parsed = instagram->parse(body);
    ASSERT_EQ(parsed.events.size(), 1U);
    EXPECT_TRUE(parsed.events[0].from_business);
    EXPECT_EQ(parsed.events[0].message_id, sent->message_id);
    EXPECT_EQ(parsed.events[0].text, "Já respondo 😀");
}

}  // namespace
}  // namespace ss::instagram::test

// Slow, idle and too many clients: each is cut or told, none costs the others.
#include "fixture.hpp"

namespace ss::http::test {
namespace {

using nlohmann::json;

class LimitsTest : public ServerTest {
protected:
    void start_with_a_queue_of_one()
    {
        options.workers = 1;
        options.queue = 1;
        start();
    }

    /// One request runs until `gate` is opened, one waits behind it: there is no room for more.
    void fill(RawClient& running, RawClient& queued)
    {
        running.send(get("/wait"));
        ASSERT_TRUE(eventually([&] { return waiting == 1; }));
        queued.send(get("/ping"));
        ASSERT_TRUE(eventually([&] { return server->numbers().queued == 1; }));
    }
};

TEST_F(LimitsTest, A_slow_header_is_cut_with_408)
{
    options.header_timeout = 80ms;
    start();
    RawClient client{port()};
    const auto reply = client.ask("GET /ping HTTP/1.1\r\nHost:");
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 408);
    EXPECT_TRUE(client.closes());
    RawClient silent{port()};
    EXPECT_FALSE(silent.reply()) << "nothing was asked, nothing is answered";
    EXPECT_TRUE(silent.closes());
}

TEST_F(LimitsTest, The_header_deadline_is_for_the_whole_header)
{
    options.header_timeout = 150ms;
    start();
    RawClient client{port()};
    client.send("GET /ping HTTP/1.1\r\n");
    const auto began = std::chrono::steady_clock::now();
    while (client.send("A: b\r\n") && !client.receive(20ms) && std::chrono::steady_clock::now() - began < 5s) {
    }
    EXPECT_LT(std::chrono::steady_clock::now() - began, 1s);
    EXPECT_EQ(client.reply()->status, 408);
}

TEST_F(LimitsTest, A_slow_body_is_cut_with_408)
{
    options.body_timeout = 120ms;
    start();
    RawClient client{port()};
    const auto reply = client.ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab");
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 408);
    EXPECT_TRUE(client.closes());
}

TEST_F(LimitsTest, A_body_that_trickles_below_the_rate_is_cut_before_the_whole_deadline)
{
    options.body_timeout = 6s;  // a sixth of it is grace
    options.body_bytes_per_second = 500;
    start();
    RawClient client{port()};
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n");
    const auto began = std::chrono::steady_clock::now();
    while (client.send("a") && !client.receive(50ms) && std::chrono::steady_clock::now() - began < 5s) {
    }
    EXPECT_EQ(client.reply()->status, 408);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 2500ms);
}

TEST_F(LimitsTest, A_reader_that_does_not_read_is_cut)
{
    options.write_timeout = 100ms;
    start();
    RawClient client{port(), 4'096};
    client.send(get("/huge"));
    EXPECT_TRUE(eventually([&] { return server->numbers().connections == 1; }));
    const bool gone = eventually([&] { return server->numbers().connections == 0; });
    EXPECT_TRUE(gone);
}

TEST_F(LimitsTest, An_idle_connection_is_closed_after_its_time)
{
    options.idle_timeout = 80ms;
    start();
    RawClient client{port()};
    EXPECT_EQ(client.ask(get("/ping"))->status, 200);
    EXPECT_TRUE(client.closes());
}

TEST_F(LimitsTest, A_full_queue_is_503_with_Retry_After_at_once)
{
    start_with_a_queue_of_one();
    RawClient running{port()};
    RawClient queued{port()};
    fill(running, queued);
    RawClient shed{port()};
    const auto began = std::chrono::steady_clock::now();
    const auto reply = shed.ask(get("/ping"));
    EXPECT_LT(std::chrono::steady_clock::now() - began, 50ms);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 503);
    EXPECT_TRUE(reply->has("Retry-After: 1\r\n"));
    EXPECT_EQ(json::parse(reply->body)["code"], "busy");
    EXPECT_EQ(server->numbers().refused, 1U);
    gate.open();
    EXPECT_EQ(running.reply()->status, 200);
    EXPECT_EQ(queued.reply()->status, 200);
    EXPECT_EQ(shed.ask(get("/ping"))->status, 200) << "the connection is kept";
}

TEST_F(LimitsTest, An_instant_route_is_answered_while_the_queue_is_full)
{
    router.add({.method = Method::get,
                .path = "/live",
                .about = "Touches nothing.",
                .tag = "test",
                .access = Access::open,
                .handler = [](const Request&) -> Result<Response> { return Response{.body = "{}"}; },
                .instant = true});
    start_with_a_queue_of_one();
    RawClient running{port()};
    RawClient queued{port()};
    fill(running, queued);
    RawClient probe{port()};
    EXPECT_EQ(probe.ask(get("/live"))->status, 200);
    EXPECT_EQ(probe.ask(get("/live"))->status, 200) << "the connection is kept";
    gate.open();
}

TEST_F(LimitsTest, Connections_are_capped_in_all_and_per_address)
{
    options.connections_per_address = 2;
    start();
    RawClient first{port()};
    RawClient second{port()};
    EXPECT_EQ(first.ask(get("/ping"))->status, 200);
    EXPECT_EQ(second.ask(get("/ping"))->status, 200);
    RawClient third{port()};
    EXPECT_EQ(third.reply()->status, 503);
    EXPECT_TRUE(third.closes());
    EXPECT_EQ(first.ask(get("/ping", "Connection: close\r\n"))->status, 200);
    ASSERT_TRUE(eventually([&] { return server->numbers().connections == 1; }));
    EXPECT_EQ(RawClient{port()}.ask(get("/ping"))->status, 200);
}

TEST_F(LimitsTest, Uploads_share_one_memory_limit)
{
    options.body_memory = 60'000;
    start();
    RawClient first{port()};
    first.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
    // A thousand bytes stay behind: what is complete before anybody looks is answered, and rightly.
    for (int i = 0; i < 99 && first.send(std::string(1'000, 'a')); ++i) {
    }
    EXPECT_EQ(first.reply()->status, 503);
    EXPECT_EQ(RawClient{port()}.ask(post("/echo", "small"))->body, "small");
}

}  // namespace
}  // namespace ss::http::test

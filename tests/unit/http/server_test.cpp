// The front door under good and bad clients, over real sockets.
#include "fixture.hpp"

#include <zlib.h>

namespace ss::http::test {
namespace {

using nlohmann::json;

std::string unpacked(std::string_view packed)
{
    z_stream stream{};
    inflateInit2(&stream, 15 + 16);
    std::string text(1'000'000, '\0');
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(text.data());
    stream.avail_out = static_cast<uInt>(text.size());
    inflate(&stream, Z_FINISH);
    text.resize(stream.total_out);
    inflateEnd(&stream);
    return text;
}

TEST_F(ServerTest, Every_answer_carries_the_guarding_headers_and_a_request_id)
{
    start();
    RawClient client{port()};
    for (const auto* path : {"/ping", "/nothing", "/none"}) {
        const auto reply = client.ask(get(path));
        ASSERT_TRUE(reply);
        for (const auto* line :
             {"X-Content-Type-Options: nosniff\r\n", "Referrer-Policy: no-referrer\r\n", "Cache-Control: no-store\r\n",
              "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n", "X-Frame-Options: DENY\r\n",
              "Cross-Origin-Opener-Policy: same-origin\r\n", "Cross-Origin-Resource-Policy: same-origin\r\n",
              "Permissions-Policy: ", "X-Request-Id: ", "Date: "}) {
            EXPECT_TRUE(reply->has(line)) << path << " " << line;
        }
        EXPECT_FALSE(reply->has("Server:"));
        EXPECT_FALSE(reply->has("Strict-Transport-Security"));
    }
}

TEST_F(ServerTest, A_handler_may_set_its_own_policy_but_not_break_the_framing)
{
    add(Method::get, "/page", [](const Request&) {
        Response response{.body = "<p>", .content_type = "text/html"};
        response.headers = {{"content-security-policy", "default-src 'self'"},
                            {"Content-Length", "999"},
                            {"X-Bad", "a\r\nInjected: yes"}};
        return response;
    });
    start();
    const auto reply = RawClient{port()}.ask(get("/page"));
    EXPECT_TRUE(reply->has("content-security-policy: default-src 'self'\r\n"));
    EXPECT_FALSE(reply->has("default-src 'none'"));
    EXPECT_TRUE(reply->has("Content-Length: 3\r\n"));
    EXPECT_FALSE(reply->has("Injected"));
}

TEST_F(ServerTest, HEAD_tells_what_GET_would_without_the_body)
{
    start();
    RawClient client{port()};
    const auto reply = client.ask("HEAD /big HTTP/1.1\r\nHost: x\r\n\r\n", true);
    EXPECT_EQ(reply->status, 200);
    EXPECT_TRUE(reply->has("Content-Length: 100002\r\n"));
    EXPECT_EQ(client.ask(get("/ping"))->status, 200) << "no body came in between";
}

TEST_F(ServerTest, A_204_has_neither_body_nor_length)
{
    start();
    const auto reply = RawClient{port()}.ask(get("/none"));
    EXPECT_EQ(reply->status, 204);
    EXPECT_FALSE(reply->has("Content-Length"));
    EXPECT_FALSE(reply->has("\r\nContent-Type"));
}

TEST_F(ServerTest, Methods_that_a_path_does_not_take_are_405_with_Allow)
{
    start();
    for (const auto* method : {"TRACE", "PUT", "DELETE", "CONNECT"}) {
        const auto target = std::string_view{method} == "CONNECT" ? "x:1" : "/ping";
        const auto reply = RawClient{port()}.ask(std::string{method} + " " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_EQ(reply->status, 405) << method;
        EXPECT_TRUE(reply->has("Allow: ")) << method;
    }
}

TEST_F(ServerTest, Text_is_compressed_for_who_takes_it_and_only_from_the_limit_on)
{
    start();
    RawClient client{port()};
    const auto packed = client.ask(get("/big", "Accept-Encoding: deflate, gzip\r\n"));
    EXPECT_TRUE(packed->has("Content-Encoding: gzip\r\n"));
    EXPECT_TRUE(packed->has("Vary: Accept-Encoding\r\n"));
    EXPECT_LT(packed->body.size(), 1'000U);
    EXPECT_EQ(unpacked(packed->body), "\"" + std::string(100'000, 'a') + "\"");
    EXPECT_FALSE(client.ask(get("/big", "Accept-Encoding: gzip;q=0\r\n"))->has("Content-Encoding"));
    EXPECT_TRUE(client.ask(get("/big"))->has("Vary: Accept-Encoding\r\n"));
    EXPECT_FALSE(client.ask(get("/ping", "Accept-Encoding: gzip\r\n"))->has("Content-Encoding"));
}

TEST_F(ServerTest, A_fixed_body_is_sent_without_a_copy_and_packed_once)
{
    const std::string page(200'000, 'p');
    const auto fixed = std::make_shared<FixedBody>(page);
    add(Method::get, "/page", [&](const Request&) {
        Response response{.body = "ignored", .content_type = "text/html"};
        response.fixed = fixed;
        return response;
    });
    start();
    RawClient client{port()};
    const auto plain = client.ask(get("/page"));
    EXPECT_TRUE(plain->has("Content-Length: 200000\r\n"));
    EXPECT_EQ(plain->body, page);
    const auto packed = client.ask(get("/page", "Accept-Encoding: gzip\r\n"));
    EXPECT_TRUE(packed->has("Content-Encoding: gzip\r\n"));
    EXPECT_EQ(unpacked(packed->body), page);
    EXPECT_EQ(fixed->gzipped().data(), fixed->gzipped().data());
    const auto head = client.ask("HEAD /page HTTP/1.1\r\nHost: x\r\n\r\n", true);
    EXPECT_TRUE(head->has("Content-Length: 200000\r\n"));
    EXPECT_TRUE(head->body.empty());
}

TEST_F(ServerTest, Only_listed_origins_are_allowed_across_origins)
{
    options.cors_origins = {"https://app.example"};
    start();
    RawClient client{port()};
    const auto good = client.ask(get("/ping", "Origin: https://app.example\r\n"));
    EXPECT_TRUE(good->has("Access-Control-Allow-Origin: https://app.example\r\n"));
    EXPECT_TRUE(good->has("Vary: Origin\r\n"));
    for (const auto* origin : {"https://app.example.evil", "null", "http://app.example", "https://APP.example"}) {
        const auto reply = client.ask(get("/ping", "Origin: " + std::string{origin} + "\r\n"));
        EXPECT_FALSE(reply->has("Access-Control-Allow-Origin")) << origin;
        EXPECT_TRUE(reply->has("Vary: Origin\r\n"));
    }
    const auto ask = [&](const char* origin) {
        return client.ask("OPTIONS /echo HTTP/1.1\r\nHost: x\r\nOrigin: " + std::string{origin} +
                          "\r\nAccess-Control-Request-Method: POST\r\n\r\n");
    };
    const auto preflight = ask("https://app.example");
    EXPECT_EQ(preflight->status, 204);
    EXPECT_TRUE(preflight->has("Access-Control-Allow-Methods: POST, OPTIONS\r\n"));
    EXPECT_TRUE(preflight->has("Access-Control-Allow-Headers: Authorization"));
    EXPECT_FALSE(ask("https://evil.example")->has("Access-Control-Allow"));
}

TEST_F(ServerTest, A_body_above_the_route_limit_is_413_before_it_is_sent)
{
    start();
    for (const auto* framing : {"Content-Length: 300000000\r\n\r\n", "Content-Length: 100001\r\n\r\n",
                                "Transfer-Encoding: chunked\r\n\r\n186a1\r\n"}) {
        RawClient client{port()};
        const auto reply = client.ask("POST /echo HTTP/1.1\r\nHost: x\r\n" + std::string{framing});
        ASSERT_TRUE(reply) << framing;
        EXPECT_EQ(reply->status, 413) << framing;
        EXPECT_TRUE(client.closes());
    }
    EXPECT_EQ(RawClient{port()}.ask(post("/echo", std::string(100'000, 'b')))->body.size(), 100'000U);
}

TEST_F(ServerTest, A_body_nobody_wants_is_not_read)
{
    start();
    RawClient client{port()};
    const auto reply = client.ask("POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 300000000\r\n\r\n");
    EXPECT_EQ(reply->status, 404);
    EXPECT_TRUE(reply->has("Connection: close\r\n"));
    EXPECT_TRUE(client.closes());
}

TEST_F(ServerTest, The_client_is_told_to_continue_only_when_its_body_is_wanted)
{
    start();
    RawClient client{port()};
    const std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ";
    EXPECT_EQ(client.ask(head + "2\r\n\r\n")->status, 100);
    EXPECT_EQ(client.ask("ok")->body, "ok");
    EXPECT_EQ(client.ask(head + "200000\r\n\r\n")->status, 413);
}

TEST_F(ServerTest, Forwarded_headers_count_only_from_a_trusted_proxy)
{
    options.trusted_proxies = {"10.0.0.0/8"};
    start();
    const auto asked =
        get("/who", "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nX-Request-Id: chosen-by-them\r\n");
    auto who = json::parse(RawClient{port()}.ask(asked)->body);
    EXPECT_EQ(who["remote"], "127.0.0.1");
    EXPECT_EQ(who["secure"], false);
    EXPECT_NE(who["id"], "chosen-by-them");
}

TEST_F(ServerTest, Behind_trusted_proxies_the_rightmost_other_address_is_the_client)
{
    options.trusted_proxies = {"127.0.0.1", "10.0.0.0/8"};
    start();
    const auto asked = get("/who",
                           "X-Forwarded-For: 6.6.6.6, 1.2.3.4\r\nX-Forwarded-For: 10.1.2.3\r\n"
                           "X-Forwarded-Proto: https\r\nX-Request-Id: chosen-by-them\r\n");
    const auto reply = RawClient{port()}.ask(asked);
    const auto who = json::parse(reply->body);
    EXPECT_EQ(who["remote"], "1.2.3.4");
    EXPECT_EQ(who["id"], "chosen-by-them");
    EXPECT_TRUE(reply->has("Strict-Transport-Security: max-age="));
    EXPECT_NE(json::parse(RawClient{port()}.ask(get("/who", "X-Request-Id: bad id\r\n"))->body)["id"], "bad id");
}

TEST_F(ServerTest, A_streamed_body_comes_in_chunks_and_a_broken_one_is_seen_to_be_broken)
{
    add(Method::get, "/stream", [](const Request&) {
        Response response{.content_type = "text/csv"};
        response.stream = [left = 3]() mutable -> Result<std::string> { return left-- > 0 ? "piece\n" : ""; };
        return response;
    });
    add(Method::get, "/broken", [](const Request&) {
        Response response;
        response.stream = [left = 1]() mutable -> Result<std::string> {
            return left-- > 0 ? Result<std::string>{"piece\n"} : fail(Errc::internal, "x");
        };
        return response;
    });
    start();
    RawClient client{port()};
    EXPECT_EQ(client.ask(get("/stream"))->body, "piece\npiece\npiece\n");
    EXPECT_EQ(client.ask("HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n", true)->status, 200);
    EXPECT_FALSE(client.ask(get("/broken")));
    EXPECT_EQ(RawClient{port()}.ask("GET /stream HTTP/1.0\r\n\r\n")->body, "piece\npiece\npiece\n");
}

TEST_F(ServerTest, Stop_finishes_what_runs_and_says_close)
{
    start();
    RawClient idle{port()};
    EXPECT_EQ(idle.ask(get("/ping"))->status, 200);
    RawClient running{port()};
    running.send(get("/wait"));
    ASSERT_TRUE(eventually([&] { return waiting == 1; }));
    std::jthread stopper{[&] { server->stop(5s); }};
    EXPECT_TRUE(idle.closes());
    EXPECT_FALSE(RawClient{port()}.ask(get("/ping"))) << "nothing new is taken";
    gate.open();
    const auto reply = running.reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_TRUE(reply->has("Connection: close\r\n"));
    stopper.join();
    EXPECT_EQ(server->numbers().connections, 0U);
}

TEST_F(ServerTest, Several_network_threads_serve_many_clients_at_once)
{
    options.network_threads = 3;
    start();
    EXPECT_TRUE(server->alive());
    std::atomic<int> good{0};
    {
        std::vector<std::jthread> clients;
        for (int i = 0; i < 8; ++i) {
            clients.emplace_back([&] {
                for (int round = 0; round < 50; ++round) {
                    RawClient client{port()};
                    const auto reply = client.ask(post("/echo", "x"));
                    good += reply && reply->body == "x" ? 1 : 0;
                }
            });
        }
    }
    EXPECT_EQ(good, 400);
}

TEST_F(ServerTest, A_port_that_is_taken_is_an_error_and_not_a_crash)
{
    start();
    ServerOptions same;
    same.port = port();
    Server second{same, router};
    const auto started = second.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, Errc::unavailable);
}

TEST_F(ServerTest, An_inherited_socket_is_served)
{
    const int listening = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    ASSERT_EQ(::listen(listening, 16), 0);
    options.inherited_socket = listening;
    start();
    EXPECT_EQ(RawClient{port()}.ask(get("/ping"))->status, 200);
}

}  // namespace
}  // namespace ss::http::test

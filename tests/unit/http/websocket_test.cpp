// WebSockets: handshake, echo, limits, slow readers, the end.
#include "fixture.hpp"

namespace ss::http::test {
namespace {

struct Frame {
    int opcode = 0;
    std::string payload;
    [[nodiscard]] int close_code() const
    {
        return payload.size() < 2
                   ? 0
                   : (static_cast<unsigned char>(payload[0]) << 8) | static_cast<unsigned char>(payload[1]);
    }
};

std::string frame(int opcode, std::string_view payload)
{
    std::string bytes;
    bytes += static_cast<char>(0x80 | opcode);
    if (payload.size() < 126) {
        bytes += static_cast<char>(0x80 | static_cast<int>(payload.size()));
    } else if (payload.size() < 65'536) {
        bytes += static_cast<char>(0x80 | 126);
        bytes += static_cast<char>(payload.size() >> 8);
        bytes += static_cast<char>(payload.size() & 0xff);
    } else {
        bytes += static_cast<char>(0x80 | 127);
        for (int shift = 56; shift >= 0; shift -= 8) {
            bytes += static_cast<char>((payload.size() >> shift) & 0xff);
        }
    }
    bytes += std::string(4, '\0');  // a mask of zeros leaves the payload as it is
    bytes += payload;
    return bytes;
}

std::optional<Frame> next_frame(RawClient& client)
{
    auto head = client.bytes(2);
    if (!head) {
        return std::nullopt;
    }
    Frame result;
    result.opcode = (*head)[0] & 0x0f;
    std::size_t size = (*head)[1] & 0x7f;
    const std::size_t wide = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (wide > 0) {
        const auto digits = client.bytes(wide);
        if (!digits) {
            return std::nullopt;
        }
        size = 0;
        for (const char digit : *digits) {
            size = size * 256 + static_cast<unsigned char>(digit);
        }
    }
    auto payload = client.bytes(size);
    if (!payload) {
        return std::nullopt;
    }
    result.payload = std::move(*payload);
    return result;
}

std::string handshake(std::string_view path, std::string_view headers = {})
{
    return "GET " + std::string{path} +
           " HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
           "13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
           std::string{headers} + "\r\n";
}

class WebSocketTest : public ServerTest {
protected:
    WebSocketTest()
    {
        SocketRoute route{.path = "/events", .open = {}, .message_limit = 1'000, .outgoing_limit = 100'000};
        route.origins = {"https://app.example"};
        route.open = [this](const Request& request, std::shared_ptr<Socket> opened) -> Result<SocketEvents> {
            if (request.text("ticket") != "good") {
                return fail(Errc::unauthenticated, "the ticket is not valid");
            }
            socket = opened;
            opened->send("hello");
            return SocketEvents{
                .message = [opened](std::string_view text) { opened->send("echo " + std::string{text}); },
                .closed = [this] { closed.open(); }};
        };
        socket_routes.push_back(std::move(route));
    }

    ~WebSocketTest() override { server.reset(); }

    std::shared_ptr<Socket> socket;
    Latch closed;
};

TEST_F(WebSocketTest, Opens_greets_and_echoes)
{
    start();
    RawClient client{port()};
    const auto reply = client.ask(handshake("/events?ticket=good"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 101);
    EXPECT_TRUE(reply->has("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    EXPECT_TRUE(reply->has("X-Content-Type-Options: nosniff\r\n"));
    EXPECT_FALSE(reply->has("Beast"));
    EXPECT_EQ(next_frame(client)->payload, "hello");
    client.send(frame(1, "one") + frame(1, "two"));
    EXPECT_EQ(next_frame(client)->payload, "echo one");
    EXPECT_EQ(next_frame(client)->payload, "echo two");
    client.send(frame(9, "ping"));
    EXPECT_EQ(next_frame(client)->opcode, 10);
    EXPECT_EQ(server->numbers().sockets, 1U);
    client.send(frame(8, "\x03\xe8"));
    EXPECT_EQ(next_frame(client)->opcode, 8);
    EXPECT_TRUE(closed.wait());
    EXPECT_TRUE(eventually([&] { return server->numbers().sockets == 0; }));
    socket->send("nobody is there");
}

TEST_F(WebSocketTest, Refusals_are_answered_as_HTTP)
{
    start();
    const auto status = [&](const std::string& bytes) { return RawClient{port()}.ask(bytes)->status; };
    EXPECT_EQ(status(handshake("/events?ticket=bad")), 401);
    EXPECT_EQ(status(handshake("/events?ticket=good", "Origin: https://evil.example\r\n")), 403);
    EXPECT_EQ(status(handshake("/events?ticket=good", "Origin: null\r\n")), 403);
    EXPECT_EQ(status(handshake("/events?ticket=good", "Origin: https://app.example\r\n")), 101);
    EXPECT_EQ(status(get("/events?ticket=good")), 426);
    EXPECT_EQ(status(handshake("/other")), 404);
    auto old = handshake("/events?ticket=good");
    old.replace(old.find("Version: 13"), 11, "Version: 8 ");
    EXPECT_EQ(status(old), 426);
}

TEST_F(WebSocketTest, A_message_above_the_limit_closes_with_1009)
{
    start();
    RawClient client{port()};
    client.ask(handshake("/events?ticket=good"));
    next_frame(client);
    client.send(frame(1, std::string(1'001, 'a')));
    const auto last = next_frame(client);
    ASSERT_TRUE(last);
    EXPECT_EQ(last->opcode, 8);
    EXPECT_EQ(last->close_code(), 1009);
    EXPECT_TRUE(closed.wait());
}

TEST_F(WebSocketTest, Too_many_messages_a_second_close_with_1008)
{
    socket_routes.front().messages_per_second = 5;
    start();
    RawClient client{port()};
    client.ask(handshake("/events?ticket=good"));
    for (int i = 0; i < 20; ++i) {
        client.send(frame(1, "x"));
    }
    auto last = next_frame(client);
    while (last && last->opcode != 8) {
        last = next_frame(client);
    }
    ASSERT_TRUE(last);
    EXPECT_EQ(last->close_code(), 1008);
}

TEST_F(WebSocketTest, A_slow_reader_is_dropped_and_the_sender_never_waits)
{
    options.write_timeout = 200ms;
    start();
    RawClient client{port(), 4'096};
    ASSERT_EQ(client.ask(handshake("/events?ticket=good"))->status, 101);
    ASSERT_TRUE(eventually([&] { return server->numbers().sockets == 1; }));
    const std::string text(50'000, 'a');
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < 2'000; ++i) {
        socket->send(text);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - began, 10s) << "100 MB that nobody reads";
    EXPECT_TRUE(closed.wait());
    EXPECT_TRUE(eventually([&] { return server->numbers().connections == 0; }));
}

TEST_F(WebSocketTest, The_handler_can_close_with_a_code)
{
    start();
    RawClient client{port()};
    client.ask(handshake("/events?ticket=good"));
    next_frame(client);
    socket->close(4401, "the session has ended");
    const auto last = next_frame(client);
    ASSERT_TRUE(last);
    EXPECT_EQ(last->close_code(), 4401);
    EXPECT_EQ(last->payload.substr(2), "the session has ended");
}

TEST_F(WebSocketTest, An_idle_browser_is_pinged_and_dropped_when_it_does_not_answer)
{
    options.idle_timeout = 200ms;
    start();
    RawClient client{port()};
    client.ask(handshake("/events?ticket=good"));
    next_frame(client);
    EXPECT_EQ(next_frame(client)->opcode, 9);
    EXPECT_TRUE(closed.wait());
    EXPECT_TRUE(client.closes());
}

TEST_F(WebSocketTest, Stop_says_goodbye_with_1001)
{
    start();
    RawClient client{port()};
    client.ask(handshake("/events?ticket=good"));
    next_frame(client);
    std::jthread stopper{[&] { server->stop(2s); }};
    const auto last = next_frame(client);
    ASSERT_TRUE(last);
    EXPECT_EQ(last->close_code(), 1001);
    client.send(frame(8, "\x03\xe9"));
    stopper.join();
    EXPECT_TRUE(closed.wait());
    EXPECT_EQ(server->numbers().connections, 0U);
}

}  // namespace
}  // namespace ss::http::test

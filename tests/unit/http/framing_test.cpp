// What is not HTTP/1.1 to the letter is answered once and closed (reliability bar H1), and what is, is understood.
#include "fixture.hpp"

#include "chunked.hpp"
#include "head.hpp"

namespace ss::http::test {
namespace {

struct Case {
    std::string name;
    std::string bytes;
    int status;
};

std::string with_headers(const std::string& headers, const std::string& body = {})
{
    return "POST /echo HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n" + body;
}

std::vector<Case> cases()
{
    using namespace std::string_literals;
    return {
        {"length and chunked", with_headers("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
        {"two different lengths", with_headers("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), 400},
        {"two equal lengths", with_headers("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400},
        {"a list of lengths", with_headers("Content-Length: 5, 5\r\n", "hello"), 400},
        {"length with a sign", with_headers("Content-Length: +5\r\n", "hello"), 400},
        {"length with a letter", with_headers("Content-Length: 5x\r\n", "hello"), 400},
        {"negative length", with_headers("Content-Length: -1\r\n"), 400},
        {"length above 64 bits", with_headers("Content-Length: 99999999999999999999\r\n"), 413},
        {"empty length", with_headers("Content-Length: \r\n"), 400},
        {"unknown coding", with_headers("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 501},
        {"chunked not last", with_headers("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), 400},
        {"two codings fields", with_headers("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
        {"chunked in HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"space before the colon", with_headers("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), 400},
        {"chunk size 0x5", with_headers("Transfer-Encoding: chunked\r\n", "0x5\r\nhello\r\n0\r\n\r\n"), 400},
        {"chunk size with a sign", with_headers("Transfer-Encoding: chunked\r\n", "+5\r\nhello\r\n0\r\n\r\n"), 400},
        {"chunk longer than its size", with_headers("Transfer-Encoding: chunked\r\n", "3\r\nhello\r\n0\r\n\r\n"), 400},
        {"chunk line ends in LF", with_headers("Transfer-Encoding: chunked\r\n", "5\nhello\r\n0\r\n\r\n"), 400},
        {"chunk size above 64 bits", with_headers("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n"), 413},
        {"no Host", "GET /ping HTTP/1.1\r\n\r\n", 400},
        {"two Hosts", "GET /ping HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        {"Host with a path", "GET /ping HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
        {"bare LF", "GET /ping HTTP/1.1\nHost: x\n\n", 400},
        {"bare CR", "GET /ping HTTP/1.1\r\nHost: x\r\nA: b\rC: d\r\n\r\n", 400},
        {"folded field", with_headers("A: b\r\n c\r\n"), 400},
        {"field without a colon", with_headers("nonsense\r\n"), 400},
        {"field without a name", with_headers(": x\r\n"), 400},
        {"NUL in a field", with_headers("A: b\0c\r\n"s), 400},
        {"NUL in the target", "GET /ping\0 HTTP/1.1\r\nHost: x\r\n\r\n"s, 400},
        {"HTTP/0.9", "GET /ping\r\n", 400},
        {"HTTP/2.0", "GET /ping HTTP/2.0\r\nHost: x\r\n\r\n", 505},
        {"lower-case version", "GET /ping http/1.1\r\nHost: x\r\n\r\n", 400},
        {"two spaces", "GET  /ping HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"tab for a space", "GET\t/ping\tHTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"method that is no token", "G(T /ping HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"unknown method", "BREW /ping HTTP/1.1\r\nHost: x\r\n\r\n", 501},
        {"relative target", "GET ping HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"authority target", "GET example.org:80 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"tunnel", "CONNECT example.org:80 HTTP/1.1\r\nHost: x\r\n\r\n", 405},
        {"user in the target", "GET http://a@b/ping HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"byte above 127 in the target", "GET /\xc3\xa7 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"encoded NUL", "GET /a%00.png HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"encoded slash", "GET /a%2fb HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"half an escape", "GET /a%2 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"overlong UTF-8", "GET /%c0%af HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"two empty lines first", "\r\n\r\nGET /ping HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"two Authorizations", with_headers("Authorization: a\r\nAuthorization: b\r\n"), 400},
        {"unknown expectation", with_headers("Expect: 200-ok\r\n"), 417},
        {"compressed body", with_headers("Content-Encoding: gzip\r\nContent-Length: 2\r\n", "xx"), 415},
        {"TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", 400},
    };
}

class FramingTest : public ServerTest {};

TEST_F(FramingTest, Each_malformed_request_is_answered_before_any_time_out_and_closed)
{
    start();
    for (const auto& row : cases()) {
        RawClient client{port()};
        const auto began = std::chrono::steady_clock::now();
        // What follows must never be taken for a second request.
        const auto reply = client.ask(row.bytes + "GET /ping HTTP/1.1\r\nHost: smuggled\r\n\r\n");
        const auto took = std::chrono::steady_clock::now() - began;
        ASSERT_TRUE(reply) << row.name;
        EXPECT_EQ(reply->status, row.status) << row.name;
        EXPECT_LT(took, 5s) << row.name;
        EXPECT_TRUE(reply->has("Connection: close\r\n")) << row.name;
        EXPECT_TRUE(reply->has("X-Content-Type-Options: nosniff\r\n")) << row.name;
        EXPECT_TRUE(reply->has("Content-Type: application/problem+json\r\n")) << row.name;
        EXPECT_FALSE(client.reply()) << row.name << ": a second answer";
        EXPECT_TRUE(client.closes()) << row.name;
    }
}

TEST_F(FramingTest, Limits_of_the_head_have_their_own_answers)
{
    start();
    const auto status = [&](const std::string& bytes) {
        const auto reply = RawClient{port()}.ask(bytes);
        return reply ? reply->status : 0;
    };
    EXPECT_EQ(status("GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n"), 414);
    EXPECT_EQ(status("GET /" + std::string(9'000, 'a')), 414) << "before the line ends";
    EXPECT_EQ(status(get("/ping", "A: " + std::string(17'000, 'a') + "\r\n")), 431);
    EXPECT_EQ(status("GET /ping HTTP/1.1\r\nHost: x\r\nA: " + std::string(17'000, 'a')), 431) << "before the line ends";
    std::string fields;
    for (int i = 0; i < 100; ++i) {
        fields += "A: b\r\n";
    }
    EXPECT_EQ(status(get("/ping", fields)), 431);
    EXPECT_EQ(status(get("/ping", fields.substr(6))), 200);
}

TEST_F(FramingTest, What_the_RFC_allows_is_understood)
{
    start();
    RawClient client{port()};
    EXPECT_EQ(client.ask("GET http://example.org/ping HTTP/1.1\r\nHost: x\r\n\r\n")->status, 200);
    EXPECT_EQ(client.ask("\r\nGET /ping HTTP/1.1\r\nHost:x\r\nA:\t b \t\r\n\r\n")->status, 200);
    EXPECT_EQ(client.ask("GET /%70ing HTTP/1.1\r\nHost: [::1]:80\r\n\r\n")->status, 200);
    EXPECT_EQ(client
                  .ask(with_headers("Transfer-Encoding: Chunked\r\n",
                                    "5;a=b\r\nhello\r\n1 ;x\r\n \r\n005\r\nthere\r\n0\r\nTrailer: x\r\n\r\n"))
                  ->body,
              "hello there");
    EXPECT_EQ(client.ask("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")->status, 204);
    EXPECT_EQ(client.ask("GET /ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")->status, 200);
    const auto last = client.ask("GET /ping HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(last->has("Connection: close\r\n"));
    EXPECT_TRUE(client.closes());
}

TEST_F(FramingTest, A_request_may_arrive_byte_by_byte)
{
    start();
    RawClient client{port()};
    for (const char c : with_headers("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n")) {
        client.send({&c, 1});
    }
    EXPECT_EQ(client.reply()->body, "hello");
}

TEST_F(FramingTest, Requests_in_one_packet_are_answered_in_order)
{
    start();
    RawClient client{port()};
    std::string burst;
    for (int i = 0; i < 50; ++i) {
        burst += post("/echo", std::to_string(i));
    }
    client.send(burst);
    for (int i = 0; i < 50; ++i) {
        const auto reply = client.reply();
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->body, std::to_string(i));
    }
}

TEST(HeadReader, Reads_the_same_however_the_bytes_are_cut)
{
    const std::string text = "GET /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
    for (std::size_t cut = 1; cut < text.size() - 3; ++cut) {
        HeadReader reader{HeadLimits{}};
        const auto first = reader.feed(text.substr(0, cut));
        EXPECT_EQ(first, HeadReader::State::more) << cut;
        ASSERT_EQ(reader.feed(text), HeadReader::State::done);
        EXPECT_EQ(reader.consumed(), text.size() - 3);
        EXPECT_EQ(reader.head().content_length, 3U);
    }
}

TEST(ChunkedReader, Never_gives_more_than_its_limit)
{
    for (const std::string text : {"5\r\nhello\r\n", "4\r\nhell\r\n1\r\no\r\n", "ffffff\r\n"}) {
        ChunkedReader reader{4};
        std::string input = text;
        std::string body;
        ASSERT_EQ(reader.feed(input, body), ChunkedReader::State::refused) << text;
        EXPECT_EQ(reader.refusal().status, 413);
        EXPECT_LE(body.size(), 4U);
    }
}

}  // namespace
}  // namespace ss::http::test

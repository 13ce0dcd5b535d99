#include "peers.hpp"

#include <ss/net.hpp>

#include <gmock/gmock.h>

#include <atomic>

namespace ss::net {
namespace {

using namespace std::chrono_literals;
using test::HttpPeer, test::RawPeer;
using testing::HasSubstr, testing::Not;

class HttpClientTest : public testing::Test {
protected:
    SystemClock clock;
    HttpClient client{clock};
};

Request get(std::string url)
{
    return {.url = std::move(url)};
}

TEST_F(HttpClientTest, sends_the_body_and_gives_lower_cased_headers)
{
    const HttpPeer peer{[](httplib::Server& server) {
        server.Post("/echo", [](const httplib::Request& request, httplib::Response& response) {
            response.set_header("X-App-Usage", "{}");
            response.set_content(request.get_header_value("Content-Type") + "|" + request.body, "text/plain");
        });
    }};
    Request request{.method = "POST", .url = peer.url("/echo?a=b%2Bc"), .body = json_body("{\"a\":1}")};
    const auto reply = client.send(request);
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->body, "application/json|{\"a\":1}");
    EXPECT_EQ(reply->header("x-app-usage"), "{}");
}

TEST_F(HttpClientTest, does_not_touch_the_query)
{
    std::string seen;
    const HttpPeer peer{[&](httplib::Server& server) {
        server.Get("/q", [&](const httplib::Request& request, httplib::Response&) { seen = request.target; });
    }};
    ASSERT_TRUE(client.send(get(peer.url("/q?access_token=a%2Fb&x=1+2,3"))));
    EXPECT_EQ(seen, "/q?access_token=a%2Fb&x=1+2,3");
}

TEST_F(HttpClientTest, keeps_connections_alive_between_calls)
{
    std::atomic<int> last_port = 0;
    std::atomic<int> connections = 0;
    const HttpPeer peer{[&](httplib::Server& server) {
        server.set_keep_alive_timeout(1);
        server.Get("/", [&](const httplib::Request& request, httplib::Response&) {
            connections += last_port.exchange(request.remote_port) != request.remote_port ? 1 : 0;
        });
    }};
    for (int i = 0; i < 50; ++i) {
        ASSERT_TRUE(client.send(get(peer.url("/"))));
    }
    EXPECT_EQ(connections, 1);
}

TEST_F(HttpClientTest, serves_threads_side_by_side)
{
    std::atomic<int> inside = 0;
    std::atomic<int> most = 0;
    const HttpPeer peer{[&](httplib::Server& server) {
        server.new_task_queue = [] { return new httplib::ThreadPool(8); };
        server.Get("/", [&](const httplib::Request&, httplib::Response&) {
            const int now = ++inside;
            most = std::max(most.load(), now);
            for (int i = 0; i < 2000 && most < 4; ++i) {
                std::this_thread::sleep_for(1ms);  // until the others have come too
            }
            --inside;
        });
    }};
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] { EXPECT_TRUE(client.send(get(peer.url("/")))); });
    }
    threads.clear();
    EXPECT_EQ(most, 4);
}

TEST_F(HttpClientTest, refuses_an_answer_above_the_cap)
{
    const HttpPeer peer{[](httplib::Server& server) {
        server.Get("/big", [](const httplib::Request&, httplib::Response& response) {
            response.set_chunked_content_provider("text/plain", [](std::size_t, httplib::DataSink& sink) {
                static const std::string kBlock(1 << 16, 'x');
                return sink.write(kBlock.data(), kBlock.size());  // without end
            });
        });
    }};
    auto request = get(peer.url("/big"));
    request.max_answer = 1'000'000;
    const auto reply = client.send(request);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, Errc::too_large);
    EXPECT_EQ(reply.error().phase, Phase::unknown);
}

TEST_F(HttpClientTest, ends_a_call_whose_header_drips_in_without_end)
{
    RawPeer peer{[](int connection) {
        RawPeer::read_header(connection);
        RawPeer::write(connection, "HTTP/1.1 200 OK\r\nX: ");
        while (RawPeer::write(connection, "x")) {
            std::this_thread::sleep_for(20ms);
        }
    }};
    auto request = get("http://127.0.0.1:" + std::to_string(peer.port) + "/");
    request.deadline = 300ms;
    const auto begin = std::chrono::steady_clock::now();
    const auto reply = client.send(request);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, Errc::timeout);
    EXPECT_EQ(reply.error().phase, Phase::unknown);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

TEST_F(HttpClientTest, tells_not_sent_from_unknown)
{
    int closed_port = 0;
    {
        const HttpPeer gone{[](httplib::Server&) {}};
        closed_port = gone.port;
    }
    const auto unreachable = client.send(get("http://127.0.0.1:" + std::to_string(closed_port) + "/"));
    ASSERT_FALSE(unreachable);
    EXPECT_EQ(unreachable.error().code, Errc::unavailable);
    EXPECT_EQ(unreachable.error().phase, Phase::not_sent);

    RawPeer peer{[](int connection) { RawPeer::read_header(connection); }};  // reads the request, says nothing
    const auto broken = client.send(get("http://127.0.0.1:" + std::to_string(peer.port) + "/"));
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, Errc::unavailable);
    EXPECT_EQ(broken.error().phase, Phase::unknown);
}

TEST_F(HttpClientTest, treats_a_truncated_body_as_no_answer)
{
    RawPeer peer{[](int connection) {
        RawPeer::read_header(connection);
        RawPeer::write(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    }};
    const auto reply = client.send(get("http://127.0.0.1:" + std::to_string(peer.port) + "/"));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().phase, Phase::unknown);
}

TEST_F(HttpClientTest, refuses_header_injection)
{
    for (const auto& header :
         Fields{{"X-A", "b\r\nX-Evil: 1"}, {"X-A", "b\nc"}, {"X A", "b"}, {"", "b"}, {"X:A", ""}}) {
        const auto reply = client.send({.url = "http://127.0.0.1:1/", .headers = {header}});
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().code, Errc::invalid);
        EXPECT_EQ(reply.error().phase, Phase::not_sent);
    }
}

TEST_F(HttpClientTest, does_not_follow_redirects_by_itself)
{
    const HttpPeer peer{[](httplib::Server& server) {
        server.Get("/", [](const httplib::Request&, httplib::Response& response) { response.set_redirect("/other"); });
    }};
    const auto reply = client.send(get(peer.url("/")));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 302);
}

TEST_F(HttpClientTest, never_names_the_path_or_query_in_an_error)
{
    const auto reply = client.send(get("http://127.0.0.1:1/refresh?access_token=SECRET"));
    ASSERT_FALSE(reply);
    EXPECT_THAT(reply.error().message, Not(HasSubstr("SECRET")));
    EXPECT_THAT(reply.error().message, HasSubstr("127.0.0.1"));
}

TEST_F(HttpClientTest, stops_calling_a_host_that_does_not_answer)
{
    std::atomic<int> calls = 0;
    const HttpPeer peer{[&](httplib::Server& server) {
        server.Get("/", [&](const httplib::Request&, httplib::Response& response) {
            ++calls;
            response.status = 502;
        });
    }};
    for (int i = 0; i < 20; ++i) {
        (void)client.send(get(peer.url("/")));
    }
    EXPECT_EQ(calls, 5);
    const auto reply = client.send(get(peer.url("/")));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().phase, Phase::not_sent);
    EXPECT_GT(reply.error().retry_after.count(), 0);
}

TEST_F(HttpClientTest, fetches_over_redirects_but_only_so_many_and_keeps_headers_at_home)
{
    std::string seen = "none";
    const HttpPeer other{[&](httplib::Server& server) {
        server.Get("/end", [&](const httplib::Request& request, httplib::Response& response) {
            seen = request.get_header_value("Authorization");
            response.set_content("here", "text/plain");
        });
    }};
    const HttpPeer peer{[&](httplib::Server& server) {
        server.Get("/a", [&](const httplib::Request&, httplib::Response& response) {
            response.set_redirect(other.url("/end"));
        });
        server.Get("/loop",
                   [](const httplib::Request&, httplib::Response& response) { response.set_redirect("/loop"); });
    }};
    const auto reply = client.fetch({.url = peer.url("/a"), .headers = {{"Authorization", "Bearer SECRET"}}});
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, "here");
    EXPECT_EQ(seen, "");
    EXPECT_FALSE(client.fetch(get(peer.url("/loop"))));
}

}  // namespace
}  // namespace ss::net

// A browser's WebSocket on the real daemon: its ticket, what it hears, and what closes it.
#include "shop.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

#include <fmt/core.h>

#include <optional>
#include <utility>

namespace ss::testing {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using nlohmann::json;

class Browser {
public:
    explicit Browser(std::uint16_t port) : port_{port} {}

    /// The status of the upgrade: 101, or that of the refusal.
    unsigned open(const std::string& path, const std::string& origin = {})
    {
        const asio::ip::tcp::endpoint daemon{asio::ip::make_address("127.0.0.1"), port_};
        websocket::response_type answer;
        within([&](auto done) { beast::get_lowest_layer(socket_).async_connect(daemon, done); });
        socket_.set_option(websocket::stream_base::decorator([&](websocket::request_type& request) {
            if (!origin.empty()) {
                request.set(beast::http::field::origin, origin);
            }
        }));
        within([&](auto done) { socket_.async_handshake(answer, fmt::format("127.0.0.1:{}", port_), path, done); });
        return answer.result_int();
    }

    /// The next event of the kind; null when the socket closed before, or nothing came.
    json hear(std::string_view kind)
    {
        for (;;) {
            beast::flat_buffer frame;
            const auto failed =
                within([&](auto done) { socket_.async_read(frame, [done](auto error, std::size_t) { done(error); }); });
            if (failed) {
                return nullptr;
            }
            auto event = json::parse(beast::buffers_to_string(frame.data()));
            if (event.value("kind", "") == kind) {
                return event;
            }
        }
    }
    /// Of the daemon's close.
    [[nodiscard]] int close_code() { return socket_.reason().code; }

private:
    template <class Start>
    beast::error_code within(const Start& start)
    {
        beast::error_code outcome = asio::error::timed_out;
        start([&outcome](beast::error_code error) { outcome = error; });
        io_.restart();
        io_.run_for(30s);
        return outcome;
    }

    std::uint16_t port_;
    asio::io_context io_;
    websocket::stream<beast::tcp_stream> socket_{io_};
};

class RealtimeOfDaemon : public ::testing::TestWithParam<Backend> {
protected:
    void SetUp() override
    {
        shop.open();
        ready.emplace(shop.ready());
    }
    std::string address() const
    {
        const auto ticket = ready->api.post("/api/v1/events/ticket");
        EXPECT_EQ(ticket.status, 201) << ticket.body;
        return "/api/v1/events?ticket=" + ticket.json.at("ticket").get<std::string>();
    }

    Shop shop{GetParam()};
    std::optional<Shop::Ready> ready;
};
INSTANTIATE_TEST_SUITE_P(Storage, RealtimeOfDaemon, ::testing::Values(Backend::sqlite, Backend::postgres_and_redis),
                         name_of);

TEST_P(RealtimeOfDaemon, a_browser_hears_of_a_customers_message_and_reads_it)
{
    Browser browser{shop.daemon->port()};
    ASSERT_EQ(browser.open(address()), 101U);
    ASSERT_FALSE(browser.hear("hello").is_null());
    shop.sandbox->write(ready->customer.id, "Chegou a coleção nova?");
    const auto event = browser.hear("message.received");
    ASSERT_FALSE(event.is_null());
    const auto id = event.at("data").at("message").get<std::int64_t>();
    EXPECT_EQ(ready->api.get(fmt::format("/api/v1/messages/{}", id)).json.at("text"), "Chegou a coleção nova?");
}

TEST_P(RealtimeOfDaemon, a_browser_that_comes_back_misses_nothing)
{
    std::int64_t number = 0;
    {
        Browser first{shop.daemon->port()};
        ASSERT_EQ(first.open(address()), 101U);
        number = first.hear("hello").at("number");
    }
    shop.sandbox->write(ready->customer.id, "Enquanto você não estava");
    ASSERT_TRUE(eventually([&] {
        return ready->api.get("/api/v1/conversations").json.at("items").at(0).at("preview") ==
               "Enquanto você não estava";
    }));
    Browser again{shop.daemon->port()};
    ASSERT_EQ(again.open(fmt::format("{}&after={}", address(), number)), 101U);
    EXPECT_FALSE(again.hear("message.received").is_null());
}

TEST_P(RealtimeOfDaemon, a_ticket_opens_one_socket_and_only_for_our_own_pages)
{
    const auto once = address();
    EXPECT_EQ(Browser{shop.daemon->port()}.open(once), 101U);
    EXPECT_EQ(Browser{shop.daemon->port()}.open(once), 401U);
    EXPECT_EQ(Browser{shop.daemon->port()}.open("/api/v1/events?ticket=guessed"), 401U);
    EXPECT_EQ(Browser{shop.daemon->port()}.open(address(), "https://evil.example"), 403U);
    EXPECT_EQ(shop.api().get(address()).status / 100, 4) << "no WebSocket without the upgrade's headers";
}

TEST_P(RealtimeOfDaemon, a_log_out_closes_the_socket)
{
    Browser browser{shop.daemon->port()};
    ASSERT_EQ(browser.open(address()), 101U);
    ASSERT_FALSE(browser.hear("hello").is_null());
    ASSERT_EQ(ready->api.post("/api/v1/auth/logout").status, 204);
    EXPECT_TRUE(browser.hear("anything").is_null());
    EXPECT_EQ(browser.close_code(), 4401);
}

}  // namespace
}  // namespace ss::testing

// A resolver in somebody else's hand (DNS rebinding, I8): it says one address when it is asked first and another one
// when it is asked again. What was checked has to be what is connected to.
#include "peers.hpp"

#include <ss/net.hpp>

#include <fmt/core.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace ss::net {
namespace {

using Addresses = std::vector<std::string>;

/// Gives its answers one after the other, the last one for ever.
class FickleResolver {
public:
    explicit FickleResolver(std::vector<Addresses> answers) : answers_{std::move(answers)} {}

    Addresses operator()(const std::string& host)
    {
        hosts.push_back(host);
        return answers_[std::min(hosts.size() - 1, answers_.size() - 1)];
    }

    std::vector<std::string> hosts;

private:
    std::vector<Addresses> answers_;
};

/// The same port on two addresses of loopback: the place that was checked, and the place the name leads to later.
class Rebinding : public testing::Test {
protected:
    static void serve(httplib::Server& server, const std::string& who, std::atomic<int>& calls)
    {
        server.Get("/", [who, &calls](const httplib::Request&, httplib::Response& response) {
            ++calls;
            response.set_content(who, "text/plain");
        });
        server.Get("/again", [&calls](const httplib::Request& request, httplib::Response& response) {
            ++calls;
            response.set_redirect("http://" + request.get_header_value("Host") + "/");
        });
        server.Get("/elsewhere", [&calls](const httplib::Request&, httplib::Response& response) {
            ++calls;
            response.set_redirect("http://rebind.example/");
        });
    }

    void SetUp() override
    {
        // Another program may hold the second address's port: then another pair is tried.
        for (int tries = 0; tries < 20 && !(other && other->port > 0); ++tries) {
            other.reset();
            checked = std::make_unique<test::HttpPeer>(
                [this](httplib::Server& server) { serve(server, "checked", checked_calls); });
            other = std::make_unique<test::HttpPeer>(
                [this](httplib::Server& server) { serve(server, "other", other_calls); }, "127.0.0.2", checked->port);
        }
        ASSERT_GT(other->port, 0);
    }

    Reply fetch(FickleResolver& resolver, const std::string& path)
    {
        HttpClient client{clock,
                          {.allowed_hosts = {fmt::format("rebind.example:{}", checked->port)},
                           .resolve = [&](const std::string& host) { return resolver(host); }}};
        return client.fetch(
            {.url = fmt::format("http://rebind.example:{}{}", checked->port, path), .trust = Trust::outsider});
    }

    SystemClock clock;
    std::atomic<int> checked_calls = 0;
    std::atomic<int> other_calls = 0;
    std::unique_ptr<test::HttpPeer> checked;
    std::unique_ptr<test::HttpPeer> other;
};

TEST_F(Rebinding, connects_to_the_address_that_was_checked_and_asks_no_second_time)
{
    FickleResolver resolver{{{"127.0.0.1"}, {"127.0.0.2"}}};
    const auto reply = fetch(resolver, "/");
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->body, "checked");
    EXPECT_EQ(other_calls, 0);
    EXPECT_EQ(resolver.hosts, Addresses{"rebind.example"});
}

TEST_F(Rebinding, the_next_request_is_checked_and_connected_anew_over_no_kept_connection)
{
    FickleResolver resolver{{{"127.0.0.1"}, {"127.0.0.2"}}};
    const auto reply = fetch(resolver, "/again");
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->body, "other");  // allowed by name here: what counts is that the second answer was looked at
    EXPECT_EQ(resolver.hosts.size(), 2U);
}

TEST_F(Rebinding, a_redirect_to_a_name_that_has_become_private_is_refused)
{
    for (const auto* address : {"127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "::ffff:127.0.0.1"}) {
        FickleResolver resolver{{{"127.0.0.1"}, {address}}};
        const auto reply = fetch(resolver, "/elsewhere");  // on port 80, where the name is not exempt
        ASSERT_FALSE(reply) << address;
        EXPECT_EQ(reply.error().code, Errc::forbidden) << address;
    }
    EXPECT_EQ(other_calls, 0);
}

TEST_F(Rebinding, one_private_address_among_public_ones_is_enough_to_refuse)
{
    HttpClient client{clock, {.resolve = [](const std::string&) { return Addresses{"8.8.8.8", "127.0.0.1"}; }}};
    const auto reply = client.send({.url = "http://mixed.example/", .trust = Trust::outsider});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, Errc::forbidden);
    EXPECT_EQ(reply.error().phase, Phase::not_sent);
}

TEST_F(Rebinding, an_answer_that_is_no_address_is_refused)
{
    HttpClient client{clock, {.resolve = [](const std::string&) { return Addresses{"localhost"}; }}};
    const auto reply = client.send({.url = "http://odd.example/", .trust = Trust::outsider});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, Errc::forbidden);
}

}  // namespace
}  // namespace ss::net

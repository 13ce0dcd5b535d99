#pragma once
/// The channel and a pretend Instagram, over real HTTP.

#include <ss/instagram.hpp>
#include <ss/net.hpp>
#include <ss/sandbox.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace ss::instagram::test {

using namespace std::chrono_literals;
using channel::Access, channel::ContainerState, channel::FailureClass;
using sandbox::Effect;
using testing::HasSubstr, testing::Not, testing::StartsWith;

inline constexpr auto kRedirect = "http://127.0.0.1:4000/auth/instagram/callback";

/// The sandbox's time, so that tokens expire where they are judged.
class SandboxClock final : public Clock {
public:
    explicit SandboxClock(const sandbox::Sandbox& sandbox) : sandbox_{sandbox} {}
    [[nodiscard]] Timestamp now() const override { return sandbox_.now(); }
    [[nodiscard]] std::chrono::steady_clock::time_point steady() const override
    {
        return std::chrono::steady_clock::now();
    }

private:
    const sandbox::Sandbox& sandbox_;
};

class ChannelTest : public testing::Test {
protected:
    void SetUp() override
    {
        ASSERT_TRUE(sandbox.start());
        Options options{.app_id = "990000000000001",
                        .app_secret = Secret{"sandbox-app-secret"},
                        .redirect_uri = kRedirect,
                        .verify_token = Secret{"sandbox-verify-token"},
                        .authorize_url = sandbox.base_url() + "/oauth/authorize",
                        .api_url = sandbox.base_url(),
                        .graph_url = sandbox.base_url(),
                        .deadline = 3s};
        instagram = std::make_unique<Instagram>(options, client, clock);
    }

    /// What the seller's browser does: where it is sent back to.
    std::string visit()
    {
        const auto reply = client.send({.url = instagram->authorize_url("state-1")});
        EXPECT_TRUE(reply);
        return std::string{reply->header("location")};
    }
    std::string code()
    {
        const auto location = visit();
        const auto begin = location.find("code=") + 5;
        return location.substr(begin, location.find('&', begin) - begin);
    }
    Access connect()
    {
        const auto token = instagram->exchange_code(code());
        EXPECT_TRUE(token);
        return {sandbox.business().id, token->value};
    }

    sandbox::Sandbox sandbox{{.conversations_per_second = 0}};
    SandboxClock clock{sandbox};
    net::HttpClient client{clock, {.breaker = {.failures = 1'000}}};
    std::unique_ptr<Instagram> instagram;
};

/// An account is connected, and a customer has written.
class ConnectedTest : public ChannelTest {
protected:
    void SetUp() override
    {
        ChannelTest::SetUp();
        access = connect();
        customer = sandbox.customers().front().id;
        sandbox.write(customer, "Olá, quanto custa?");
    }
    auto send(const std::string& text)
    {
        channel::OutgoingMessage message;
        message.customer = customer;
        message.text = text;
        return instagram->send(access, message);
    }

    Access access;
    std::string customer;
};

}  // namespace ss::instagram::test

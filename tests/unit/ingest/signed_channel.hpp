#pragma once
/// A channel whose signature is a plain HMAC and whose bodies are a JSON array of events: for tests of what is above
/// it.

#include <ss/channel.hpp>
#include <ss/crypto.hpp>

#include <nlohmann/json.hpp>

#include <atomic>
#include <string>

namespace ss::ingest::test {

/// An item: {"account","customer","id","text","at"(seconds)}; anything else is a problem.
class SignedChannel : public channel::Channel {
public:
    [[nodiscard]] static std::string sign(std::string_view body, std::string_view secret = "secret")
    {
        return "sha256=" + crypto::to_hex(crypto::hmac_sha256(secret, body));
    }

    [[nodiscard]] std::string_view name() const override { return "fake"; }
    [[nodiscard]] channel::Rules rules() const override { return {}; }
    [[nodiscard]] std::string authorize_url(std::string_view state) const override
    {
        return "https://fake.invalid/?state=" + std::string{state};
    }
    [[nodiscard]] channel::Outcome<channel::Token> exchange_code(std::string_view) override { return refused(); }
    [[nodiscard]] channel::Outcome<channel::Token> refresh(const channel::Access&) override { return refused(); }
    [[nodiscard]] channel::Outcome<channel::Profile> profile(const channel::Access&) override { return refused(); }
    [[nodiscard]] channel::Outcome<void> subscribe(const channel::Access&) override { return {}; }
    [[nodiscard]] channel::Outcome<void> disconnect(const channel::Access&) override { return {}; }
    [[nodiscard]] Result<void> verify_signature(std::string_view body, std::string_view header) const override
    {
        if (!crypto::equal_constant_time(header, sign(body))) {
            return fail(Errc::unauthenticated, "the signature is wrong");
        }
        return {};
    }
    [[nodiscard]] Result<std::string> verify_handshake(std::string_view, std::string_view,
                                                       std::string_view challenge) const override
    {
        return std::string{challenge};
    }
    [[nodiscard]] channel::Parsed parse(std::string_view body) const override
    {
        ++parsed;
        channel::Parsed result;
        const auto json = nlohmann::json::parse(body, nullptr, false);
        if (!json.is_array()) {
            result.problems.emplace_back("the body is not an array");
            return result;
        }
        for (const auto& item : json) {
            if (!item.is_object() || !item.contains("account")) {
                result.problems.emplace_back("an item names no account");
                continue;
            }
            channel::Event event;
            event.kind = channel::EventKind::message;
            event.account = item.value("account", "");
            event.customer = item.value("customer", "customer");
            event.message_id = item.value("id", "");
            event.text = item.value("text", "");
            event.at = Timestamp{std::chrono::seconds{item.value("at", std::int64_t{0})}};
            result.events.push_back(std::move(event));
        }
        return result;
    }
    [[nodiscard]] channel::Outcome<channel::CustomerProfile> customer(const channel::Access&, std::string_view) override
    {
        return refused();
    }
    [[nodiscard]] channel::Outcome<channel::Sent> send(const channel::Access&, const channel::OutgoingMessage&) override
    {
        return refused();
    }
    [[nodiscard]] channel::Outcome<std::vector<channel::RemoteMessage>> recent_messages(const channel::Access&,
                                                                                        std::string_view) override
    {
        return refused();
    }
    [[nodiscard]] channel::Outcome<std::string> create_container(const channel::Access&,
                                                                 const channel::Publication&) override
    {
        return refused();
    }
    [[nodiscard]] channel::Outcome<channel::ContainerState> container_state(const channel::Access&,
                                                                            std::string_view) override
    {
        return refused();
    }
    [[nodiscard]] channel::Outcome<std::string> publish_container(const channel::Access&, std::string_view) override
    {
        return refused();
    }
    [[nodiscard]] channel::Outcome<channel::Published> find_post(const channel::Access&, std::string_view,
                                                                 Timestamp) override
    {
        return refused();
    }
    [[nodiscard]] channel::Outcome<channel::Insights> account_insights(const channel::Access&, Timestamp,
                                                                       Timestamp) override
    {
        return refused();
    }
    [[nodiscard]] channel::Outcome<channel::Insights> post_insights(const channel::Access&, std::string_view) override
    {
        return refused();
    }

    mutable std::atomic<int> parsed{0};  ///< How often parse() was called.

private:
    [[nodiscard]] static std::unexpected<channel::Failure> refused()
    {
        channel::Failure failure;
        failure.sentence = "the fake channel does not do this";
        return std::unexpected{failure};
    }
};

}  // namespace ss::ingest::test

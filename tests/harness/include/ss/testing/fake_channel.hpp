#pragma once
/// A channel whose answers a test scripts, and what was asked of it. Not a channel's protocol: that is the sandbox.

#include <ss/channel.hpp>

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ss::testing {

/// Thrown out of a call: the process died there.
struct Died {};

/// One thread at a time. A function that is not set answers with success.
class FakeChannel final : public channel::Channel {
public:
    template <class T>
    using Outcome = channel::Outcome<T>;

    // what the test scripts
    std::function<Outcome<channel::Sent>(const channel::OutgoingMessage&)> on_send;
    std::function<Outcome<std::vector<channel::RemoteMessage>>()> on_recent;
    std::function<Outcome<std::string>(const channel::Publication&)> on_create;
    std::function<Outcome<channel::ContainerState>()> on_state;
    std::function<Outcome<std::string>(std::string_view container)> on_publish;
    std::function<Outcome<channel::Published>(std::string_view post_id)> on_find;
    std::function<Outcome<channel::Insights>(Timestamp since)> on_insights;
    std::function<Outcome<channel::Profile>()> on_profile;
    std::function<Outcome<channel::CustomerProfile>()> on_customer;

    // what was asked
    std::vector<channel::OutgoingMessage> sent;
    int looked_back = 0;
    std::vector<channel::Publication> created;
    int looked = 0;
    std::vector<std::string> published;
    int searched = 0;

    [[nodiscard]] std::string_view name() const override { return "instagram"; }
    [[nodiscard]] channel::Rules rules() const override { return {}; }
    [[nodiscard]] std::string authorize_url(std::string_view) const override { return {}; }
    [[nodiscard]] Outcome<channel::Token> exchange_code(std::string_view) override { return channel::Token{}; }
    [[nodiscard]] Outcome<channel::Token> refresh(const channel::Access&) override { return channel::Token{}; }
    [[nodiscard]] Outcome<channel::Profile> profile(const channel::Access&) override
    {
        return on_profile ? on_profile() : Outcome<channel::Profile>{};
    }
    [[nodiscard]] Outcome<void> subscribe(const channel::Access&) override { return {}; }
    [[nodiscard]] Outcome<void> disconnect(const channel::Access&) override { return {}; }
    [[nodiscard]] Result<void> verify_signature(std::string_view, std::string_view) const override { return {}; }
    [[nodiscard]] Result<std::string> verify_handshake(std::string_view, std::string_view,
                                                       std::string_view) const override
    {
        return std::string{};
    }
    [[nodiscard]] channel::Parsed parse(std::string_view) const override { return {}; }
    [[nodiscard]] Outcome<channel::CustomerProfile> customer(const channel::Access&, std::string_view) override
    {
        return on_customer ? on_customer() : channel::CustomerProfile{"Ana Silva", "ana", "https://pictures/ana"};
    }
    [[nodiscard]] Outcome<channel::Sent> send(const channel::Access&, const channel::OutgoingMessage& message) override
    {
        sent.push_back(message);
        return on_send ? on_send(message) : channel::Sent{"mid-" + std::to_string(sent.size())};
    }
    [[nodiscard]] Outcome<std::vector<channel::RemoteMessage>> recent_messages(const channel::Access&,
                                                                               std::string_view) override
    {
        ++looked_back;
        // What the customer wrote long ago: a conversation that is shown is never empty.
        return on_recent ? on_recent() : std::vector<channel::RemoteMessage>{{"in", false, "Oi", Timestamp{}}};
    }
    [[nodiscard]] Outcome<std::string> create_container(const channel::Access&,
                                                        const channel::Publication& publication) override
    {
        created.push_back(publication);
        return on_create ? on_create(publication) : "container-" + std::to_string(created.size());
    }
    [[nodiscard]] Outcome<channel::ContainerState> container_state(const channel::Access&, std::string_view) override
    {
        ++looked;
        return on_state ? on_state() : channel::ContainerState::ready;
    }
    [[nodiscard]] Outcome<std::string> publish_container(const channel::Access&, std::string_view container) override
    {
        published.emplace_back(container);
        return on_publish ? on_publish(container) : "post-" + std::to_string(published.size());
    }
    [[nodiscard]] Outcome<channel::Published> find_post(const channel::Access&, std::string_view post_id,
                                                        Timestamp) override
    {
        ++searched;
        return on_find ? on_find(post_id) : channel::Published{std::string{post_id}, "https://channel/p/1"};
    }
    [[nodiscard]] Outcome<channel::Insights> account_insights(const channel::Access&, Timestamp since,
                                                              Timestamp) override
    {
        return on_insights ? on_insights(since) : channel::Insights{};
    }
    [[nodiscard]] Outcome<channel::Insights> post_insights(const channel::Access&, std::string_view) override
    {
        return channel::Insights{};
    }
};

}  // namespace ss::testing

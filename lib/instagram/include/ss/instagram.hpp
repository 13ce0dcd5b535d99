#pragma once
/// Instagram, the flavour with Instagram Login: the Channel that the rest of the program talks to, and the checks of
/// what Meta sends. Nothing else in the tree knows Meta's JSON, codes or limits.
///
/// Sources: https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/

#include <ss/channel.hpp>
#include <ss/error.hpp>
#include <ss/secret.hpp>
#include <ss/time.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ss::net {
class HttpClient;
}

namespace ss::instagram {

// ---- what Meta sends --------------------------------------------------------------------------------------------

/// The bytes of one webhook body as events: every shape that has been seen, ids as text, times by magnitude (seconds,
/// milliseconds, ISO). A pure function.
///
/// What is not known becomes EventKind::unsupported with its JSON. An item without a customer becomes a problem, but
/// for comments, mentions and account-wide changes (then `customer` is empty). `at` is 0 where the body names no time:
/// take the time of arrival. An event without an id of its own gets one from its content, so a repetition has the same.
[[nodiscard]] channel::Parsed parse_webhook(std::string_view body);

/// `X-Hub-Signature-256` over the raw bytes, against each secret, in constant time. Errors: unauthenticated.
[[nodiscard]] Result<void> check_signature(std::string_view body, std::string_view header,
                                           std::span<const Secret> secrets);

/// Meta's first call of a webhook; the value is the whole body to answer. Errors: forbidden.
[[nodiscard]] Result<std::string> check_handshake(std::string_view mode, std::string_view token,
                                                  std::string_view challenge, const Secret& expected);

/// What the deauthorize and data-deletion callbacks carry.
struct SignedRequest {
    std::string app_scoped_id;
    std::optional<Timestamp> issued_at;
};
/// Errors: unauthenticated (signature, algorithm), invalid (form).
[[nodiscard]] Result<SignedRequest> parse_signed_request(std::string_view text, std::span<const Secret> secrets);

// ---- errors -----------------------------------------------------------------------------------------------------

/// One row of the table: what a code of Meta's means to the program and to a seller. docs/user is printed from it.
struct ErrorRule {
    int code;
    int subcode;  ///< 0: any.
    channel::FailureClass kind;
    std::string_view english;
    std::string_view portuguese;
};
[[nodiscard]] std::span<const ErrorRule> error_rules();

/// A Graph answer that is an error (also "200 with an error" and the log-in's flat form). `status` never decides where
/// the body has a code.
[[nodiscard]] channel::Failure classify(int status, std::string_view body);

// ---- the channel ------------------------------------------------------------------------------------------------

struct Options {
    std::string app_id{};
    Secret app_secret{};
    Secret meta_app_secret{};  ///< Also accepted in signatures; may be empty.
    std::string redirect_uri{};
    Secret verify_token{};
    std::string graph_version = "v25.0";
    std::string authorize_url = "https://www.instagram.com/oauth/authorize";
    std::string api_url = "https://api.instagram.com";      ///< No slash at the end.
    std::string graph_url = "https://graph.instagram.com";  ///< No slash at the end.
    std::chrono::milliseconds deadline{20'000};             ///< For one call.
};

/// How much of Meta's limit is used, as its answers say.
struct Usage {
    int percent = 0;  ///< The highest of the figures given.
    std::chrono::minutes until_regained{0};
    Timestamp at;
};

/// Safe to share between threads. Borrows client and clock.
class Instagram final : public channel::Channel {
public:
    Instagram(Options options, net::HttpClient& client, const Clock& clock);
    ~Instagram() override;

    [[nodiscard]] std::string_view name() const override { return "instagram"; }
    [[nodiscard]] channel::Rules rules() const override { return {}; }

    [[nodiscard]] std::string authorize_url(std::string_view state) const override;
    [[nodiscard]] channel::Outcome<channel::Token> exchange_code(std::string_view code) override;
    [[nodiscard]] channel::Outcome<channel::Token> refresh(const channel::Access& access) override;
    [[nodiscard]] channel::Outcome<channel::Profile> profile(const channel::Access& access) override;
    [[nodiscard]] channel::Outcome<void> subscribe(const channel::Access& access) override;
    [[nodiscard]] channel::Outcome<void> disconnect(const channel::Access& access) override;

    [[nodiscard]] Result<void> verify_signature(std::string_view body,
                                                std::string_view signature_header) const override;
    [[nodiscard]] Result<std::string> verify_handshake(std::string_view mode, std::string_view token,
                                                       std::string_view challenge) const override;
    /// As parse_webhook(), with the present where the body names no time.
    [[nodiscard]] channel::Parsed parse(std::string_view body) const override;
    [[nodiscard]] Result<SignedRequest> verify_signed_request(std::string_view text) const;

    [[nodiscard]] channel::Outcome<channel::CustomerProfile> customer(const channel::Access& access,
                                                                      std::string_view customer) override;
    [[nodiscard]] channel::Outcome<channel::Sent> send(const channel::Access& access,
                                                       const channel::OutgoingMessage& message) override;
    [[nodiscard]] channel::Outcome<std::vector<channel::RemoteMessage>> recent_messages(
        const channel::Access& access, std::string_view customer) override;

    [[nodiscard]] channel::Outcome<std::string> create_container(const channel::Access& access,
                                                                 const channel::Publication& publication) override;
    [[nodiscard]] channel::Outcome<channel::ContainerState> container_state(const channel::Access& access,
                                                                            std::string_view container) override;
    /// Asks for the container's state first: one that is PUBLISHED is not published again; the value is then "" (find
    /// the post by find_post). unknown_outcome: ask container_state(), never call again blindly.
    [[nodiscard]] channel::Outcome<std::string> publish_container(const channel::Access& access,
                                                                  std::string_view container) override;
    [[nodiscard]] channel::Outcome<channel::Published> find_post(const channel::Access& access,
                                                                 std::string_view post_id, Timestamp since) override;

    /// At most 30 days. A metric that Meta does not give for this account is absent.
    [[nodiscard]] channel::Outcome<channel::Insights> account_insights(const channel::Access& access, Timestamp since,
                                                                       Timestamp until) override;
    [[nodiscard]] channel::Outcome<channel::Insights> post_insights(const channel::Access& access,
                                                                    std::string_view post_id) override;

    /// The last answer's figures for this account; nothing before the first call.
    [[nodiscard]] std::optional<Usage> usage(std::string_view external_id) const;

private:
    class Graph;
    Options options_;
    std::vector<Secret> secrets_;
    const Clock& clock_;
    std::unique_ptr<Graph> graph_;
};

}  // namespace ss::instagram

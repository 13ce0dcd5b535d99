// The Channel put together; its calls stand by subject in connect, messages, posts and insights.

#include "graph.hpp"

#include <ss/instagram.hpp>

namespace ss::instagram {

Instagram::Instagram(Options options, net::HttpClient& client, const Clock& clock)
    : options_{std::move(options)},
      secrets_{options_.app_secret, options_.meta_app_secret},
      clock_{clock},
      graph_{std::make_unique<Graph>(client, clock, options_)}
{
}

Instagram::~Instagram() = default;

Result<void> Instagram::verify_signature(std::string_view body, std::string_view signature_header) const
{
    return check_signature(body, signature_header, secrets_);
}

Result<std::string> Instagram::verify_handshake(std::string_view mode, std::string_view token,
                                                std::string_view challenge) const
{
    return check_handshake(mode, token, challenge, options_.verify_token);
}

Result<SignedRequest> Instagram::verify_signed_request(std::string_view text) const
{
    return parse_signed_request(text, secrets_);
}

// The one place with a clock: where Meta names no time it is now.
channel::Parsed Instagram::parse(std::string_view body) const
{
    auto parsed = parse_webhook(body);
    for (auto& event : parsed.events) {
        event.at = event.at == Timestamp{} ? clock_.now() : event.at;
    }
    return parsed;
}

std::optional<Usage> Instagram::usage(std::string_view external_id) const
{
    return graph_->usage(external_id);
}

}  // namespace ss::instagram

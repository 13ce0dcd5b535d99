// /webhooks/instagram: Meta's handshake, and the signed events. Never rate-limited: a burst of Meta's is customers
// writing.
#include "../routes.hpp"

#include <ss/channel.hpp>
#include <ss/http.hpp>
#include <ss/ingest.hpp>
#include <ss/metrics.hpp>

namespace ss::daemon {
namespace {

using http::Access, http::In, http::Method, http::Request, http::Response;

/// Meta sends at most 1,000 updates in a body; WhatsApp up to 3 MB.
constexpr std::size_t kBodyLimit = std::size_t{4} << 20U;
constexpr std::size_t kChallengeLimit = 256;

Result<Response> handshake(const channel::Channel& channel, const Request& request)
{
    const auto challenge = TRY(channel.verify_handshake(request.text("hub.mode"), request.text("hub.verify_token"),
                                                        request.text("hub.challenge")));
    return Response{.body = challenge, .content_type = "text/plain; charset=utf-8"};
}

/// The answer is given after the journal's commit: an event that was answered with 200 is never lost.
Result<Response> receive(ingest::Journal& journal, const channel::Channel& channel, observe::Metrics& metrics,
                         const Request& request)
{
    const auto receipt = journal.receive(channel, request.body, request.sole_header("x-hub-signature-256"), request.id);
    metrics
        .counter("sss_webhooks_total", {receipt ? receipt->repeated ? "duplicate" : "stored"
                                        : receipt.error().code == Errc::unauthenticated ? "bad_signature"
                                                                                        : "refused"})
        .add();
    if (!receipt) {
        return std::unexpected(receipt.error());
    }
    return Response{.body = "EVENT_RECEIVED", .content_type = "text/plain; charset=utf-8"};
}

}  // namespace

void add_webhook_routes(http::Router& router, ingest::Journal& journal, const channel::Channel& instagram,
                        observe::Metrics& metrics)
{
    router.add(
        {.method = Method::get,
         .path = "/api/v1/webhooks/instagram",
         .about = "Meta's handshake: echoes the challenge when the verify token is right.",
         .tag = "webhooks",
         .access = Access::open,
         .fields = {{.name = "hub.mode", .in = In::query, .about = "subscribe", .required = true, .maximum = 100},
                    {.name = "hub.verify_token",
                     .in = In::query,
                     .about = "as configured",
                     .required = true,
                     .maximum = 1'000},
                    {.name = "hub.challenge",
                     .in = In::query,
                     .about = "echoed as it is",
                     .required = true,
                     .maximum = kChallengeLimit}},
         .errors = {Errc::forbidden},
         .handler = [&instagram](const Request& request) { return handshake(instagram, request); },
         .aliases = {"/webhooks/instagram"}});
    router.add({.method = Method::post,
                .path = "/api/v1/webhooks/instagram",
                .about = "Signed events of Instagram; stored before they are answered.",
                .tag = "webhooks",
                .access = Access::open,
                .errors = {Errc::unauthenticated, Errc::too_large, Errc::unavailable, Errc::busy},
                .handler = [&](const Request& request) { return receive(journal, instagram, metrics, request); },
                .body_limit = kBodyLimit,
                .raw_body = true,
                .aliases = {"/webhooks/instagram"}});
}

}  // namespace ss::daemon

// An answer of the media's host → bytes, or why there are none.
#include "media_fetcher.hpp"

#include <ss/net.hpp>

#include <chrono>
#include <utility>

namespace ss::daemon {
namespace {

using namespace std::chrono_literals;
using messaging::Missed;

Missed why(const net::CallError& error)
{
    switch (error.code) {
        case Errc::too_large:
            return Missed::too_large;
        case Errc::invalid:
        case Errc::forbidden:
            return Missed::refused;
        default:
            return Missed::later;
    }
}

}  // namespace

messaging::Fetch media_fetcher(net::HttpClient& client, bool is_production)
{
    return [&client, is_production](const std::string& url) -> std::expected<std::string, Missed> {
        if (const auto parsed = net::parse_url(url); !parsed || (is_production && parsed->scheme != "https")) {
            return std::unexpected(Missed::refused);  // and the client follows no redirect from https to http
        }
        auto reply = client.fetch({.url = url,
                                   .trust = net::Trust::outsider,
                                   .deadline = 60s,
                                   .max_answer = messaging::kMaxCopyBytes,
                                   .idempotent = true});
        if (!reply) {
            return std::unexpected(why(reply.error()));
        }
        if (reply->status == 200) {
            return std::move(reply->body);
        }
        const bool may_get_better = reply->status >= 500 || reply->status == 429 || reply->status == 408;
        return std::unexpected(may_get_better ? Missed::later : Missed::gone);
    };
}

}  // namespace ss::daemon

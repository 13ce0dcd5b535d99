#pragma once
/// How copies of customers' media are fetched: the guarded client for links of outsiders.

#include <ss/copies.hpp>

namespace ss::net {
class HttpClient;
}

namespace ss::daemon {

/// Borrows the client. In production only https is fetched; elsewhere the pretend Instagram's http as well.
[[nodiscard]] messaging::Fetch media_fetcher(net::HttpClient& client, bool is_production);

}  // namespace ss::daemon

#pragma once
/// A Response made ready for the wire: the headers every answer carries, CORS, compression, framing.

#include "head.hpp"

#include <ss/http.hpp>
#include <ss/time.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ss::http {

/// What the answer depends on besides the response.
struct Asked {
    std::string request_id;
    std::string origin;  ///< The Origin header.
    int minor = 1;
    bool head = false;  ///< HEAD: no body is sent.
    bool gzip = false;  ///< The client takes gzip.
    bool secure = false;
    bool close = false;
};

struct Answer {
    std::string head;
    std::string body;
    std::string_view fixed;                   ///< Instead of `body` when not empty…
    std::shared_ptr<const FixedBody> keeper;  ///< …and what it is part of.
    int status = 200;
    bool close = false;
    bool chunked = false;                         ///< How `stream` is framed; otherwise the connection's end ends it.
    std::function<Result<std::string>()> stream;  ///< More body, piece by piece.
};

[[nodiscard]] Answer make_answer(Response response, const Asked& asked, const ServerOptions& options, Timestamp now);

/// The 204 for OPTIONS. `allow`: methods of the path, "GET, HEAD, OPTIONS".
[[nodiscard]] Response preflight(std::string_view allow, bool is_cors, const Asked& asked,
                                 const ServerOptions& options);

[[nodiscard]] bool accepts_gzip(const std::vector<Header>& headers);
/// RFC 9110 §5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
[[nodiscard]] std::string http_date(Timestamp at);
[[nodiscard]] std::string gzip(std::string_view bytes);
/// The headers that protect a browser, also on a WebSocket's answer.
[[nodiscard]] std::vector<Header> guarding_headers(bool secure);

}  // namespace ss::http

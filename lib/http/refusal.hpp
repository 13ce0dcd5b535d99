#pragma once
/// Problem documents whose status is not the one of the code's row (404 and 405 are decided by HTTP, not by a domain).

#include <ss/http.hpp>

#include <string>
#include <string_view>

namespace ss::http {

/// A problem document with a status of HTTP's own: 400, 405, 406, 408, 413, 414, 417, 426, 431, 501, 505…
[[nodiscard]] Response refusal(int status, Error error, std::string_view request_id);

/// The reason phrase; empty for a status this server never sends.
[[nodiscard]] std::string_view reason_phrase(int status);

}  // namespace ss::http

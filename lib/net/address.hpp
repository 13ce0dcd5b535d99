#pragma once
/// Which addresses a URL given by somebody else may lead to.

#include <ss/net.hpp>

#include <string>

namespace ss::net {

/// Resolves the host, once, and returns the one address to connect to. Every address it resolves to must be public and
/// the port the scheme's own, unless `allowed_hosts` names "host" or "host:port". Looks at `resolve` and
/// `allowed_hosts`.
[[nodiscard]] std::expected<std::string, CallError> checked_address(const Url& url, const Options& options);

}  // namespace ss::net

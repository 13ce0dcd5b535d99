#pragma once
/// Which addresses a URL given by somebody else may lead to.

#include <ss/net.hpp>

#include <string>
#include <vector>

namespace ss::net {

/// Resolves the host and returns the one address to connect to. Every address it resolves to must be public and the
/// port the scheme's own, unless `allowed` names "host" or "host:port".
[[nodiscard]] std::expected<std::string, CallError> checked_address(const Url& url,
                                                                    const std::vector<std::string>& allowed);

}  // namespace ss::net

#pragma once
/// From the head on the wire to the Request a handler gets.

#include "head.hpp"

#include <ss/http.hpp>

#include <optional>
#include <string_view>

namespace ss::http {

/// Decodes path and query into `request`. Nothing when that went well.
[[nodiscard]] std::optional<Refusal> read_target(std::string_view target, Request& request);

/// HEAD is answered as GET. Nothing for a method no row can have.
[[nodiscard]] std::optional<Method> method_of(std::string_view name);

/// A request id somebody else may choose: 8 to 64 of letters, digits, '-', '_', '.'.
[[nodiscard]] bool is_sound_request_id(std::string_view id);

}  // namespace ss::http

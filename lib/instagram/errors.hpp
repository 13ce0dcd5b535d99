#pragma once
/// Failures made from Meta's answers and from our own checks.

#include "json.hpp"

#include <ss/channel.hpp>

#include <string>
#include <string_view>

namespace ss::instagram {

/// When Meta does not say how long to wait.
inline constexpr std::chrono::seconds kPause{60};

[[nodiscard]] channel::Failure failure(channel::FailureClass kind, std::string code, std::string_view english,
                                       std::string_view portuguese);
[[nodiscard]] channel::Failure classify(int status, const json& body);

}  // namespace ss::instagram

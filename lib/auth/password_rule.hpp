#pragma once
// What common_passwords.cpp gives to password_rule.cpp.

#include <string_view>

namespace ss::auth {

/// Folded, sorted, separated by white space.
std::string_view common_passwords() noexcept;

}  // namespace ss::auth

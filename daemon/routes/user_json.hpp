#pragma once
/// The JSON form of a user: at log-in and in the list of users.

#include <ss/auth.hpp>

#include <nlohmann/json_fwd.hpp>

namespace ss::daemon {

[[nodiscard]] nlohmann::json user_json(const auth::User& user);

}  // namespace ss::daemon

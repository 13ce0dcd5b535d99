#pragma once
/// From the settings to what each object of the daemon is built with.

#include <ss/auth.hpp>
#include <ss/config.hpp>
#include <ss/crypto.hpp>
#include <ss/error.hpp>
#include <ss/http.hpp>
#include <ss/instagram.hpp>
#include <ss/net.hpp>
#include <ss/process.hpp>
#include <ss/storage.hpp>

#include <functional>
#include <string_view>

namespace ss::daemon {

using config::Settings;

[[nodiscard]] storage::DatabaseOptions database_options(const Settings& settings);
[[nodiscard]] storage::KeyValue::Options key_value_options(const Settings& settings);
[[nodiscard]] Result<crypto::Keyring> keyring(const Settings& settings);
[[nodiscard]] auth::Options auth_options(const Settings& settings, std::function<void(UserId, std::string_view)> ended);
[[nodiscard]] instagram::Options instagram_options(const Settings& settings);
/// For links of strangers: nothing but the public internet, and in development the pretend Instagram.
[[nodiscard]] net::Options media_client_options(const Settings& settings);
[[nodiscard]] Result<http::ServerOptions> server_options(const Settings& settings,
                                                         const observe::ServiceEnvironment& service);

}  // namespace ss::daemon

// OAuth states in the key-value store; only their hashes are kept.
#include "oauth_state_store.hpp"

#include <ss/crypto.hpp>
#include <ss/storage.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>

#include <chrono>

namespace ss::channel {
namespace {

using namespace std::chrono_literals;

constexpr auto kLifetime = 10min;

std::string key_of(std::string_view state)
{
    return "oauth:" + crypto::sha256_hex(state);
}

}  // namespace

IssuedState issue_state(storage::KeyValue& key_value, OAuthState who)
{
    IssuedState issued{crypto::random_token(32), crypto::random_token(32)};
    key_value.set(key_of(issued.state),
                  fmt::format("{} {} {}", who.workspace.value, who.user.value, crypto::sha256_hex(issued.binding)),
                  kLifetime);
    return issued;
}

std::optional<TakenState> take_state(storage::KeyValue& key_value, std::string_view state, std::string_view binding)
{
    const auto kept = key_value.take_value(key_of(state));
    if (!kept) {
        return std::nullopt;
    }
    const auto parts = split(*kept, ' ');
    const auto workspace = parts.size() == 3 ? to_integer(parts[0]) : std::nullopt;
    const auto user = parts.size() == 3 ? to_integer(parts[1]) : std::nullopt;
    if (!workspace || !user) {
        return std::nullopt;
    }
    return TakenState{{WorkspaceId{*workspace}, UserId{*user}},
                      crypto::equal_constant_time(parts[2], crypto::sha256_hex(binding))};
}

}  // namespace ss::channel

#pragma once
/// The states of OAuth flows under way: random, single-use, ten minutes, bound to one browser.

#include <ss/id.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ss::storage {
class KeyValue;
}

namespace ss::channel {

struct OAuthState {
    WorkspaceId workspace;
    UserId user;
};

struct IssuedState {
    std::string state;
    std::string binding;
};

[[nodiscard]] IssuedState issue_state(storage::KeyValue& key_value, OAuthState who);

/// Takes the state away. Nothing when it is unknown, used or expired.
struct TakenState {
    OAuthState who;
    bool same_browser = false;
};
[[nodiscard]] std::optional<TakenState> take_state(storage::KeyValue& key_value, std::string_view state,
                                                   std::string_view binding);

}  // namespace ss::channel

#pragma once
/// The JSON form of a message: in lists of messages and in a conversation.

#include <ss/messaging.hpp>

#include <nlohmann/json_fwd.hpp>

namespace ss::daemon {

[[nodiscard]] nlohmann::json message_json(const messaging::Message& message);

}  // namespace ss::daemon

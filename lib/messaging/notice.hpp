#pragma once
/// What browsers are told: ids, so that a change is fetched by whoever shows it.

#include <ss/messaging.hpp>

#include <cstdint>
#include <string>

namespace ss::messaging {

[[nodiscard]] std::string message_notice(AccountId account, std::int64_t conversation, std::int64_t message);
[[nodiscard]] std::string conversation_notice(AccountId account, std::int64_t conversation);
/// The `name` number of a job's payload. Errors: invalid.
[[nodiscard]] Result<std::int64_t> payload_id(std::string_view payload, const char* name);

}  // namespace ss::messaging

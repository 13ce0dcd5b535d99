// The JSON of realtime events and of job payloads.
#include "notice.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace ss::messaging {

std::string message_notice(AccountId account, std::int64_t conversation, std::int64_t message)
{
    return fmt::format(R"({{"account":{},"conversation":{},"message":{}}})", account.value, conversation, message);
}

std::string conversation_notice(AccountId account, std::int64_t conversation)
{
    return fmt::format(R"({{"account":{},"conversation":{}}})", account.value, conversation);
}

Result<std::int64_t> payload_id(std::string_view payload, const char* name)
{
    const auto parsed = nlohmann::json::parse(payload, nullptr, false);
    if (!parsed.is_object() || !parsed.contains(name) || !parsed[name].is_number_integer()) {
        return fail(Errc::invalid, fmt::format("the job's payload holds no number '{}'", name));
    }
    return parsed[name].get<std::int64_t>();
}

}  // namespace ss::messaging

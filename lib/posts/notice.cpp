// The JSON of realtime events and of job payloads.
#include "notice.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace ss::posts {

std::string notice(AccountId account, PostId post)
{
    return fmt::format(R"({{"account":{},"post":{}}})", account.value, post.value);
}

std::string job_payload(PostId post, std::int64_t version)
{
    return fmt::format(R"({{"post":{},"version":{}}})", post.value, version);
}

Result<JobOf> parse_payload(std::string_view payload)
{
    const auto parsed = nlohmann::json::parse(payload, nullptr, false);
    const auto is_number = [&](const char* name) { return parsed.contains(name) && parsed[name].is_number_integer(); };
    if (!parsed.is_object() || !is_number("post") || !is_number("version")) {
        return fail(Errc::invalid, "the job's payload holds no post and version");
    }
    return JobOf{PostId{parsed["post"].get<std::int64_t>()}, parsed["version"].get<std::int64_t>()};
}

}  // namespace ss::posts

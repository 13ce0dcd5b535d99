// Any body gives events or problems, and the same again: a repetition has the same ids.
#include "fuzz.hpp"

#include <ss/channel.hpp>
#include <ss/instagram.hpp>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto body = ss::fuzz::text(data, size);
    const auto first = ss::instagram::parse_webhook(body);
    const auto second = ss::instagram::parse_webhook(body);
    ss::fuzz::must(first.events.size() == second.events.size() && first.problems == second.problems);
    for (std::size_t at = 0; at < first.events.size(); ++at) {
        ss::fuzz::must(!first.events[at].id.empty() && first.events[at].id == second.events[at].id);
    }
    return 0;
}

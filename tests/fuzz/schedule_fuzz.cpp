// What is taken as a rhythm ticks forward.
#include "fuzz.hpp"

#include <ss/jobs.hpp>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto schedule = ss::jobs::Schedule::parse(ss::fuzz::text(data, size));
    if (schedule) {
        const auto now = ss::from_micros(1'767'225'600'000'000);
        const auto next = schedule->next(now);
        ss::fuzz::must(next > now);
        ss::fuzz::must(next == ss::Timestamp::max() || schedule->next(next) > next);
    }
    return 0;
}

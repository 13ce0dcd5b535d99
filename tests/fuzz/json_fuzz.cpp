// What the strict reader takes, it takes again from its own words.
#include "fuzz.hpp"

#include "strict_json.hpp"

#include <nlohmann/json.hpp>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto value = ss::http::parse_strict_json(ss::fuzz::text(data, size));
    if (value) {
        const auto again = ss::http::parse_strict_json(value->dump());
        ss::fuzz::must(again && *again == *value);
    }
    return 0;
}

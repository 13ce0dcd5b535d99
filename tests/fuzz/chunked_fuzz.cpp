// A chunked body in one piece and byte by byte gives the same content, and never more than the limit.
#include "fuzz.hpp"

#include "chunked.hpp"

#include <string>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using ss::fuzz::must;
    using ss::http::ChunkedReader;
    constexpr std::size_t kLimit = 4'096;
    const auto bytes = ss::fuzz::text(data, size);
    ChunkedReader whole{kLimit};
    std::string input{bytes};
    std::string body;
    const auto state = whole.feed(input, body);
    must(body.size() <= kLimit);

    ChunkedReader slow{kLimit};
    auto slow_state = ChunkedReader::State::more;
    std::string slow_input;
    std::string slow_body;
    for (std::size_t at = 0; at < size && slow_state == ChunkedReader::State::more; ++at) {
        slow_input.push_back(bytes[at]);
        slow_state = slow.feed(slow_input, slow_body);
    }
    if (size > 0) {
        must(state == slow_state);
        must(state != ChunkedReader::State::done || body == slow_body);
    }
    return 0;
}

// A request's head in one piece and byte by byte is read alike; what is taken has one way to frame its body.
#include "fuzz.hpp"

#include "head.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using ss::fuzz::must;
    using ss::http::HeadReader;
    const auto bytes = ss::fuzz::text(data, size);
    HeadReader whole{{}};
    const auto state = whole.feed(bytes);
    HeadReader slow{{}};
    auto slow_state = HeadReader::State::more;
    for (std::size_t end = 1; end <= size && slow_state == HeadReader::State::more; ++end) {
        slow_state = slow.feed(bytes.substr(0, end));
    }
    if (size > 0) {
        must(state == slow_state);
    }
    if (state == HeadReader::State::done) {
        must(whole.consumed() <= size && whole.consumed() == slow.consumed());
        must(!(whole.head().chunked && whole.head().content_length));
        must(whole.head().target == "*" || whole.head().target.starts_with('/'));
    }
    if (state == HeadReader::State::refused) {
        must(whole.refusal().status >= 400 && !whole.refusal().message.empty());
    }
    return 0;
}

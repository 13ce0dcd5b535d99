// Nobody without the secret makes a request that is taken.
#include "fuzz.hpp"

#include <ss/instagram.hpp>
#include <ss/secret.hpp>

#include <array>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::array secrets{ss::Secret{"0123456789abcdef0123456789abcdef"}};
    ss::fuzz::must(!ss::instagram::parse_signed_request(ss::fuzz::text(data, size), secrets));
    ss::fuzz::must(!ss::instagram::check_signature("{}", ss::fuzz::text(data, size), secrets));
    return 0;
}

// Random bytes by OpenSSL's generator, which is seeded by the kernel and safe across fork.
#include <ss/crypto.hpp>

#include <openssl/rand.h>

#include <cstdlib>

namespace ss::crypto {

std::string random_bytes(std::size_t count)
{
    std::string bytes(count, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
        std::abort();  // a token that can be guessed is worse than no answer
    }
    return bytes;
}

std::string random_token(std::size_t bytes)
{
    return to_base64url(random_bytes(bytes));
}

}  // namespace ss::crypto

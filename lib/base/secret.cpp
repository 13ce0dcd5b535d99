// Wiping that survives the optimiser.
#include <ss/secret.hpp>

#include <cstring>

namespace ss {

void wipe(void* data, std::size_t size) noexcept
{
    explicit_bzero(data, size);
}

}  // namespace ss

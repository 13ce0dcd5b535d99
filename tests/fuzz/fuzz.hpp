#pragma once
/// What the fuzz targets share.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

// The two names are libFuzzer's (https://llvm.org/docs/LibFuzzer.html#fuzz-target).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace ss::fuzz {

inline std::string_view text(const std::uint8_t* data, std::size_t size)
{
    return {reinterpret_cast<const char*>(data), size};  // NOLINT: bytes as text
}

/// A property that does not hold ends the program: libFuzzer keeps the input.
inline void must(bool holds)
{
    if (!holds) {
        std::abort();
    }
}

}  // namespace ss::fuzz

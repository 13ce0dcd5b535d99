#pragma once
// The form of key ids, shared by data keys and token keys.

#include <algorithm>
#include <string_view>

namespace ss::crypto {

inline bool is_key_id(std::string_view id)
{
    return !id.empty() && id.size() <= 32 && std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

}  // namespace ss::crypto

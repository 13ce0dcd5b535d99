#pragma once
/// Opaque page marks for keyset lists: two numbers, the list they belong to, and a check against typing and tampering.

#include <ss/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace ss {

/// The place after which the next page begins.
struct Place {
    std::int64_t first = 0;   ///< What the list is ordered by, usually a time.
    std::int64_t second = 0;  ///< The row's id, which breaks ties.
    friend bool operator==(const Place&, const Place&) = default;
};

/// `list` names the list, so that a mark of one list is refused by another. Holds no secret and proves no right: the
/// query it goes into is bounded by the caller's workspace as always.
[[nodiscard]] std::string to_cursor(std::string_view list, Place place);
/// Errors: invalid (not issued by to_cursor() for this list).
[[nodiscard]] Result<Place> parse_cursor(std::string_view list, std::string_view cursor);

}  // namespace ss

#pragma once
/// A page of a list, keyset style: `next` goes back in to get the following page.

#include <string>
#include <vector>

namespace ss {

/// `next` is opaque to the caller; empty means this is the last page.
template <class T>
struct Page {
    std::vector<T> items;
    std::string next;
};

inline constexpr int kMaxPageSize = 100;

}  // namespace ss

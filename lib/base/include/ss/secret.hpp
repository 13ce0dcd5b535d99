#pragma once
/// A string that cannot be printed by accident and is wiped when it goes.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace ss {

/// Overwrites memory in a way the compiler may not drop.
void wipe(void* data, std::size_t size) noexcept;

/// Has no operator<< and no formatter; `reveal()` is the one way in, easy to grep.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value) : value_{std::move(value)} {}
    Secret(const Secret&) = default;
    Secret& operator=(const Secret& other)
    {
        Secret copy{other};
        std::swap(value_, copy.value_);
        return *this;
    }
    Secret(Secret&& other) noexcept : value_{std::move(other.value_)} { other.clear(); }
    Secret& operator=(Secret&& other) noexcept
    {
        std::swap(value_, other.value_);
        other.clear();
        return *this;
    }
    ~Secret() { clear(); }

    [[nodiscard]] std::string_view reveal() const { return value_; }
    [[nodiscard]] bool empty() const { return value_.empty(); }

private:
    void clear() noexcept
    {
        wipe(value_.data(), value_.size());
        value_.clear();
    }
    std::string value_;
};

}  // namespace ss

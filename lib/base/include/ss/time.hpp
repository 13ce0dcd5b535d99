#pragma once
/// Time as values and as an object: code asks a `Clock&`, so tests move time by hand.

#include <ss/error.hpp>

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>

namespace ss {

/// UTC, microseconds since 1970; stored as BIGINT on both engines.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

[[nodiscard]] constexpr std::int64_t to_micros(Timestamp at)
{
    return at.time_since_epoch().count();
}
[[nodiscard]] constexpr Timestamp from_micros(std::int64_t micros)
{
    return Timestamp{std::chrono::microseconds{micros}};
}

/// Safe to share between threads.
class Clock {
public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;

    /// Wall clock: for what people and other services see. May jump.
    [[nodiscard]] virtual Timestamp now() const = 0;
    /// Never jumps: for time-outs, limits and leases held in this process.
    [[nodiscard]] virtual std::chrono::steady_clock::time_point steady() const = 0;
};

class SystemClock final : public Clock {
public:
    [[nodiscard]] Timestamp now() const override;
    [[nodiscard]] std::chrono::steady_clock::time_point steady() const override;
};

/// Stands still until told: windows, expiry and back-off are tested in milliseconds.
class ManualClock final : public Clock {
public:
    explicit ManualClock(Timestamp start = from_micros(1'767'225'600'000'000)) : now_{to_micros(start)} {}
    [[nodiscard]] Timestamp now() const override;
    [[nodiscard]] std::chrono::steady_clock::time_point steady() const override;
    void advance(std::chrono::microseconds by) { now_ += by.count(); }

private:
    std::atomic<std::int64_t> now_;
};

/// "2026-11-23T19:03:44.123456Z"; fractional digits only when not zero (3 or 6).
[[nodiscard]] std::string to_rfc3339(Timestamp at);

/// Accepts "Z", "+00:00" and Meta's "+0000"; a fraction of up to 9 digits; 'T' or a space.
/// Errors: invalid.
[[nodiscard]] Result<Timestamp> parse_rfc3339(std::string_view text);

}  // namespace ss

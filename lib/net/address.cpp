// The guard against requests to our own network (SSRF): addresses are judged after resolving, so every spelling of
// one (decimal, octal, mapped, a name somebody points there) is the same address here.

#include "address.hpp"

#include <fmt/core.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <span>

namespace ss::net {
namespace {

struct Range {
    std::array<std::uint8_t, 16> prefix;
    int bits;
};

// https://www.iana.org/assignments/iana-ipv4-special-registry
constexpr std::array<Range, 15> kForbiddenV4{{
    {{0}, 8},              // this network
    {{10}, 8},             // private
    {{100, 64}, 10},       // carrier NAT
    {{127}, 8},            // loopback
    {{169, 254}, 16},      // link-local: cloud metadata
    {{172, 16}, 12},       // private
    {{192, 0, 0}, 24},     // protocol assignments
    {{192, 0, 2}, 24},     // documentation
    {{192, 88, 99}, 24},   // 6to4 relays
    {{192, 168}, 16},      // private
    {{198, 18}, 15},       // benchmarks
    {{198, 51, 100}, 24},  // documentation
    {{203, 0, 113}, 24},   // documentation
    {{224}, 4},            // multicast
    {{240}, 4},            // reserved, broadcast
}};

// https://www.iana.org/assignments/iana-ipv6-special-registry; only 2000::/3 is handed out, the rest is refused as a
// whole.
constexpr std::array<Range, 5> kForbiddenV6{{
    {{0x20, 0x01, 0x00, 0x00}, 23},  // Teredo and protocol assignments
    {{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    {{0x20, 0x02}, 16},              // 6to4: holds an IPv4 address
    {{0x3f, 0xfe}, 16},              // the old 6bone
    {{0x3f, 0xff, 0x00}, 20},        // documentation
}};

bool in_range(std::span<const std::uint8_t> address, const Range& range)
{
    for (int bit = 0; bit < range.bits; ++bit) {
        const auto byte = static_cast<std::size_t>(bit / 8);
        const int mask = 0x80 >> (bit % 8);
        if ((address[byte] & mask) != (range.prefix[byte] & mask)) {
            return false;
        }
    }
    return true;
}

bool is_public_v4(std::span<const std::uint8_t, 4> address)
{
    return std::ranges::none_of(kForbiddenV4, [&](const Range& range) { return in_range(address, range); });
}

bool is_public_v6(std::span<const std::uint8_t, 16> address)
{
    constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    constexpr std::array<std::uint8_t, 12> kTranslated{0, 0x64, 0xff, 0x9b};
    if (std::ranges::equal(address.first<12>(), kMapped) || std::ranges::equal(address.first<12>(), kTranslated)) {
        return is_public_v4(address.last<4>());
    }
    const bool is_global = (address[0] & 0xe0) == 0x20;
    return is_global &&
           std::ranges::none_of(kForbiddenV6, [&](const Range& range) { return in_range(address, range); });
}

std::string text_of(const sockaddr* address)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address->sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, address, sizeof v4);
        ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    } else if (address->sa_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, address, sizeof v6);
        ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    }
    return text.data();
}

std::vector<std::string> resolve_by_system(const std::string& host)
{
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* first = nullptr;
    if (::getaddrinfo(host.c_str(), nullptr, &hints, &first) != 0) {
        return {};
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list{first, &::freeaddrinfo};
    std::vector<std::string> addresses;
    for (const auto* entry = first; entry != nullptr; entry = entry->ai_next) {
        addresses.push_back(text_of(entry->ai_addr));
    }
    return addresses;
}

bool is_allowed(const Url& url, const std::vector<std::string>& allowed)
{
    const auto with_port = fmt::format("{}:{}", url.host, url.port);
    return std::ranges::any_of(allowed, [&](const auto& entry) { return entry == url.host || entry == with_port; });
}

std::unexpected<CallError> refuse(Errc code, std::string message)
{
    return std::unexpected(CallError{code, Phase::not_sent, std::move(message), {}});
}

}  // namespace

bool is_public_address(std::string_view address)
{
    const std::string text{address};
    std::array<std::uint8_t, 4> v4{};
    if (::inet_pton(AF_INET, text.c_str(), v4.data()) == 1) {
        return is_public_v4(v4);
    }
    std::array<std::uint8_t, 16> v6{};
    return ::inet_pton(AF_INET6, text.c_str(), v6.data()) == 1 && is_public_v6(v6);
}

std::expected<std::string, CallError> checked_address(const Url& url, const Options& options)
{
    const bool is_exempt = is_allowed(url, options.allowed_hosts);
    if (!is_exempt && url.port != 80 && url.port != 443) {
        return refuse(Errc::forbidden, fmt::format("port {} is not allowed in a link", url.port));
    }
    const auto addresses = options.resolve ? options.resolve(url.host) : resolve_by_system(url.host);
    if (addresses.empty()) {
        return refuse(Errc::unavailable, fmt::format("{} cannot be resolved", url.host));
    }
    if (!is_exempt && !std::ranges::all_of(addresses, is_public_address)) {
        return refuse(Errc::forbidden, fmt::format("{} is not on the public internet", url.host));
    }
    return addresses.front();
}

}  // namespace ss::net

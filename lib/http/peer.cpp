// Forwarding headers, believed only from trusted proxies and only as far as the chain is trusted.
#include "peer.hpp"

#include "head.hpp"

#include <ss/text.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ranges>

namespace ss::http {
namespace {

/// 4 or 16 bytes; empty when the text is not an address.
std::vector<unsigned char> address_bytes(std::string_view text)
{
    const std::string terminated{text};
    std::array<unsigned char, 16> bytes{};
    if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) {
        return {bytes.begin(), bytes.begin() + 4};
    }
    if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) != 1) {
        return {};
    }
    constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const bool mapped = std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
    return {bytes.begin() + (mapped ? 12 : 0), bytes.end()};
}

bool is_in(const std::vector<unsigned char>& bytes, const std::vector<unsigned char>& network, unsigned bits)
{
    if (bytes.size() != network.size()) {
        return false;
    }
    for (unsigned bit = 0; bit < bits; ++bit) {
        const auto mask = static_cast<unsigned char>(0x80U >> (bit % 8));
        if (((bytes[bit / 8] ^ network[bit / 8]) & mask) != 0) {
            return false;
        }
    }
    return true;
}

}  // namespace

TrustedProxies::TrustedProxies(const std::vector<std::string>& rows)
{
    for (const auto& row : rows) {
        const auto slash = row.find('/');
        auto bytes = address_bytes(row.substr(0, slash));
        const auto whole = static_cast<std::int64_t>(bytes.size() * 8);
        const auto bits = slash == std::string::npos ? whole : to_integer(row.substr(slash + 1)).value_or(-1);
        if (bytes.empty() || bits < 0 || bits > whole) {
            sound_ = false;
            continue;
        }
        networks_.push_back({std::move(bytes), static_cast<unsigned>(bits)});
    }
}

bool TrustedProxies::contains(std::string_view address) const
{
    const auto bytes = address_bytes(address);
    return !bytes.empty() && std::ranges::any_of(networks_, [&](const Network& network) {
        return is_in(bytes, network.bytes, network.bits);
    });
}

std::string plain_address(std::string_view address)
{
    const auto bytes = address_bytes(address);
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (bytes.empty() ||
        inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size()) == nullptr) {
        return std::string{address};
    }
    return text.data();
}

Peer find_peer(const TrustedProxies& proxies, std::string_view connected, const std::vector<Header>& headers)
{
    Peer peer{.address = std::string{connected}, .secure = false, .trusted = proxies.contains(connected)};
    if (!peer.trusted) {
        return peer;
    }
    for (const auto& hop : std::views::reverse(list_members(headers, "x-forwarded-for"))) {
        if (address_bytes(hop).empty()) {
            break;
        }
        peer.address = plain_address(hop);
        if (!proxies.contains(hop)) {
            break;
        }
    }
    const auto protocols = list_members(headers, "x-forwarded-proto");
    peer.secure = !protocols.empty() && protocols.back() == "https";
    return peer;
}

}  // namespace ss::http

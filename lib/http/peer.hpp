#pragma once
/// Who is at the other end: the peer itself, or the client a trusted proxy names.

#include <ss/http.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace ss::http {

/// Addresses and networks ("10.0.0.0/8") whose forwarding headers are believed. Immutable.
class TrustedProxies {
public:
    /// What is not an address or network is left out; see is_sound().
    explicit TrustedProxies(const std::vector<std::string>& rows);
    [[nodiscard]] bool contains(std::string_view address) const;
    [[nodiscard]] bool is_sound() const { return sound_; }

private:
    struct Network {
        std::vector<unsigned char> bytes;
        unsigned bits = 0;
    };
    std::vector<Network> networks_;
    bool sound_ = true;
};

struct Peer {
    std::string address;
    bool secure = false;   ///< TLS ended at a trusted proxy.
    bool trusted = false;  ///< The connection itself comes from a trusted proxy.
};

/// The rightmost address of X-Forwarded-For that is not a trusted proxy's, when the connection comes from one.
[[nodiscard]] Peer find_peer(const TrustedProxies& proxies, std::string_view connected,
                             const std::vector<Header>& headers);

/// IPv4 in IPv6 ("::ffff:1.2.3.4") as IPv4, so that one client has one name.
[[nodiscard]] std::string plain_address(std::string_view address);

}  // namespace ss::http

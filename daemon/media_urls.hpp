#pragma once
/// Public addresses of media, for a channel that fetches a picture: signed, and valid for some hours only.

#include <ss/crypto.hpp>
#include <ss/id.hpp>
#include <ss/secret.hpp>
#include <ss/time.hpp>

#include <string>
#include <string_view>

namespace ss::daemon {

/// "<public url>/media/<id>/<expires, unix seconds>/<signature>". Safe to share between threads. Borrows the clock.
class MediaUrls {
public:
    MediaUrls(std::string public_url, const Secret& secret, const Clock& clock);

    [[nodiscard]] std::string url(MediaId media) const;
    /// Constant time. False for a wrong signature and for one whose time is over.
    [[nodiscard]] bool is_valid(MediaId media, std::int64_t expires, std::string_view signature) const;

private:
    [[nodiscard]] std::string signature(MediaId media, std::int64_t expires) const;

    std::string public_url_;
    crypto::HmacKey key_;
    const Clock& clock_;
};

}  // namespace ss::daemon

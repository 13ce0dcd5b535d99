// Signed, expiring addresses of media.
#include "media_urls.hpp"

#include <fmt/core.h>

#include <chrono>
#include <utility>

namespace ss::daemon {
namespace {

using namespace std::chrono_literals;

constexpr auto kValid = 24h;  // a container that Instagram still has to fetch from lives as long

std::int64_t seconds_of(Timestamp at)
{
    return to_micros(at) / 1'000'000;
}

}  // namespace

MediaUrls::MediaUrls(std::string public_url, const Secret& secret, const Clock& clock)
    : public_url_{std::move(public_url)}, key_{crypto::derive_key(secret.reveal(), "media-url").reveal()}, clock_{clock}
{
}

std::string MediaUrls::signature(MediaId media, std::int64_t expires) const
{
    return crypto::to_base64url(key_.sign(fmt::format("{}/{}", media.value, expires)));
}

std::string MediaUrls::url(MediaId media) const
{
    const auto expires = seconds_of(clock_.now() + kValid);
    return fmt::format("{}/media/{}/{}/{}", public_url_, media.value, expires, signature(media, expires));
}

bool MediaUrls::is_valid(MediaId media, std::int64_t expires, std::string_view given) const
{
    return crypto::equal_constant_time(given, signature(media, expires)) && seconds_of(clock_.now()) < expires;
}

}  // namespace ss::daemon

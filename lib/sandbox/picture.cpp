// Fetching and judging a picture: reachable, JPEG, at most 8 MiB, between 4:5 and 1.91:1.

#include "picture.hpp"

#include <fmt/core.h>
#include <httplib.h>

namespace ss::sandbox {
namespace {

constexpr std::size_t kMaxBytes = 8 * 1024 * 1024;

std::unexpected<GraphError> refuse(int code, int subcode, std::string title, std::string text)
{
    return std::unexpected(
        GraphError{.code = code, .subcode = subcode, .message = std::move(title), .user_message = std::move(text)});
}

struct Size {
    int width = 0;
    int height = 0;
};

// ITU T.81 §B: walk the segments to the frame header.
Size jpeg_size(std::string_view bytes)
{
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
    for (std::size_t at = 2; at + 9 < bytes.size() && byte(at) == 0xff;) {
        const int marker = byte(at + 1);
        const bool is_frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
        if (is_frame) {
            return {.width = byte(at + 7) * 256 + byte(at + 8), .height = byte(at + 5) * 256 + byte(at + 6)};
        }
        at += 2U + static_cast<std::size_t>(byte(at + 2)) * 256 + byte(at + 3);
    }
    return {};
}

std::expected<std::string, GraphError> fetch(const std::string& url)
{
    const auto host = url.find("://");
    const auto slash = host == std::string::npos ? host : url.find('/', host + 3);
    const auto unreachable = [&] {
        return refuse(9'004, 2'207'052, "Only photo or video can be accepted as media type.",
                      fmt::format("The media could not be fetched from this uri: {}", url));
    };
    if (slash == std::string::npos || !url.starts_with("http")) {
        return unreachable();
    }
    httplib::Client client{url.substr(0, slash)};
    client.set_connection_timeout(std::chrono::seconds{5});
    client.set_read_timeout(std::chrono::seconds{10});
    client.set_url_encode(false);
    std::string bytes;
    const auto result = client.Get(url.substr(slash), [&](const char* data, std::size_t size) {
        bytes.append(data, size);
        return bytes.size() <= kMaxBytes;
    });
    if (bytes.size() > kMaxBytes) {
        return refuse(36'000, 2'207'004, "The image size is too large.",
                      "The image is too large to download. It should be less than 8 MiB.");
    }
    if (!result || result->status != 200) {
        return unreachable();
    }
    return bytes;
}

}  // namespace

std::expected<void, GraphError> check_picture(const std::string& url)
{
    const auto bytes = fetch(url);
    if (!bytes) {
        return std::unexpected(bytes.error());
    }
    const auto size = bytes->starts_with("\xff\xd8\xff") ? jpeg_size(*bytes) : Size{};
    if (size.width == 0 || size.height == 0) {
        return refuse(36'001, 2'207'005, "The image format is not supported.",
                      "The image format is not supported. Please check spec for supported formats: JPEG.");
    }
    const double ratio = static_cast<double>(size.width) / size.height;
    if (ratio < 0.8 || ratio > 1.91) {
        return refuse(
            36'003, 2'207'009, "The aspect ratio is not supported.",
            fmt::format(
                "The submitted image with aspect ratio ('{}/{}',) cannot be published. Please submit an image with a "
                "valid aspect ratio.",
                size.width, size.height));
    }
    return {};
}

}  // namespace ss::sandbox

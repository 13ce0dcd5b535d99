// What uploaded bytes are: signatures, and width and height from the headers of JPEG (ITU-T T.81 B.2.2) and PNG.
#include <ss/posts.hpp>

#include <array>

namespace ss::posts {
namespace {

constexpr int kMaxSide = 65'535;

unsigned byte(std::string_view bytes, std::size_t at)
{
    return static_cast<unsigned char>(bytes[at]);
}

unsigned big_endian_16(std::string_view bytes, std::size_t at)
{
    return byte(bytes, at) << 8U | byte(bytes, at + 1);
}

unsigned big_endian_32(std::string_view bytes, std::size_t at)
{
    return big_endian_16(bytes, at) << 16U | big_endian_16(bytes, at + 2);
}

std::optional<Sniffed> sized(MediaKind kind, unsigned width, unsigned height)
{
    if (width == 0 || height == 0 || width > kMaxSide || height > kMaxSide) {
        return std::nullopt;
    }
    return Sniffed{kind, static_cast<int>(width), static_cast<int>(height)};
}

/// A start-of-frame marker; C4, C8 and CC in the same row mean something else.
bool is_frame(unsigned marker)
{
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

std::optional<Sniffed> jpeg(std::string_view bytes)
{
    for (std::size_t at = 2; at + 4 <= bytes.size();) {
        if (byte(bytes, at) != 0xFF) {
            return std::nullopt;
        }
        const auto marker = byte(bytes, at + 1);
        if (marker == 0xFF) {  // a fill byte
            ++at;
            continue;
        }
        const auto length = big_endian_16(bytes, at + 2);
        if (is_frame(marker)) {
            return at + 9 <= bytes.size() && length >= 8
                       ? sized(MediaKind::jpeg, big_endian_16(bytes, at + 7), big_endian_16(bytes, at + 5))
                       : std::nullopt;
        }
        if (length < 2 || marker == 0xDA || marker == 0xD9) {  // the picture begins or ends without a frame
            return std::nullopt;
        }
        at += 2 + length;
    }
    return std::nullopt;
}

std::optional<Sniffed> png(std::string_view bytes)
{
    if (bytes.size() < 33 || bytes.substr(12, 4) != "IHDR") {
        return std::nullopt;
    }
    return sized(MediaKind::png, big_endian_32(bytes, 16), big_endian_32(bytes, 20));
}

bool is_mp4(std::string_view bytes)
{
    constexpr std::array kBrands{std::string_view{"isom"}, std::string_view{"iso2"}, std::string_view{"iso4"},
                                 std::string_view{"iso5"}, std::string_view{"iso6"}, std::string_view{"mp41"},
                                 std::string_view{"mp42"}, std::string_view{"avc1"}, std::string_view{"M4V "},
                                 std::string_view{"MSNV"}, std::string_view{"dash"}};
    if (bytes.size() < 12 || bytes.substr(4, 4) != "ftyp") {
        return false;
    }
    for (const auto brand : kBrands) {
        if (bytes.substr(8, 4) == brand) {
            return true;
        }
    }
    return false;
}

}  // namespace

std::optional<Sniffed> sniff(std::string_view bytes)
{
    if (bytes.starts_with("\xFF\xD8\xFF")) {
        return jpeg(bytes);
    }
    if (bytes.starts_with("\x89PNG\r\n\x1A\n")) {
        return png(bytes);
    }
    if (bytes.size() >= 16 && bytes.starts_with("RIFF") && bytes.substr(8, 6) == "WEBPVP") {
        return Sniffed{MediaKind::webp, 0, 0};
    }
    if (is_mp4(bytes)) {
        return Sniffed{MediaKind::mp4, 0, 0};
    }
    return std::nullopt;
}

}  // namespace ss::posts

// A table of signatures: https://mimesniff.spec.whatwg.org/ §6, ISO 14496-12 brands, RFC 3533, RFC 8118.
#include "file_type.hpp"

#include <algorithm>
#include <array>

namespace ss::messaging {
namespace {

using namespace std::string_view_literals;

constexpr FileType kJpeg{"image/jpeg", "jpg"};
constexpr FileType kPng{"image/png", "png"};
constexpr FileType kGif{"image/gif", "gif"};
constexpr FileType kWebp{"image/webp", "webp"};
constexpr FileType kHeic{"image/heic", "heic"};
constexpr FileType kAvif{"image/avif", "avif"};
constexpr FileType kMp4{"video/mp4", "mp4"};
constexpr FileType kQuickTime{"video/quicktime", "mov"};
constexpr FileType kWebm{"video/webm", "webm"};
constexpr FileType kMpeg4Sound{"audio/mp4", "m4a"};
constexpr FileType kMp3{"audio/mpeg", "mp3"};
constexpr FileType kAac{"audio/aac", "aac"};
constexpr FileType kOgg{"audio/ogg", "ogg"};
constexpr FileType kWav{"audio/wav", "wav"};
constexpr FileType kPdf{"application/pdf", "pdf"};

struct Signature {
    std::string_view begin;  ///< At 0.
    std::string_view then;   ///< At `then_at`, when not empty.
    std::size_t then_at;
    FileType type;
};

constexpr std::array kSignatures{
    Signature{"\xFF\xD8\xFF"sv, {}, 0, kJpeg},
    Signature{"\x89PNG\r\n\x1A\n"sv, {}, 0, kPng},
    Signature{"GIF87a"sv, {}, 0, kGif},
    Signature{"GIF89a"sv, {}, 0, kGif},
    Signature{"RIFF"sv, "WEBP"sv, 8, kWebp},
    Signature{"RIFF"sv, "WAVE"sv, 8, kWav},
    Signature{{}, "ftypM4A"sv, 4, kMpeg4Sound},
    Signature{{}, "ftypqt"sv, 4, kQuickTime},
    Signature{{}, "ftyphei"sv, 4, kHeic},
    Signature{{}, "ftypmif1"sv, 4, kHeic},
    Signature{{}, "ftypavif"sv, 4, kAvif},
    Signature{{}, "ftyp"sv, 4, kMp4},
    Signature{"\x1A\x45\xDF\xA3"sv, {}, 0, kWebm},
    Signature{"ID3"sv, {}, 0, kMp3},
    Signature{"\xFF\xFB"sv, {}, 0, kMp3},
    Signature{"\xFF\xF3"sv, {}, 0, kMp3},
    Signature{"\xFF\xF2"sv, {}, 0, kMp3},
    Signature{"\xFF\xF1"sv, {}, 0, kAac},
    Signature{"\xFF\xF9"sv, {}, 0, kAac},
    Signature{"OggS\0"sv, {}, 0, kOgg},
    Signature{"%PDF-"sv, {}, 0, kPdf},
};

}  // namespace

std::optional<FileType> file_type(std::string_view bytes)
{
    const auto* found = std::ranges::find_if(kSignatures, [&](const Signature& signature) {
        return bytes.starts_with(signature.begin) && bytes.size() >= signature.then_at &&
               bytes.substr(signature.then_at).starts_with(signature.then);
    });
    return found == kSignatures.end() ? std::nullopt : std::optional{found->type};
}

std::string_view extension_of(std::string_view content_type)
{
    const auto* found = std::ranges::find(kSignatures, content_type,
                                          [](const Signature& signature) { return signature.type.content_type; });
    return found == kSignatures.end() ? std::string_view{} : found->type.extension;
}

}  // namespace ss::messaging

#pragma once
/// What a file is by its first bytes, whatever its sender says.

#include <optional>
#include <string_view>

namespace ss::messaging {

struct FileType {
    std::string_view content_type;
    std::string_view extension;
};

/// Pictures, videos, sound and PDF: what Instagram's messages can carry. Nothing for all else; a page or a script is
/// never one of them.
[[nodiscard]] std::optional<FileType> file_type(std::string_view bytes);
/// Of a content type that file_type() gave; "" for another.
[[nodiscard]] std::string_view extension_of(std::string_view content_type);

}  // namespace ss::messaging

#pragma once
// The ustar of the media (POSIX.1-1988): plain files with content-addressed names, nothing else is written or accepted.

#include "member.hpp"

#include <string>
#include <string_view>

namespace ss::backup {

/// "ab/cdef…": what Blobs uses; no such name can leave the folder.
[[nodiscard]] bool is_blob_key(std::string_view name);

[[nodiscard]] Result<void> write_entry(MemberWriter& writer, std::string_view key, std::string_view content,
                                       Timestamp at);
[[nodiscard]] Result<void> write_end(MemberWriter& writer);

/// Takes the archive in pieces of any size and gives whole files. Errors: corrupt.
class TarReader {
public:
    using Visit = std::function<Result<void>(std::string_view key, std::string_view content)>;
    explicit TarReader(Visit visit) : visit_{std::move(visit)} {}

    [[nodiscard]] Result<void> feed(std::string_view piece);
    [[nodiscard]] Result<void> finish() const;

private:
    Result<bool> step();
    Result<void> header(std::string_view block);

    Visit visit_;
    std::string pending_;
    std::string key_;
    std::uint64_t size_ = 0;
    bool in_file_ = false;
    bool ended_ = false;
};

}  // namespace ss::backup

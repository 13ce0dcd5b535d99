#pragma once
// One compressed file of a set: zstd inside, SHA-256 of what lies on disk.

#include "files.hpp"

#include <ss/backup.hpp>
#include <ss/crypto.hpp>

#include <functional>
#include <memory>

using ZSTD_CCtx = struct ZSTD_CCtx_s;

namespace ss::backup {

using Sink = std::function<Result<void>(std::string_view)>;

class MemberWriter {
public:
    [[nodiscard]] static Result<MemberWriter> create(const std::filesystem::path& path);
    [[nodiscard]] Result<void> write(std::string_view content);
    /// Durable when it returns.
    [[nodiscard]] Result<Member> finish();
    [[nodiscard]] std::uint64_t content_bytes() const { return member_.content_bytes; }

private:
    struct Free {
        void operator()(ZSTD_CCtx* context) const;
    };
    MemberWriter() = default;
    Result<void> compress(std::string_view content, bool last);

    File file_;
    std::unique_ptr<ZSTD_CCtx, Free> context_;
    crypto::Sha256 hash_;
    std::string out_;
    Member member_;
};

/// The bytes on disk against the manifest. Errors: corrupt, not_found.
[[nodiscard]] Result<void> check_hash(const std::filesystem::path& folder, const Member& member,
                                      const std::function<void(std::uint64_t)>& progress);

/// Unpacks; gives at most `content_bytes`. Errors: corrupt, and what the sink says.
[[nodiscard]] Result<void> unpack(const std::filesystem::path& folder, const Member& member, const Sink& sink);

}  // namespace ss::backup

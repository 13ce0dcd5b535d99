#pragma once
/// Copies of what customers attach: fetched after the message is stored, before the channel's address expires.
///
/// Part of messaging: owns the columns of `attachment` that tell how the copy is.

#include <ss/error.hpp>
#include <ss/id.hpp>
#include <ss/messaging.hpp>
#include <ss/time.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ss::jobs {
struct NewJob;
}
namespace ss::storage {
class Blobs;
}

namespace ss::messaging {

/// Jobs: {"attachment":12}, and {"blob":"ab/cd…"} for whoever keeps the media.
inline constexpr std::string_view kCopyJob = "attachment.copy";
inline constexpr std::string_view kForgetCopyJob = "attachment.forget_copy";
[[nodiscard]] jobs::NewJob forget_copy(std::string_view blob);

/// Meta's limit for video, audio and files; pictures are smaller.
inline constexpr std::size_t kMaxCopyBytes = std::size_t{25} * 1024 * 1024;

/// Why there is nothing.
enum class Missed : std::uint8_t {
    later,      ///< No answer, or one that may get better.
    gone,       ///< The other side has it no more, or does not give it.
    refused,    ///< The address is not one that may be called.
    too_large,  ///< Above kMaxCopyBytes.
};
/// Fetches the bytes at an address that came from outside: it must not reach our own network, has a limit of time and
/// reads at most kMaxCopyBytes. Handed in, because this module does not call other services itself.
using Fetch = std::function<std::expected<std::string, Missed>(const std::string& url)>;

struct Copy {
    std::string bytes;
    std::string content_type;
    std::string file_name;  ///< "attachment-12.jpg": made by us.
};

/// Safe to share between threads. Borrows all; they must outlive it.
class Copies {
public:
    Copies(storage::Database& database, jobs::Queue& queue, const realtime::Stream& stream, storage::Blobs& blobs,
           Fetch fetch, const Clock& clock)
        : database_{database}, queue_{queue}, stream_{stream}, blobs_{blobs}, fetch_{std::move(fetch)}, clock_{clock}
    {
    }

    /// One step of kCopyJob. Empty: done, the attachment tells how it went. A time: run again then. Five tries over
    /// seven hours. Errors: unavailable, busy (database, media folder): run again.
    [[nodiscard]] Result<std::optional<Timestamp>> copy(std::int64_t attachment);
    [[nodiscard]] Result<std::optional<Timestamp>> copy_job(std::string_view payload);

    /// Errors: not_found (no copy, or another workspace's), corrupt, unavailable.
    [[nodiscard]] Result<Copy> read(WorkspaceId workspace, std::int64_t attachment) const;

private:
    storage::Database& database_;
    jobs::Queue& queue_;
    const realtime::Stream& stream_;
    storage::Blobs& blobs_;
    Fetch fetch_;
    const Clock& clock_;
};

}  // namespace ss::messaging

#pragma once
/// Whether the process that holds a lease is known to be gone, and which of its jobs ended it.

#include <ss/id.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace ss::jobs {

/// True only when it ran on this host, boot and pid namespace and is gone; false when that cannot be known.
[[nodiscard]] bool is_dead_process(std::string_view owner);

/// "job 12, run 3": one run of a job, as a crash report names it.
[[nodiscard]] std::string run_name(JobId id, std::int64_t fence);

}  // namespace ss::jobs

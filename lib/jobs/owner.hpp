#pragma once
/// How one run of a job is named, so that a crash report can tell which one ended the process.

#include <ss/id.hpp>

#include <cstdint>
#include <string>

namespace ss::jobs {

/// "job 12, run 3": one run of a job, as a crash report names it.
[[nodiscard]] std::string run_name(JobId id, std::int64_t fence);

}  // namespace ss::jobs

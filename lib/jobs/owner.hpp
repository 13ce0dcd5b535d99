#pragma once
/// Whether the process that holds a lease is known to be gone.

#include <string_view>

namespace ss::jobs {

/// True only when it ran on this host, boot and pid namespace and is gone; false when that cannot be known.
[[nodiscard]] bool is_dead_process(std::string_view owner);

}  // namespace ss::jobs

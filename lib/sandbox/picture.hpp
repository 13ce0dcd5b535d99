#pragma once
/// What Meta does with an image_url: fetches it and looks at it.

#include "world.hpp"

#include <expected>
#include <string>

namespace ss::sandbox {

/// Errors: as the publishing error table (9004/2207052, 36000/2207004, 36001/2207005, 36003/2207009).
[[nodiscard]] std::expected<void, GraphError> check_picture(const std::string& url);

}  // namespace ss::sandbox

#pragma once
/// `/__sandbox/…`: the pretend world moved from outside, as JSON over HTTP.

#include "graph.hpp"

#include <ss/sandbox.hpp>

namespace ss::sandbox {

/// Knows only the public interface, so whatever a script can do a C++ test can do too.
[[nodiscard]] Answer control(Sandbox& sandbox, const httplib::Request& request);

}  // namespace ss::sandbox

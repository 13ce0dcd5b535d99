#pragma once
/// What the router holds; also read by what is printed from it.

#include "route_tree.hpp"
#include "validate.hpp"

#include <ss/http.hpp>

#include <vector>

namespace ss::http {

struct Router::Table {
    std::vector<Route> routes;
    std::vector<Schema> schemas;
    Schemas schemas_by_name;
    RouteTree tree;
    Gate gate;
};

/// Whether a row takes a JSON body.
[[nodiscard]] bool takes_json(const Route& route);

}  // namespace ss::http

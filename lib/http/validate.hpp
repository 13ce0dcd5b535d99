#pragma once
/// A request against the fields of its row.

#include <ss/error.hpp>
#include <ss/http.hpp>

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ss::http {

using Schemas = std::map<std::string_view, const Schema*, std::less<>>;

inline constexpr std::size_t kMaxReportedErrors = 50;

/// Everything that is wrong with path and query values: `where` is "{id}" or "?name".
void check_values(const Route& route, const Request& request, std::vector<Error>& errors);
/// Everything that is wrong with the body: `where` is a JSON pointer.
void check_body(const Route& route, const Schemas& schemas, const nlohmann::json& body, std::vector<Error>& errors);

}  // namespace ss::http

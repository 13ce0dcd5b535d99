// Path and query, decoded once; encodings that could mean two things are refused.
#include "incoming.hpp"

#include "route_tree.hpp"

#include <ss/text.hpp>

#include <algorithm>

namespace ss::http {
namespace {

bool is_plain(std::string_view path)
{
    return is_valid_utf8(path) &&
           std::ranges::none_of(path, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool hides_a_slash(std::string_view encoded)
{
    const auto lower = to_lower_ascii(encoded);
    return lower.find("%2f") != std::string::npos || lower.find("%5c") != std::string::npos;
}

}  // namespace

std::optional<Method> method_of(std::string_view name)
{
    if (name == "HEAD") {
        return Method::get;
    }
    for (std::size_t i = 0; i < kMethods; ++i) {
        if (kMethodNames[i] == name) {
            return static_cast<Method>(i);
        }
    }
    return std::nullopt;
}

bool is_sound_request_id(std::string_view id)
{
    return id.size() >= 8 && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                      c == '_' || c == '.';
           });
}

std::optional<Refusal> read_target(std::string_view target, Request& request)
{
    const auto question = target.find('?');
    const auto encoded = target.substr(0, question);
    auto path = percent_decode(encoded);
    if (!path || !is_plain(*path) || hides_a_slash(encoded)) {
        return Refusal{400, "the path is not valid"};
    }
    request.path = std::move(*path);
    if (question == std::string_view::npos) {
        return std::nullopt;
    }
    for (const auto pair : split(target.substr(question + 1), '&')) {
        if (pair.empty()) {
            continue;
        }
        const auto equals = std::min(pair.find('='), pair.size());
        auto name = percent_decode(pair.substr(0, equals), true);
        auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
        if (!name || !value) {
            return Refusal{400, "the query has a malformed escape"};
        }
        request.query_values.emplace_back(std::move(*name), std::move(*value));
    }
    return std::nullopt;
}

}  // namespace ss::http

// The tree of path segments under the router.
#include "route_tree.hpp"

#include <ss/text.hpp>

#include <algorithm>

namespace ss::http {
namespace {

bool is_name(std::string_view segment)
{
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

/// "/a/b" -> {"a", "b"}; empty when the path is not absolute or has too many parts.
std::vector<std::string_view> segments_of(std::string_view path)
{
    if (path.empty() || path.front() != '/' || static_cast<std::size_t>(std::ranges::count(path, '/')) > kMaxSegments) {
        return {};
    }
    return split(path.substr(1), '/');
}

}  // namespace

std::string_view method_name(Method method)
{
    return kMethodNames[static_cast<std::size_t>(method)];
}

std::vector<std::string_view> names_in(std::string_view path)
{
    std::vector<std::string_view> names;
    for (const auto segment : segments_of(path)) {
        if (is_name(segment)) {
            names.push_back(segment.substr(1, segment.size() - 2));
        }
    }
    return names;
}

bool RouteTree::add(Method method, std::string_view path, std::size_t row)
{
    const auto segments = segments_of(path);
    if (segments.empty()) {
        return false;
    }
    Node* node = &root_;
    for (const auto segment : segments) {
        auto& next = is_name(segment) ? node->any : node->literals[segment];
        if (!next) {
            next = std::make_unique<Node>();
        }
        node = next.get();
    }
    auto& entry = node->entries[static_cast<std::size_t>(method)];
    if (entry) {
        return false;
    }
    entry = Entry{row, names_in(path)};
    return true;
}

bool RouteTree::walk(const Node& node, const std::vector<std::string_view>& segments, std::size_t at, Match& match)
{
    if (at == segments.size()) {
        const bool known = std::ranges::any_of(node.entries, [](const auto& entry) { return entry.has_value(); });
        match.entries = known ? &node.entries : nullptr;
        return known;
    }
    const auto literal = node.literals.find(segments[at]);
    if (literal != node.literals.end() && walk(*literal->second, segments, at + 1, match)) {
        return true;
    }
    if (!node.any || segments[at].empty()) {
        return false;
    }
    match.values.push_back(segments[at]);
    if (walk(*node.any, segments, at + 1, match)) {
        return true;
    }
    match.values.pop_back();
    return false;
}

RouteTree::Match RouteTree::find(std::string_view path) const
{
    Match match;
    const auto segments = segments_of(path);
    if (!segments.empty()) {
        walk(root_, segments, 0, match);
    }
    return match;
}

}  // namespace ss::http

#pragma once
/// Which row a path belongs to: a tree of path segments, no patterns.

#include <ss/http.hpp>

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ss::http {

inline constexpr std::size_t kMethods = 5;
inline constexpr std::size_t kMaxSegments = 16;
inline constexpr std::array<std::string_view, kMethods> kMethodNames{"GET", "POST", "PUT", "PATCH", "DELETE"};

[[nodiscard]] std::string_view method_name(Method method);

/// The names in braces of a path, in their order.
[[nodiscard]] std::vector<std::string_view> names_in(std::string_view path);

class RouteTree {
public:
    struct Entry {
        std::size_t row = 0;
        std::vector<std::string_view> names;
    };
    struct Match {
        const std::array<std::optional<Entry>, kMethods>* entries = nullptr;
        std::vector<std::string_view> values;  ///< Parts of the path that was looked up.
    };

    /// False when the path is there already for this method, or has more segments than a path may.
    [[nodiscard]] bool add(Method method, std::string_view path, std::size_t row);

    /// The entries of a path; null when no row has it. A literal segment is preferred to a name in braces.
    [[nodiscard]] Match find(std::string_view path) const;

private:
    struct Node {
        std::map<std::string_view, std::unique_ptr<Node>, std::less<>> literals;
        std::unique_ptr<Node> any;
        std::array<std::optional<Entry>, kMethods> entries;
    };
    static bool walk(const Node& node, const std::vector<std::string_view>& segments, std::size_t at, Match& match);

    Node root_;
};

}  // namespace ss::http

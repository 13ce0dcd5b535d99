#pragma once
/// The head of a request, read by the grammar of RFC 9112 and nothing more: what other servers forgive
/// (bare LF, obs-fold, two lengths…) is how requests are smuggled, so it is refused here.

#include <ss/http.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ss::http {

struct HeadLimits {
    std::size_t bytes = 16 * 1024;
    std::size_t fields = 100;
    std::size_t target = 8 * 1024;
};

struct Head {
    std::string method;
    std::string target;  ///< "/path?query" (an absolute form is brought to it), or "*".
    int minor = 1;       ///< HTTP/1.minor
    std::vector<Header> headers;
    bool chunked = false;
    std::optional<std::uint64_t> content_length;
    bool close = false;  ///< The connection ends after this request.
    bool upgrades = false;
    bool expects_continue = false;

    [[nodiscard]] bool has_body() const { return chunked || content_length.value_or(0) > 0; }
    [[nodiscard]] std::string_view header(std::string_view lower_case_name) const;
};

/// Why a request is not taken.
struct Refusal {
    int status = 400;
    std::string_view message;
};

/// Reads line by line as bytes arrive, so that a defect is answered at once and not when the head ends.
class HeadReader {
public:
    enum class State { more, done, refused };

    explicit HeadReader(HeadLimits limits) : limits_{limits} {}

    /// `buffer` starts with the request's first byte at every call.
    [[nodiscard]] State feed(std::string_view buffer);

    [[nodiscard]] std::size_t consumed() const { return at_; }
    [[nodiscard]] const Refusal& refusal() const { return refusal_; }
    [[nodiscard]] Head& head() { return head_; }

private:
    enum class Part { request_line, fields };

    State line(std::string_view line);
    State request_line(std::string_view line);
    State field(std::string_view line);
    State finish();
    State refuse(int status, std::string_view message);
    State too_long(std::size_t pending);

    bool read_target(std::string_view target);
    State read_framing();
    State read_host();
    State read_length();
    State read_coding();
    void read_connection();

    HeadLimits limits_;
    Part part_ = Part::request_line;
    std::size_t at_ = 0;
    std::size_t empty_lines_ = 0;
    Head head_;
    Refusal refusal_;
};

/// RFC 9110 §5.6.2.
[[nodiscard]] bool is_token(std::string_view text);
/// The members of a comma-separated list, trimmed, in lower case, from all fields of that name.
[[nodiscard]] std::vector<std::string> list_members(const std::vector<Header>& headers, std::string_view name);

}  // namespace ss::http

#pragma once
/// A chunked body (RFC 9112 §7.1), decoded as it arrives. Trailer fields are checked and dropped.

#include "head.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace ss::http {

class ChunkedReader {
public:
    enum class State { more, done, refused };

    /// `limit`: bytes of content; one more is refused with 413.
    explicit ChunkedReader(std::size_t limit) : limit_{limit} {}

    /// Takes from the front of `input` what belongs to this body and appends the content to `body`.
    [[nodiscard]] State feed(std::string& input, std::string& body);
    [[nodiscard]] const Refusal& refusal() const { return refusal_; }

private:
    enum class Part { size, data, data_end, trailer };

    State step(std::string_view& rest, std::string& body);
    State size_line(std::string_view line, std::size_t so_far);
    State data(std::string_view& rest, std::string& body);
    State trailer_line(std::string_view line);
    State refuse(int status, std::string_view message);

    std::size_t limit_;
    Part part_ = Part::size;
    std::uint64_t left_ = 0;
    std::size_t trailer_bytes_ = 0;
    Refusal refusal_;
};

}  // namespace ss::http

// The grammar of chunked bodies, strict: hexadecimal digits, an optional short extension, CRLF.
#include "chunked.hpp"

#include <algorithm>
#include <charconv>

namespace ss::http {
namespace {

constexpr std::size_t kMaxLine = 256;
constexpr std::size_t kMaxTrailer = 4 * 1024;
constexpr std::size_t kMaxSizeDigits = 15;

bool is_visible(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || c == '\t';
}

}  // namespace

ChunkedReader::State ChunkedReader::refuse(int status, std::string_view message)
{
    refusal_ = {status, message};
    return State::refused;
}

ChunkedReader::State ChunkedReader::feed(std::string& input, std::string& body)
{
    std::string_view rest{input};
    auto state = State::more;
    for (auto before = rest.size() + 1; state == State::more && rest.size() != before;) {
        before = rest.size();
        state = step(rest, body);
    }
    input.erase(0, input.size() - rest.size());
    return state;
}

ChunkedReader::State ChunkedReader::step(std::string_view& rest, std::string& body)
{
    if (part_ == Part::data) {
        return data(rest, body);
    }
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) {
        return rest.size() > kMaxLine ? refuse(400, "a chunk's line is too long") : State::more;
    }
    if (end == 0 || rest[end - 1] != '\r' || end > kMaxLine) {
        return refuse(400, "a chunk's line does not end in CRLF");
    }
    const auto line = rest.substr(0, end - 1);
    rest.remove_prefix(end + 1);
    if (!std::ranges::all_of(line, is_visible)) {
        return refuse(400, "a chunk's line has a control character");
    }
    if (part_ == Part::trailer) {
        return trailer_line(line);
    }
    if (part_ == Part::data_end) {
        part_ = Part::size;
        return line.empty() ? State::more : refuse(400, "a chunk is longer than its size");
    }
    return size_line(line, body.size());
}

ChunkedReader::State ChunkedReader::size_line(std::string_view line, std::size_t so_far)
{
    std::uint64_t size = 0;
    const auto* const end = line.data() + line.size();
    const auto [stop, error] = std::from_chars(line.data(), end, size, 16);
    const auto digits = static_cast<std::size_t>(stop - line.data());
    if (digits == 0) {
        return refuse(400, "a chunk's size is not hexadecimal");
    }
    if (error != std::errc{} || digits > kMaxSizeDigits) {
        return refuse(413, "a chunk is too large");
    }
    // RFC 9112 §7.1.1: white space may only stand before the extension's semicolon.
    auto extension = line.substr(digits);
    extension.remove_prefix(std::min(extension.find_first_not_of(" \t"), extension.size()));
    if (stop != end && !extension.starts_with(';')) {
        return refuse(400, "a chunk's size is not hexadecimal");
    }
    if (size > limit_ - std::min(limit_, so_far)) {
        return refuse(413, "the body is too large");
    }
    left_ = size;
    part_ = size == 0 ? Part::trailer : Part::data;
    return State::more;
}

ChunkedReader::State ChunkedReader::data(std::string_view& rest, std::string& body)
{
    const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size()));
    body.append(rest.substr(0, taken));
    rest.remove_prefix(taken);
    left_ -= taken;
    if (left_ > 0) {
        return State::more;
    }
    part_ = Part::data_end;
    return State::more;
}

ChunkedReader::State ChunkedReader::trailer_line(std::string_view line)
{
    if (line.empty()) {
        return State::done;
    }
    trailer_bytes_ += line.size();
    if (trailer_bytes_ > kMaxTrailer) {
        return refuse(431, "the trailer is too large");
    }
    const auto colon = line.find(':');
    return colon != std::string_view::npos && is_token(line.substr(0, colon))
               ? State::more
               : refuse(400, "a trailer field is not name: value");
}

}  // namespace ss::http

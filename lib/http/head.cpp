// The grammar of request lines and header fields (RFC 9112 §2–§6), strict.
#include "head.hpp"

#include <ss/text.hpp>

#include <algorithm>
#include <array>

namespace ss::http {
namespace {

constexpr std::string_view kTokenPunctuation = "!#$%&'*+-.^_`|~";

bool is_token_character(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kTokenPunctuation.find(c) != std::string_view::npos;
}

bool is_control(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

bool is_target_character(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7f && c != '#' && c != '"' && c != '<' && c != '>' && c != '\\';
}

bool is_host_character(char c)
{
    return is_token_character(c) || c == ':' || c == '[' || c == ']';
}

std::size_t count(const std::vector<Header>& headers, std::string_view name)
{
    return static_cast<std::size_t>(std::ranges::count_if(headers, [&](const Header& h) { return h.name == name; }));
}

constexpr std::array<std::string_view, 5> kOnlyOnce{"authorization", "content-type", "origin", "expect", "upgrade"};

}  // namespace

bool is_token(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, is_token_character);
}

std::vector<std::string> list_members(const std::vector<Header>& headers, std::string_view name)
{
    std::vector<std::string> members;
    for (const auto& header : headers) {
        if (header.name != name) {
            continue;
        }
        for (const auto part : split(header.value, ',')) {
            if (const auto member = trim(part); !member.empty()) {
                members.push_back(to_lower_ascii(member));
            }
        }
    }
    return members;
}

std::string_view Head::header(std::string_view lower_case_name) const
{
    const auto found = std::ranges::find(headers, lower_case_name, &Header::name);
    return found == headers.end() ? std::string_view{} : std::string_view{found->value};
}

HeadReader::State HeadReader::refuse(int status, std::string_view message)
{
    refusal_ = {status, message};
    return State::refused;
}

HeadReader::State HeadReader::too_long(std::size_t pending)
{
    constexpr std::size_t kAroundTarget = 32;  // method and version
    if (part_ == Part::request_line && pending > limits_.target + kAroundTarget) {
        return refuse(414, "the request target is too long");
    }
    return at_ + pending > limits_.bytes ? refuse(431, "the header is too large") : State::more;
}

HeadReader::State HeadReader::feed(std::string_view buffer)
{
    for (;;) {
        const auto rest = buffer.substr(at_);
        const auto end = rest.find('\n');
        if (const auto state = too_long(end == std::string_view::npos ? rest.size() : end + 1); state != State::more) {
            return state;
        }
        if (end == std::string_view::npos) {
            return State::more;
        }
        if (end == 0 || rest[end - 1] != '\r') {
            return refuse(400, "a line ends in a bare LF");
        }
        at_ += end + 1;
        if (const auto state = line(rest.substr(0, end - 1)); state != State::more) {
            return state;
        }
    }
}

HeadReader::State HeadReader::line(std::string_view line)
{
    if (std::ranges::any_of(line, is_control)) {
        return refuse(400, "the header has a control character");
    }
    if (part_ == Part::request_line) {
        // RFC 9112 §2.2: an empty line before the request line is to be ignored; more than one is noise.
        if (line.empty()) {
            return ++empty_lines_ > 1 ? refuse(400, "there is no request line") : State::more;
        }
        part_ = Part::fields;
        return request_line(line);
    }
    return line.empty() ? finish() : field(line);
}

HeadReader::State HeadReader::request_line(std::string_view line)
{
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) {
        return refuse(400, "the request line is not METHOD target HTTP/1.1");
    }
    const auto method = line.substr(0, first);
    const auto target = line.substr(first + 1, last - first - 1);
    const auto version = line.substr(last + 1);
    if (!is_token(method)) {
        return refuse(400, "the method is not a token");
    }
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
        const bool other = version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.' &&
                           version[5] >= '0' && version[5] <= '9' && version[7] >= '0' && version[7] <= '9';
        return other ? refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
                     : refuse(400, "the request line is not METHOD target HTTP/1.1");
    }
    head_.method = method;
    head_.minor = version.back() - '0';
    if (target.size() > limits_.target) {
        return refuse(414, "the request target is too long");
    }
    return read_target(target) ? State::more : refuse(400, "the request target is not valid");
}

bool HeadReader::read_target(std::string_view target)
{
    if (target.empty() || !std::ranges::all_of(target, is_target_character)) {
        return false;
    }
    if (target == "*") {
        head_.target = target;
        return head_.method == "OPTIONS";
    }
    if (head_.method == "CONNECT") {
        // The authority form. There is no tunnel here; the method is refused later, as 405.
        head_.target = "*";
        return target.find('/') == std::string_view::npos;
    }
    const auto scheme = to_lower_ascii(target.substr(0, target.find("://") + 1));
    if (scheme == "http:" || scheme == "https:") {
        target.remove_prefix(scheme.size() + 2);
        const auto end = std::min(target.find_first_of("/?"), target.size());
        const auto authority = target.substr(0, end);
        if (authority.empty() || !std::ranges::all_of(authority, is_host_character)) {
            return false;
        }
        head_.target = target.substr(end).starts_with('/') ? "" : "/";
        head_.target += target.substr(end);
        return true;
    }
    head_.target = target;
    return target.front() == '/';
}

HeadReader::State HeadReader::field(std::string_view line)
{
    if (line.front() == ' ' || line.front() == '\t') {
        return refuse(400, "a header field is folded over two lines");
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
        return refuse(400, "a header field is not name: value");
    }
    if (head_.headers.size() == limits_.fields) {
        return refuse(431, "the header has too many fields");
    }
    auto value = line.substr(colon + 1);
    head_.headers.push_back({to_lower_ascii(line.substr(0, colon)), std::string{trim(value)}});
    return State::more;
}

HeadReader::State HeadReader::finish()
{
    for (const auto name : kOnlyOnce) {
        if (count(head_.headers, name) > 1) {
            return refuse(400, "a header field that may stand once stands there twice");
        }
    }
    if (const auto state = read_host(); state != State::more) {
        return state;
    }
    if (const auto state = read_framing(); state != State::more) {
        return state;
    }
    read_connection();
    const auto expect = to_lower_ascii(head_.header("expect"));
    if (!expect.empty() && expect != "100-continue") {
        return refuse(417, "only 100-continue can be expected");
    }
    head_.expects_continue = !expect.empty() && head_.minor == 1;
    return State::done;
}

HeadReader::State HeadReader::read_host()
{
    const auto hosts = count(head_.headers, "host");
    if (hosts > 1 || (hosts == 0 && head_.minor == 1)) {
        return refuse(400, "there must be one Host field");
    }
    const auto host = head_.header("host");
    if (hosts == 1 && (host.empty() || !std::ranges::all_of(host, is_host_character))) {
        return refuse(400, "the Host field is not a host");
    }
    return State::more;
}

HeadReader::State HeadReader::read_framing()
{
    const auto lengths = count(head_.headers, "content-length");
    const auto codings = count(head_.headers, "transfer-encoding");
    if (lengths > 0 && codings > 0) {
        return refuse(400, "Content-Length and Transfer-Encoding do not go together");
    }
    if (lengths > 0) {
        return lengths > 1 ? refuse(400, "there is more than one Content-Length") : read_length();
    }
    return codings > 0 ? read_coding() : State::more;
}

HeadReader::State HeadReader::read_length()
{
    constexpr std::size_t kMaxDigits = 18;
    const auto text = head_.header("content-length");
    const bool digits = !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) {
        return refuse(400, "the Content-Length is not a number");
    }
    if (text.size() > kMaxDigits) {
        return refuse(413, "the Content-Length is too large");
    }
    head_.content_length = static_cast<std::uint64_t>(*to_integer(text));
    return State::more;
}

HeadReader::State HeadReader::read_coding()
{
    if (head_.minor == 0) {
        return refuse(400, "HTTP/1.0 has no Transfer-Encoding");
    }
    const auto codings = list_members(head_.headers, "transfer-encoding");
    if (count(head_.headers, "transfer-encoding") > 1 || codings.empty()) {
        return refuse(400, "there must be one Transfer-Encoding");
    }
    if (codings.back() != "chunked") {
        return std::ranges::find(codings, "chunked") != codings.end()
                   ? refuse(400, "chunked must be the last Transfer-Encoding")
                   : refuse(501, "only the Transfer-Encoding chunked is understood");
    }
    if (codings.size() > 1) {
        return refuse(501, "only the Transfer-Encoding chunked is understood");
    }
    head_.chunked = true;
    return State::more;
}

void HeadReader::read_connection()
{
    const auto options = list_members(head_.headers, "connection");
    const auto has = [&](std::string_view word) { return std::ranges::find(options, word) != options.end(); };
    head_.close = has("close") || (head_.minor == 0 && !has("keep-alive"));
    head_.upgrades = head_.minor == 1 && has("upgrade");
}

}  // namespace ss::http

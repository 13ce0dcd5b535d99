// The parts of a URL that the checks look at.
#include "url.hpp"

#include <ss/text.hpp>

#include <algorithm>
#include <utility>

namespace ss::config {
namespace {

bool has_odd_characters(std::string_view text)
{
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
}

bool is_scheme(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    });
}

bool is_port(std::string_view text)
{
    const auto number = to_integer(text);
    return number && *number >= 1 && *number <= 65535;
}

// "host", "host:port", "[v6]:port"
bool split_authority(std::string_view text, Url& url)
{
    std::string_view after;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) {
            return false;
        }
        url.host = text.substr(1, end - 1);
        after = text.substr(end + 1);
    } else {
        const auto colon = text.find(':');
        url.host = text.substr(0, colon);
        after = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
    }
    if (url.host.empty()) {
        return false;
    }
    if (after.empty()) {
        return true;
    }
    url.port = after.substr(1);
    return after.starts_with(':') && is_port(url.port);
}

}  // namespace

std::optional<Url> parse_url(std::string_view text)
{
    const auto mark = text.find("://");
    if (mark == std::string_view::npos || has_odd_characters(text)) {
        return std::nullopt;
    }
    Url url{.scheme = text.substr(0, mark), .user = {}, .host = {}, .port = {}, .rest = {}};
    auto authority = text.substr(mark + 3);
    if (const auto end = authority.find_first_of("/?#"); end != std::string_view::npos) {
        url.rest = authority.substr(end);
        authority = authority.substr(0, end);
    }
    // The last '@': a password typed without %40 must be hidden whole.
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
        url.user = authority.substr(0, at);
        authority = authority.substr(at + 1);
    }
    if (!is_scheme(url.scheme) || !split_authority(authority, url)) {
        return std::nullopt;
    }
    return url;
}

bool is_loopback(std::string_view host)
{
    const auto name = to_lower_ascii(host);
    return name == "localhost" || name.ends_with(".localhost") || name.starts_with("127.") || name == "::1" ||
           name == "0.0.0.0" || name == "::" || name.starts_with("::ffff:127.");
}

std::string without_password(std::string_view text)
{
    std::string result{text};
    const auto url = parse_url(text);
    if (!url) {
        // Not understood, so nothing of it is known to be harmless, but for a file's name.
        return text.starts_with("sqlite:") ? result : "(set)";
    }
    if (const auto query = result.find_first_of("?#"); query != std::string::npos) {
        result.replace(query, std::string::npos, "?***");
    }
    if (!url->user.empty()) {
        const auto at = static_cast<std::size_t>(url->user.data() - text.data());
        const auto colon = url->user.find(':');
        const auto kept =
            colon == std::string_view::npos ? std::string{"***"} : std::string{url->user.substr(0, colon)} + ":***";
        result.replace(at, url->user.size(), kept);
    }
    return result;
}

}  // namespace ss::config

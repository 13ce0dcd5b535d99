// RFC 3986 as far as connection URLs need it.

#include "url.hpp"

#include <ss/storage.hpp>
#include <ss/text.hpp>

#include <optional>

namespace ss::storage {
namespace {

std::unexpected<Error> malformed(std::string_view part)
{
    return fail(Errc::configuration, "a connection URL is malformed: its " + std::string{part},
                "write scheme://user:password@host:port/name, with special characters of the password as %XX");
}

/// What stands before the first `separator`, which is removed too.
std::string_view take_until(std::string_view& text, char separator)
{
    const auto at = text.find(separator);
    const auto part = text.substr(0, at);
    text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
    return part;
}

Result<void> parse_host(std::string_view text, Url& url)
{
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) {
            return malformed("host");
        }
        url.host = text.substr(1, end - 1);
        text.remove_prefix(end + 1);
        if (!text.empty() && !text.starts_with(':')) {
            return malformed("host");
        }
    } else {
        auto host = percent_decode(text.substr(0, text.find(':')));
        if (!host) {
            return malformed("host");
        }
        url.host = std::move(*host);
        text.remove_prefix(std::min(text.find(':'), text.size()));
    }
    if (text.size() > 1) {
        const auto port = to_integer(text.substr(1));
        if (!port || *port < 1 || *port > 65535) {
            return malformed("port");
        }
        url.port = static_cast<std::uint16_t>(*port);
    }
    return {};
}

}  // namespace

Result<Url> parse_url(std::string_view text)
{
    Url url;
    const auto scheme_end = text.find("://");
    if (scheme_end == std::string_view::npos) {
        return malformed("scheme");
    }
    url.scheme = to_lower_ascii(text.substr(0, scheme_end));
    text.remove_prefix(scheme_end + 3);
    auto rest = text.substr(0, text.find('#'));
    auto before_query = take_until(rest, '?');
    auto authority = take_until(before_query, '/');
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
        auto user_text = authority.substr(0, at);
        authority.remove_prefix(at + 1);
        auto user = percent_decode(take_until(user_text, ':'));
        auto password = percent_decode(user_text);
        if (!user || !password) {
            return malformed("user or password");
        }
        url.user = std::move(*user);
        url.password = std::move(*password);
    }
    TRY(parse_host(authority, url));
    auto path = percent_decode(before_query);
    if (!path) {
        return malformed("path");
    }
    url.path = std::move(*path);
    while (!rest.empty()) {
        auto pair = take_until(rest, '&');
        auto key = percent_decode(take_until(pair, '='));
        auto value = percent_decode(pair);
        if (!key || !value) {
            return malformed("query");
        }
        url.query.emplace_back(std::move(*key), std::move(*value));
    }
    return url;
}

std::string redacted_url(std::string_view url)
{
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) {
        return std::string{url};
    }
    const auto start = scheme + 3;
    // Up to the last '@' before the path; a password with an unescaped '/' or '?' must not show either.
    const auto at = url.rfind('@');
    std::string result{url.substr(0, start)};
    if (at != std::string_view::npos && at >= start) {
        const auto user = url.substr(start, at - start);
        result += user.substr(0, user.find(':'));
        if (user.find(':') != std::string_view::npos) {
            result += ":***";
        }
        url.remove_prefix(at);
    } else {
        url.remove_prefix(start);
    }
    auto query = url;
    result += take_until(query, '?');
    for (char separator = '?'; !query.empty(); separator = '&') {
        const auto pair = take_until(query, '&');
        result += separator;
        result += pair.find("password") == std::string_view::npos ? pair : "password=***";
    }
    return result;
}

}  // namespace ss::storage

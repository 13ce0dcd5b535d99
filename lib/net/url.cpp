// URLs taken apart strictly, and the three forms of a request body.

#include <ss/net.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace ss::net {
namespace {

bool needs_encoding(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte >= 0x7f || c == '"' || c == '<' || c == '>' || c == '\\' || c == '^' || c == '`' ||
           c == '{' || c == '|' || c == '}';
}

bool is_host_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool is_ipv6_character(char c)
{
    return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == ':' || c == '.';
}

struct Authority {
    std::string host;
    std::string_view port;
};

Result<Authority> split_authority(std::string_view authority)
{
    if (authority.find('@') != std::string_view::npos) {
        return fail(Errc::invalid, "a URL with a user name is not accepted");
    }
    if (authority.starts_with('[')) {
        const auto close = authority.find(']');
        const auto rest = close == std::string_view::npos ? std::string_view{"x"} : authority.substr(close + 1);
        auto host = to_lower_ascii(close == std::string_view::npos ? "" : authority.substr(1, close - 1));
        if (host.empty() || !std::ranges::all_of(host, is_ipv6_character) || !(rest.empty() || rest.front() == ':')) {
            return fail(Errc::invalid, "the URL's address in brackets is malformed");
        }
        return Authority{std::move(host), rest.empty() ? rest : rest.substr(1)};
    }
    const auto colon = authority.find(':');
    auto host = to_lower_ascii(authority.substr(0, colon));
    if (host.ends_with('.')) {
        host.pop_back();
    }
    if (host.empty() || host.size() > 253 || !std::ranges::all_of(host, is_host_character)) {
        return fail(Errc::invalid, "the URL's host is malformed");
    }
    return Authority{std::move(host), colon == std::string_view::npos ? "" : authority.substr(colon + 1)};
}

std::string escape_disposition(std::string_view value)
{
    std::string escaped;
    for (const char c : value) {
        if (c == '"') {
            escaped += "%22";
        } else if (c == '\r') {
            escaped += "%0D";
        } else if (c == '\n') {
            escaped += "%0A";
        } else {
            escaped += c;
        }
    }
    return escaped;
}

}  // namespace

std::string Url::origin() const
{
    const bool is_v6 = host.find(':') != std::string::npos;
    return fmt::format("{}://{}{}{}:{}", scheme, is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
}

Result<Url> parse_url(std::string_view text)
{
    const auto colon = text.find("://");
    Url url{.scheme = to_lower_ascii(text.substr(0, colon == std::string_view::npos ? 0 : colon))};
    if (url.scheme != "http" && url.scheme != "https") {
        return fail(Errc::invalid, "a URL must start with http:// or https://");
    }
    if (std::ranges::any_of(text, needs_encoding)) {
        return fail(Errc::invalid, "the URL holds a character that has to be encoded");
    }
    text.remove_prefix(colon + 3);
    text = text.substr(0, text.find('#'));
    const auto end = text.find_first_of("/?");
    const auto authority = TRY(split_authority(text.substr(0, end)));
    url.host = authority.host;
    url.port = url.scheme == "https" ? 443 : 80;
    if (!authority.port.empty()) {
        const auto port = authority.port.size() <= 5 ? to_integer(authority.port) : std::nullopt;
        if (!port || *port < 1 || *port > 65'535) {
            return fail(Errc::invalid, "the URL's port is out of range");
        }
        url.port = static_cast<int>(*port);
    }
    const auto target = end == std::string_view::npos ? std::string_view{} : text.substr(end);
    url.target = (target.starts_with('/') ? "" : "/") + std::string{target};
    return url;
}

std::string encode_fields(const Fields& fields)
{
    std::string encoded;
    for (const auto& [name, value] : fields) {
        encoded += encoded.empty() ? "" : "&";
        encoded += percent_encode(name) + "=" + percent_encode(value);
    }
    return encoded;
}

Body json_body(std::string json)
{
    return {.content_type = "application/json", .bytes = std::move(json)};
}

Body form_body(const Fields& fields)
{
    return {.content_type = "application/x-www-form-urlencoded", .bytes = encode_fields(fields)};
}

Body multipart_body(const std::vector<Part>& parts)
{
    // A boundary is right as soon as no part holds it; so it need not be random.
    std::string boundary;
    for (int number = 1; boundary.empty(); ++number) {
        auto candidate = fmt::format("social-selling-part-{:08d}", number);
        const auto holds = [&](const Part& part) { return part.bytes.find(candidate) != std::string::npos; };
        if (std::ranges::none_of(parts, holds)) {
            boundary = std::move(candidate);
        }
    }
    std::string bytes;
    for (const auto& part : parts) {
        bytes +=
            fmt::format("--{}\r\nContent-Disposition: form-data; name=\"{}\"", boundary, escape_disposition(part.name));
        if (!part.file_name.empty()) {
            bytes += fmt::format("; filename=\"{}\"", escape_disposition(part.file_name));
        }
        if (!part.content_type.empty()) {
            bytes += "\r\nContent-Type: " + escape_disposition(part.content_type);
        }
        bytes += "\r\n\r\n" + part.bytes + "\r\n";
    }
    bytes += "--" + boundary + "--\r\n";
    return {.content_type = "multipart/form-data; boundary=" + boundary, .bytes = std::move(bytes)};
}

}  // namespace ss::net

// Every answer leaves through here, so none can miss its security headers.
#include "answer.hpp"

#include "refusal.hpp"

#include <ss/text.hpp>

#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <ctime>

namespace ss::http {
namespace {

bool is_listed(const ServerOptions& options, std::string_view origin)
{
    return !origin.empty() && origin != "null" &&
           std::ranges::find(options.cors_origins, origin) != options.cors_origins.end();
}

bool is_text(std::string_view content_type)
{
    const auto type = to_lower_ascii(trim(content_type.substr(0, content_type.find(';'))));
    constexpr std::array<std::string_view, 5> kTypes{"application/json", "application/problem+json",
                                                     "application/javascript", "image/svg+xml",
                                                     "application/openmetrics-text"};
    return type.starts_with("text/") || std::ranges::find(kTypes, type) != kTypes.end();
}

/// The header block under construction; names compare without case.
class Lines {
public:
    explicit Lines(std::vector<Header> given)
    {
        for (auto& header : given) {
            // A value with a line break would become a second header.
            if (is_token(header.name) &&
                header.value.find_first_of(std::string_view{"\r\n\0", 3}) == std::string::npos) {
                headers_.push_back(std::move(header));
            }
        }
    }

    [[nodiscard]] bool has(std::string_view name) const
    {
        const auto wanted = to_lower_ascii(name);
        return std::ranges::any_of(headers_, [&](const Header& h) { return to_lower_ascii(h.name) == wanted; });
    }

    void add(std::string_view name, std::string value) { headers_.push_back({std::string{name}, std::move(value)}); }

    void add_missing(const std::vector<Header>& defaults)
    {
        for (const auto& header : defaults) {
            if (!has(header.name)) {
                headers_.push_back(header);
            }
        }
    }

    void erase(std::string_view name)
    {
        const auto wanted = to_lower_ascii(name);
        std::erase_if(headers_, [&](const Header& h) { return to_lower_ascii(h.name) == wanted; });
    }

    [[nodiscard]] std::string print(int status) const
    {
        std::string text = fmt::format("HTTP/1.1 {} {}\r\n", status, reason_phrase(status));
        for (const auto& header : headers_) {
            text.append(header.name).append(": ").append(header.value).append("\r\n");
        }
        text += "\r\n";
        return text;
    }

private:
    std::vector<Header> headers_;
};

void add_cors(Lines& lines, const Asked& asked, const ServerOptions& options)
{
    if (options.cors_origins.empty()) {
        return;
    }
    lines.add("Vary", "Origin");
    if (is_listed(options, asked.origin)) {
        lines.add("Access-Control-Allow-Origin", asked.origin);
        lines.add("Access-Control-Allow-Credentials", "true");
        lines.add("Access-Control-Expose-Headers",
                  "X-Request-Id, Retry-After, Idempotent-Replayed, Content-Disposition");
    }
}

/// Of a fixed body: the compressed bytes, when it is to be sent so.
std::optional<std::string_view> compress(Lines& lines, Response& response, const Asked& asked,
                                         const ServerOptions& options)
{
    const auto size = response.fixed ? response.fixed->bytes().size() : response.body.size();
    if (response.stream || size < options.gzip_from || !is_text(response.content_type) ||
        lines.has("Content-Encoding")) {
        return std::nullopt;
    }
    lines.add("Vary", "Accept-Encoding");
    if (!asked.gzip) {
        return std::nullopt;
    }
    lines.add("Content-Encoding", "gzip");
    if (response.fixed) {
        return response.fixed->gzipped();
    }
    response.body = gzip(response.body);
    return std::nullopt;
}

void add_framing(Lines& lines, Response& response, std::string_view fixed, const Asked& asked, Answer& answer)
{
    // These are ours to say; a handler's would contradict the framing.
    lines.erase("Content-Length");
    lines.erase("Transfer-Encoding");
    lines.erase("Connection");
    const bool has_body = response.status >= 200 && response.status != 204 && response.status != 304;
    if (has_body && !response.stream) {
        lines.add("Content-Length", std::to_string(response.fixed ? fixed.size() : response.body.size()));
    }
    if (has_body && response.stream && !asked.head) {
        answer.chunked = asked.minor == 1;
        answer.close = answer.close || asked.minor == 0;
        answer.stream = response.stream;
        if (answer.chunked) {
            lines.add("Transfer-Encoding", "chunked");
        }
    }
    if (has_body && !asked.head && !response.stream) {
        answer.body = std::move(response.body);
        answer.fixed = fixed;
        answer.keeper = std::move(response.fixed);
    }
    if (answer.close || asked.minor == 0) {
        lines.add("Connection", answer.close ? "close" : "keep-alive");
    }
}

}  // namespace

std::string_view FixedBody::gzipped() const
{
    std::call_once(once_, [this] { gzipped_ = gzip(bytes_); });
    return gzipped_;
}

std::vector<Header> guarding_headers(bool secure)
{
    std::vector<Header> headers{{"X-Content-Type-Options", "nosniff"},
                                {"X-Frame-Options", "DENY"},
                                {"Referrer-Policy", "no-referrer"},
                                {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
                                {"Cross-Origin-Opener-Policy", "same-origin"},
                                {"Cross-Origin-Resource-Policy", "same-origin"},
                                {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
                                {"Cache-Control", "no-store"}};
    if (secure) {
        headers.push_back({"Strict-Transport-Security", "max-age=31536000"});
    }
    return headers;
}

Answer make_answer(Response response, const Asked& asked, const ServerOptions& options, Timestamp now)
{
    Answer answer{.head = {},
                  .body = {},
                  .fixed = {},
                  .keeper = {},
                  .status = response.status,
                  .close = asked.close,
                  .chunked = false,
                  .stream = {}};
    Lines lines{std::move(response.headers)};
    const bool has_type =
        !response.content_type.empty() && (!response.body.empty() || response.fixed || response.stream);
    if (has_type && !lines.has("Content-Type")) {
        lines.add("Content-Type", response.content_type);
    }
    const auto packed = compress(lines, response, asked, options);
    lines.add("Date", http_date(now));
    lines.add("X-Request-Id", asked.request_id);
    add_cors(lines, asked, options);
    lines.add_missing(guarding_headers(asked.secure));
    const auto fixed = packed.value_or(response.fixed ? response.fixed->bytes() : std::string_view{});
    add_framing(lines, response, fixed, asked, answer);
    answer.head = lines.print(response.status);
    return answer;
}

Response preflight(std::string_view allow, bool is_cors, const Asked& asked, const ServerOptions& options)
{
    Response response{.status = 204,
                      .body = {},
                      .content_type = {},
                      .headers = {{"Allow", std::string{allow}}},
                      .fixed = {},
                      .stream = {}};
    if (is_cors && is_listed(options, asked.origin)) {
        response.headers.push_back({"Access-Control-Allow-Methods", std::string{allow}});
        response.headers.push_back(
            {"Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, X-API-Key"});
        response.headers.push_back({"Access-Control-Max-Age", "600"});
    }
    return response;
}

bool accepts_gzip(const std::vector<Header>& headers)
{
    for (const auto& member : list_members(headers, "accept-encoding")) {
        const auto parts = split(member, ';');
        const auto coding = trim(parts.front());
        const bool refused = std::ranges::any_of(parts, [](std::string_view part) {
            const auto word = trim(part);
            return word.starts_with("q=") && word.find_first_of("123456789") == std::string_view::npos;
        });
        if ((coding == "gzip" || coding == "x-gzip" || coding == "*") && !refused) {
            return true;
        }
    }
    return false;
}

std::string http_date(Timestamp at)
{
    const auto seconds =
        static_cast<std::time_t>(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[static_cast<std::size_t>(parts.tm_wday)],
                       parts.tm_mday, kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                       parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string gzip(std::string_view bytes)
{
    constexpr int kLevel = 5;
    constexpr int kGzipWindow = 15 + 16;
    z_stream stream{};
    if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        return {};
    }
    std::string packed(deflateBound(&stream, bytes.size()), '\0');
    // zlib reads only; its interface is older than const.
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

}  // namespace ss::http

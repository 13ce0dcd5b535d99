// Answers as JSON: values and RFC 9457 problem documents.
#include "refusal.hpp"

#include <ss/http.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <span>

namespace ss::http {
namespace {

using nlohmann::json;

struct Phrase {
    int status;
    std::string_view words;
};

constexpr std::array kPhrases{
    Phrase{100, "Continue"},
    Phrase{101, "Switching Protocols"},
    Phrase{200, "OK"},
    Phrase{201, "Created"},
    Phrase{202, "Accepted"},
    Phrase{204, "No Content"},
    Phrase{206, "Partial Content"},
    Phrase{301, "Moved Permanently"},
    Phrase{302, "Found"},
    Phrase{303, "See Other"},
    Phrase{304, "Not Modified"},
    Phrase{307, "Temporary Redirect"},
    Phrase{308, "Permanent Redirect"},
    Phrase{400, "Bad Request"},
    Phrase{401, "Unauthorized"},
    Phrase{403, "Forbidden"},
    Phrase{404, "Not Found"},
    Phrase{405, "Method Not Allowed"},
    Phrase{406, "Not Acceptable"},
    Phrase{408, "Request Timeout"},
    Phrase{409, "Conflict"},
    Phrase{410, "Gone"},
    Phrase{412, "Precondition Failed"},
    Phrase{413, "Content Too Large"},
    Phrase{414, "URI Too Long"},
    Phrase{415, "Unsupported Media Type"},
    Phrase{416, "Range Not Satisfiable"},
    Phrase{417, "Expectation Failed"},
    Phrase{422, "Unprocessable Content"},
    Phrase{423, "Locked"},
    Phrase{426, "Upgrade Required"},
    Phrase{429, "Too Many Requests"},
    Phrase{431, "Request Header Fields Too Large"},
    Phrase{500, "Internal Server Error"},
    Phrase{501, "Not Implemented"},
    Phrase{502, "Bad Gateway"},
    Phrase{503, "Service Unavailable"},
    Phrase{504, "Gateway Timeout"},
    Phrase{505, "HTTP Version Not Supported"},
};

std::string dumped(const json& value)
{
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string_view detail_of(const Error& error)
{
    return is_hidden(error.code) || error.message.empty() ? error_row(error.code).sentence
                                                          : std::string_view{error.message};
}

json first_part(int status, const Error& error, std::string_view request_id)
{
    const auto& row = error_row(error.code);
    json document{{"type", "urn:social-selling:problem:" + std::string{row.name}},
                  {"title", row.sentence},
                  {"status", status},
                  {"detail", detail_of(error)},
                  {"code", row.name},
                  {"request_id", request_id}};
    if (!error.hint.empty() && !is_hidden(error.code)) {
        document["hint"] = error.hint;
    }
    if (!error.where.empty() && !is_hidden(error.code)) {
        document["where"] = error.where;
    }
    return document;
}

Response problem_response(int status, const json& document, const Error& error)
{
    Response response{.status = status,
                      .body = dumped(document),
                      .content_type = "application/problem+json",
                      .headers = {},
                      .stream = {}};
    auto retry_after = error.retry_after.count();
    if (retry_after <= 0 && (status == 503 || status == 429)) {
        retry_after = 1;
    }
    if (retry_after > 0) {
        response.headers.push_back({"Retry-After", std::to_string(retry_after)});
    }
    if (status == 401) {
        response.headers.push_back({"WWW-Authenticate", "Bearer"});
    }
    return response;
}

}  // namespace

std::string_view reason_phrase(int status)
{
    for (const auto& phrase : kPhrases) {
        if (phrase.status == status) {
            return phrase.words;
        }
    }
    return {};
}

bool is_hidden(Errc code)
{
    const auto status = error_row(code).http_status;
    return status == 500 || code == Errc::unavailable || code == Errc::timeout || code == Errc::pending_migrations;
}

Response json_response(int status, const json& value)
{
    return {.status = status, .body = dumped(value), .content_type = "application/json", .headers = {}, .stream = {}};
}

Response problem(const Error& error, std::string_view request_id)
{
    return problem(std::span{&error, 1}, request_id);
}

Response problem(std::span<const Error> errors, std::string_view request_id)
{
    const auto& first = errors.front();
    const auto status = error_row(first.code).http_status;
    auto document = first_part(status, first, request_id);
    if (errors.size() > 1) {
        auto list = json::array();
        for (const auto& error : errors) {
            list.push_back({{"where", error.where}, {"detail", detail_of(error)}});
        }
        document["errors"] = std::move(list);
    }
    return problem_response(status, document, first);
}

Response refusal(int status, Error error, std::string_view request_id)
{
    return problem_response(status, first_part(status, error, request_id), error);
}

}  // namespace ss::http

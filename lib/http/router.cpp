// Matches a request to its row, asks the gate, validates, calls the handler; every failure becomes a problem document.
#include "refusal.hpp"
#include "router_table.hpp"
#include "strict_json.hpp"

#include <ss/http.hpp>
#include <ss/text.hpp>

#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace ss::http {
namespace {

constexpr std::size_t kMaxKeyBytes = 255;

[[noreturn]] void defective(const Route& route, std::string_view what)
{
    fmt::print(stderr, "defective route {} {}: {}\n", method_name(route.method), route.path, what);
    std::abort();
}

void check_row(const Route& route)
{
    if (!route.handler) {
        defective(route, "no handler");
    }
    if (route.instant && (route.access != Access::open || route.per_minute != 0)) {
        defective(route, "an instant route is open to all and has no limit: the gate may not wait");
    }
    std::vector<std::string_view> declared;
    for (const auto& field : route.fields) {
        if (field.in == In::path) {
            declared.push_back(field.name);
        }
        if (field.in == In::body && route.method == Method::get) {
            defective(route, "a GET has no body fields");
        }
    }
    std::ranges::sort(declared);
    std::vector<std::string_view> paths = route.aliases;
    paths.push_back(route.path);
    for (const auto path : paths) {
        auto names = names_in(path);
        std::ranges::sort(names);
        if (names != declared) {
            defective(route, "names in braces and In::path fields differ");
        }
    }
}

std::string allowed_methods(const RouteTree::Match& match)
{
    std::string allow;
    for (std::size_t i = 0; i < kMethods; ++i) {
        if ((*match.entries)[i]) {
            allow += fmt::format("{}{}", kMethodNames[i], i == 0 ? ", HEAD, " : ", ");
        }
    }
    return allow + "OPTIONS";
}

std::string_view media_type(std::string_view value)
{
    return trim(value.substr(0, value.find(';')));
}

bool is_json_type(std::string_view content_type)
{
    if (to_lower_ascii(media_type(content_type)) != "application/json") {
        return false;
    }
    const auto lower = to_lower_ascii(content_type);
    const auto charset = lower.find("charset=");
    return charset == std::string::npos || lower.find("utf-8", charset) != std::string::npos;
}

bool is_refused_by_quality(std::string_view range)
{
    for (const auto parameter : split(range, ';')) {
        const auto word = to_lower_ascii(trim(parameter));
        if (word.starts_with("q=")) {
            return word.find_first_of("123456789") == std::string::npos;
        }
    }
    return false;
}

bool accepts_json(std::string_view accept)
{
    if (trim(accept).empty()) {
        return true;
    }
    for (const auto range : split(accept, ',')) {
        const auto type = to_lower_ascii(media_type(range));
        const bool fits = type == "*/*" || type == "application/*" || type == "application/json";
        if (fits && !is_refused_by_quality(range)) {
            return true;
        }
    }
    return false;
}

bool is_sound_key(std::string_view key)
{
    return !key.empty() && key.size() <= kMaxKeyBytes &&
           std::ranges::all_of(key, [](char c) { return c > 0x20 && c < 0x7f; });
}

/// One request on its way through its row.
class Call {
public:
    Call(const Gate& gate, const Schemas& schemas, const Route& route, Request& request)
        : gate_{gate}, schemas_{schemas}, route_{route}, request_{request}
    {
    }

    Response run()
    {
        if (auto admitted = admit(); !admitted) {
            return answer(admitted.error());
        }
        if (!route_.returns.empty() && !accepts_json(request_.header("accept"))) {
            return refusal(
                406,
                {.code = Errc::unsupported, .message = "the answer is application/json", .hint = {}, .where = "accept"},
                request_.id);
        }
        std::vector<Error> errors;
        check_values(route_, request_, errors);
        if (auto parsed = parse(); !parsed) {
            errors.insert(errors.begin(), std::move(parsed).error());
        } else if (request_.parsed) {
            check_body(route_, schemas_, *request_.parsed, errors);
        }
        if (!errors.empty()) {
            return problem(errors, request_.id);
        }
        auto outcome = with_key();
        return outcome ? std::move(*outcome) : answer(outcome.error());
    }

    Response answer(const Error& error)
    {
        if (gate_.failed && is_hidden(error.code)) {
            gate_.failed(request_, error);
        }
        return problem(error, request_.id);
    }

private:
    Result<void> admit()
    {
        if (!gate_.admit) {
            // A table without a gate must not be an open one.
            return route_.access == Access::open ? Result<void>{}
                                                 : fail(Errc::unauthenticated, "nobody can log in here");
        }
        request_.caller = TRY(gate_.admit(route_, request_));
        return {};
    }

    Result<void> parse()
    {
        if (route_.raw_body) {
            return {};
        }
        if (request_.body.empty()) {
            request_.parsed =
                takes_json(route_) ? std::make_shared<const nlohmann::json>(nlohmann::json::object()) : nullptr;
            return {};
        }
        if (!is_json_type(request_.header("content-type"))) {
            return fail(Errc::unsupported, "the body must be application/json", "send Content-Type: application/json",
                        "content-type");
        }
        request_.parsed = std::make_shared<const nlohmann::json>(TRY(parse_strict_json(request_.body)));
        return {};
    }

    Result<Response> with_key()
    {
        constexpr std::string_view kName = "idempotency-key";
        const bool has_key = std::ranges::find(request_.headers, kName, &Header::name) != request_.headers.end();
        if (!has_key || route_.method != Method::post || route_.access == Access::open) {
            return route_.handler(request_);
        }
        if (!takes_idempotency_key(route_)) {
            return fail(Errc::invalid, "an Idempotency-Key is not taken here, as nothing of a secret is kept",
                        "send the request without it", "idempotency-key");
        }
        if (!is_sound_key(request_.sole_header(kName))) {
            return fail(Errc::invalid, "the Idempotency-Key must be 1 to 255 visible ASCII characters", {},
                        "idempotency-key");
        }
        if (!gate_.once) {
            return fail(Errc::unsupported, "Idempotency-Key is not offered here", {}, "idempotency-key");
        }
        return gate_.once(request_, [this] { return route_.handler(request_); });
    }

    const Gate& gate_;
    const Schemas& schemas_;
    const Route& route_;
    Request& request_;
};

Response not_found(const Request& request)
{
    return problem(Error{Errc::not_found, "there is nothing at this path", "see /api/openapi.json", {}, {}},
                   request.id);
}

Response method_not_allowed(const Request& request, const RouteTree::Match& match)
{
    const auto allow = allowed_methods(match);
    auto response = refusal(405,
                            {.code = Errc::unsupported,
                             .message = fmt::format("this path does not take {}", method_name(request.method)),
                             .hint = "it takes " + allow,
                             .where = {}},
                            request.id);
    response.headers.push_back({"Allow", allow});
    return response;
}

}  // namespace

bool takes_idempotency_key(const Route& route)
{
    return route.method == Method::post && route.access != Access::open && !route.holds_secret;
}

bool takes_json(const Route& route)
{
    return !route.raw_body &&
           std::ranges::any_of(route.fields, [](const Field& field) { return field.in == In::body; });
}

Router::Router() : table_{std::make_unique<Table>()} {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(Route route)
{
    check_row(route);
    const auto row = table_->routes.size();
    auto paths = route.aliases;
    paths.push_back(route.path);
    for (const auto path : paths) {
        if (!table_->tree.add(route.method, path, row)) {
            defective(route, fmt::format("{} is there twice, is not absolute or has too many segments", path));
        }
    }
    table_->routes.push_back(std::move(route));
}

void Router::add(Schema schema)
{
    table_->schemas.push_back(std::move(schema));
    table_->schemas_by_name.clear();
    for (const auto& known : table_->schemas) {
        table_->schemas_by_name[known.name] = &known;
    }
}

void Router::set_gate(Gate gate)
{
    table_->gate = std::move(gate);
}

Response Router::handle(Request request) const
{
    const auto started = std::chrono::steady_clock::now();
    const auto path = request.path;  // the match points into it while the request is changed
    const auto match = table_->tree.find(path);
    const auto* entry =
        match.entries == nullptr ? nullptr : &(*match.entries)[static_cast<std::size_t>(request.method)];
    Response response;
    if (entry == nullptr) {
        response = not_found(request);
    } else if (!*entry) {
        response = method_not_allowed(request, match);
    } else {
        const auto& route = table_->routes[(*entry)->row];
        request.route = route.path;
        for (std::size_t i = 0; i < match.values.size(); ++i) {
            request.path_values.emplace_back((*entry)->names[i], match.values[i]);
        }
        Call call{table_->gate, table_->schemas_by_name, route, request};
        try {
            response = call.run();
        } catch (const std::exception& exception) {
            response = call.answer({Errc::internal, exception.what(), {}, {}, {}});
        } catch (...) {
            response = call.answer({Errc::internal, "an exception that is not a std::exception", {}, {}, {}});
        }
    }
    const auto took = std::chrono::steady_clock::now() - started;
    report(request, response.status, std::chrono::duration_cast<std::chrono::microseconds>(took));
    return response;
}

void Router::report(const Request& request, int status, std::chrono::microseconds took) const
{
    if (table_->gate.done) {
        table_->gate.done(request, status, took);
    }
}

const Route* Router::find(Method method, std::string_view path) const
{
    const auto match = table_->tree.find(path);
    if (match.entries == nullptr) {
        return nullptr;
    }
    const auto& entry = (*match.entries)[static_cast<std::size_t>(method)];
    return entry ? &table_->routes[entry->row] : nullptr;
}

std::span<const Route> Router::routes() const
{
    return table_->routes;
}

std::span<const Schema> Router::schemas() const
{
    return table_->schemas;
}

}  // namespace ss::http

// /health, /metrics, /api/openapi.json and /api/docs: how the daemon is, and what it offers.
#include "../routes.hpp"
#include "fields.hpp"

#include <ss/embedded/api_docs.hpp>
#include <ss/health.hpp>
#include <ss/metrics.hpp>

#include <algorithm>

namespace ss::daemon {
namespace {

using http::Access, http::In, http::Method, http::Request, http::Response, http::Type;
using nlohmann::json;

/// For everybody: which part is how; the sentences stay with the operator.
Response health(observe::Health& health, bool with_details)
{
    const auto reports = health.check();
    const auto worst = observe::worst(reports);
    auto parts = json::array();
    for (const auto& report : reports) {
        json part{{"name", report.name}, {"status", observe::to_string(report.state)}};
        if (with_details) {
            part["detail"] = report.detail;
            part["microseconds"] = report.latency.count();
        }
        parts.push_back(std::move(part));
    }
    return http::json_response(worst == observe::HealthState::failed ? 503 : 200,
                               {{"status", observe::to_string(worst)}, {"parts", std::move(parts)}});
}

struct Page {
    std::string_view name;
    std::string_view content_type;
    std::shared_ptr<const http::FixedBody> body;
};
using Pages = std::vector<Page>;

Pages docs_pages()
{
    Pages pages;
    for (const auto& file : embedded::api_docs()) {
        const auto* type = file.name.ends_with(".css")  ? "text/css"
                           : file.name.ends_with(".js") ? "text/javascript"
                                                        : "text/html; charset=utf-8";
        pages.push_back({file.name, type, std::make_shared<http::FixedBody>(file.bytes)});
    }
    return pages;
}

Result<Response> docs_file(const Pages& pages, std::string_view name)
{
    const auto found = std::ranges::find(pages, name, &Page::name);
    if (found == pages.end()) {
        return fail(Errc::not_found, "there is no such file");
    }
    Response answer{.content_type = std::string{found->content_type}};
    answer.fixed = found->body;
    answer.headers.push_back(
        {"Content-Security-Policy",
         "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
         "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"});
    answer.headers.push_back({"Cache-Control", "public, max-age=3600"});
    return answer;
}

void add_docs_routes(http::Router& router, const std::shared_ptr<const http::FixedBody>& openapi)
{
    const auto pages = std::make_shared<const Pages>(docs_pages());
    router.add({.method = Method::get,
                .path = "/api/openapi.json",
                .about = "This document (OpenAPI 3.1), printed from the route table.",
                .tag = "system",
                .access = Access::open,
                .handler = [&openapi](const Request&) -> Result<Response> {
                    Response answer;
                    answer.fixed = openapi;
                    return answer;
                }});
    router.add({.method = Method::get,
                .path = "/api/docs",
                .about = "The same for people: Swagger UI from local files.",
                .tag = "system",
                .access = Access::open,
                .handler = [pages](const Request&) { return docs_file(*pages, "index.html"); }});
    router.add({.method = Method::get,
                .path = "/api/docs/{file}",
                .about = "What the page is made of.",
                .tag = "system",
                .access = Access::open,
                .fields = {{.name = "file", .in = In::path, .about = "its name", .required = true, .maximum = 100}},
                .errors = {Errc::not_found},
                .handler = [pages](const Request& request) { return docs_file(*pages, request.text("file")); }});
}

}  // namespace

void add_system_routes(http::Router& router, observe::Health& health_of, observe::Metrics& metrics, bool are_metrics_on,
                       const std::atomic<bool>& is_ready, const std::shared_ptr<const http::FixedBody>& openapi)
{
    router.add(
        http::Schema{.name = "HealthPart",
                     .about = "One part of the daemon or one service it uses.",
                     .fields = {{.name = "name"},
                                {.name = "status", .values = {"ok", "degraded", "failed"}},
                                {.name = "detail", .about = "only for the operator"},
                                {.name = "microseconds", .type = Type::integer, .about = "only for the operator"}}});
    router.add(http::Schema{.name = "Health",
                            .about = "How the daemon is: the worst of its parts.",
                            .fields = {{.name = "status", .values = {"ok", "degraded", "failed", "stopping"}},
                                       {.name = "parts", .type = Type::array, .schema = "HealthPart"}}});
    router.add({.method = Method::get,
                .path = "/health/live",
                .about = "The process turns. Touches nothing.",
                .tag = "system",
                .access = Access::open,
                .returns = "Health",
                .handler = [](const Request&) -> Result<Response> {
                    return Response{.body = R"({"status":"ok","parts":[]})"};
                },
                .instant = true});
    router.add(
        {.method = Method::get,
         .path = "/health/ready",
         .about =
             "May get traffic: every service answers and the workers drain. 503 while starting, stopping or failed.",
         .tag = "system",
         .access = Access::open,
         .returns = "Health",
         .handler = [&health_of, &is_ready](const Request&) -> Result<Response> {
             if (!is_ready) {
                 return http::json_response(503, {{"status", "stopping"}, {"parts", json::array()}});
             }
             return health(health_of, false);
         }});
    router.add({.method = Method::get,
                .path = "/health",
                .about = "Every part with its sentence, for the operator.",
                .tag = "system",
                .access = Access::operations,
                .returns = "Health",
                .handler = [&health_of](const Request&) -> Result<Response> { return health(health_of, true); }});
    router.add(
        {.method = Method::get,
         .path = "/metrics",
         .about = "Prometheus metrics: from this machine, or with metrics.token; 404 when prometheus.enabled is off.",
         .tag = "system",
         .access = Access::operations,
         .handler = [&metrics, are_metrics_on](const Request&) -> Result<Response> {
             if (!are_metrics_on) {
                 return fail(Errc::not_found, "metrics are switched off", "set prometheus.enabled");
             }
             return Response{.body = metrics.text(), .content_type = "text/plain; version=0.0.4; charset=utf-8"};
         }});
    add_docs_routes(router, openapi);
}

}  // namespace ss::daemon

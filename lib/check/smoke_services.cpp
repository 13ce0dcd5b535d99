// Smoke checks 10 to 15: what the operator asks, from webhooks to health.
#include "smoke_checks.hpp"
#include "tls.hpp"

#include <ss/crypto.hpp>

#include <fmt/core.h>

#include <fstream>
#include <iterator>
#include <tuple>

namespace ss::check {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

Outcome answers_at(SmokeRun& run, const std::string& url, std::string_view path)
{
    net::Request get;
    get.url = url + std::string{path};
    const auto answer = run.client.send(get);
    return answer && answer->status == 200
               ? passed()
               : failed(fmt::format("{} does not answer at {}", url, path), "is it running?");
}

}  // namespace

/// Signed as Meta signs. On a connected account of the sandbox the event has to show in the inbox; on the real one it
/// names the account "0", as the App Dashboard's test does, and leaves nothing behind.
Outcome webhooks_arrive(SmokeRun& run)
{
    if (run.options.app_secret.empty()) {
        return skipped("instagram.app_secret is not known here, so no test event can be signed");
    }
    const bool in_inbox = !run.options.sandbox_url.empty() && !run.account_external_id.empty();
    const auto account = in_inbox ? run.account_external_id : std::string{"0"};
    const auto mid = "smoke_" + crypto::to_hex(crypto::random_bytes(8));
    const auto now = to_micros(run.clock.now()) / 1000;
    const auto body =
        json{{"object", "instagram"},
             {"entry",
              {{{"id", account},
                {"time", now},
                {"messaging",
                 {{{"sender", {{"id", run.customer.empty() ? std::string{"990000000000099"} : run.customer}}},
                   {"recipient", {{"id", account}}},
                   {"timestamp", now},
                   {"message", {{"mid", mid}, {"text", "webhook " + mid}}}}}}}}}}
            .dump();
    net::Request hook;
    hook.method = "POST";
    hook.url = run.options.base_url + "/webhooks/instagram";
    hook.body = net::json_body(body);
    hook.headers = {{"X-Hub-Signature-256",
                     "sha256=" + crypto::to_hex(crypto::hmac_sha256(run.options.app_secret.reveal(), body))}};
    const auto answer = run.client.send(hook);
    if (!answer || answer->status != 200) {
        return failed(
            answer ? fmt::format("status {} for a correctly signed event", answer->status) : answer.error().message,
            "is instagram.app_secret the daemon's?");
    }
    if (!in_inbox) {
        return passed("a signed event is accepted and journaled");
    }
    const bool arrived = run.eventually([&] {
        const auto found = run.call("GET", "/api/v1/messages?q=" + mid);
        return found.status == 200 && found.json.at("items").size() == 1;
    });
    return arrived ? passed("a signed event is in the inbox")
                   : failed("the event was accepted but is not in the inbox", "see the daemon's log for this request");
}

Outcome workers_work(SmokeRun& run)
{
    const auto health = run.call("GET", "/health/ready");
    const auto parts = health.json.is_object() ? health.json.value("parts", json::array()) : json::array();
    for (const auto& part : parts) {
        if (part.value("name", "") == "workers") {
            const auto state = part.value("status", "");
            return state == "ok"
                       ? passed(run.sent_message != 0 ? "a message was sent by a job" : "the workers drain the queue")
                       : failed("the workers are " + state, "see the daemon's log, and GET /health on the machine");
        }
    }
    return failed("the daemon does not tell of its workers: " + health.told());
}

Outcome metrics_shown(SmokeRun& run)
{
    const auto answer = run.call("GET", "/metrics");
    if (answer.status == 401) {
        return skipped("metrics are shown on the daemon's own machine or with metrics.token");
    }
    if (answer.status != 200 || answer.body.find("sss_build_info") == std::string::npos) {
        return failed(answer.told());
    }
    std::string reason = "own metrics";
    for (const auto& [url, path, name] : {std::tuple{run.options.prometheus_url, "/-/ready", " and Prometheus"},
                                          std::tuple{run.options.grafana_url, "/api/health", " and Grafana"}}) {
        if (!url.empty()) {
            if (auto outcome = answers_at(run, url, path); outcome.verdict == Verdict::fail) {
                return outcome;
            }
            reason += name;
        }
    }
    return passed(reason);
}

Outcome logs_collected(SmokeRun& run)
{
    if (run.options.log.empty()) {
        return skipped(
            "where the log goes is not known here (--log FILE); under systemd: journalctl -u social-selling");
    }
    if (run.marked_request.empty()) {
        return skipped("no request was made that the log would have to show");
    }
    const bool found = run.eventually([&] {
        std::ifstream file{run.options.log, std::ios::binary};
        const std::string text{std::istreambuf_iterator<char>{file}, {}};
        return text.find(run.marked_request) != std::string::npos;
    });
    return found ? passed("the log shows our request")
                 : failed("the log does not show our request", "does sssd write to " + run.options.log.string() + "?");
}

Outcome certificate_valid(SmokeRun& run)
{
    const auto url = net::parse_url(run.options.base_url);
    if (!url || url->scheme != "https") {
        return skipped("the base address is http: no TLS to look at");
    }
    const auto seen = look_at_certificate(url->host, url->port, run.options.ca_file, 10s);
    if (!seen) {
        return failed(seen.error().message, seen.error().hint);
    }
    const auto days = std::chrono::floor<std::chrono::days>(seen->valid_until - run.clock.now()).count();
    return days >= 14 ? passed(fmt::format("{} more days", days))
                      : failed(fmt::format("the certificate ends in {} days", days),
                               "does certbot's timer run? (certbot renew --dry-run)");
}

Outcome services_healthy(SmokeRun& run)
{
    const auto health = run.call("GET", "/health/ready");
    if (health.status != 200) {
        return failed(health.told(), "GET /health on the machine tells which part and why");
    }
    std::string parts;
    for (const auto& part : health.json.value("parts", json::array())) {
        if (part.value("status", "") != "ok") {
            return failed(fmt::format("{} is {}", part.value("name", ""), part.value("status", "")),
                          "GET /health on the machine tells why");
        }
        parts += (parts.empty() ? "" : ", ") + part.value("name", "");
    }
    return passed(parts);
}

}  // namespace ss::check

// Smoke checks 1 to 9: what a user does, from registering to the dashboard.
#include "smoke_checks.hpp"

#include <ss/crypto.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>

namespace ss::check {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr std::string_view kThrowawayPassword = "um teste passa por aqui e vai embora";

/// Path and query of an absolute address.
std::string local_part(std::string_view url)
{
    const auto host = url.find("://");
    const auto path = host == std::string_view::npos ? std::string_view::npos : url.find('/', host + 3);
    return path == std::string_view::npos ? "/" : std::string{url.substr(path, url.find('#') - path)};
}

Outcome finish_flow(SmokeRun& run, const std::string& authorize_url, std::string_view cookie)
{
    net::Request page;
    page.url = authorize_url;
    const auto shown = run.client.send(page);
    if (!shown || shown->status != 302) {
        return failed("the pretend Instagram did not send the browser back", "is the sandbox running?");
    }
    const auto back =
        run.call("GET", local_part(shown->header("location")), nullptr, {{"Cookie", std::string{cookie}}});
    if (back.status != 200) {
        return failed(back.told(), "see the daemon's log for this request");
    }
    run.account = back.json.value("account", std::int64_t{0});
    return passed("@" + back.json.value("username", ""));
}

/// A grey picture of 320×320 that Instagram would take.
std::string picture(SmokeRun& run)
{
    net::Request get;
    get.url = run.options.sandbox_url + "/cdn/smoke.jpg";
    const auto got = run.client.send(get);
    return got && got->status == 200 ? got->body : std::string{};
}

/// Lets the sandbox's first customer write. Returns who that is; empty: it could not be done.
std::string customer_writes(SmokeRun& run, const std::string& text)
{
    net::Request look;
    look.url = run.options.sandbox_url + "/__sandbox/state";
    const auto state = run.client.send(look);
    const auto told = state ? json::parse(state->body, nullptr, false) : json();
    if (!told.is_object() || told.value("customers", json::array()).empty()) {
        return {};
    }
    auto customer = told.at("customers").front().value("id", "");
    net::Request write;
    write.method = "POST";
    write.url = run.options.sandbox_url + "/__sandbox/write";
    write.body = net::json_body(json{{"customer", customer}, {"text", text}}.dump());
    const auto written = run.client.send(write);
    return written && written->status / 100 == 2 ? customer : std::string{};
}

}  // namespace

Outcome site_answers(SmokeRun& run)
{
    const auto answer = run.call("GET", "/health/live");
    if (answer.status == 200) {
        return passed(run.options.base_url);
    }
    return failed(answer.told(), "is sssd running? look at its log, and at the base address");
}

Outcome register_user(SmokeRun& run)
{
    run.throwaway_email = fmt::format("smoke-{}@smoke.example", crypto::to_hex(crypto::random_bytes(6)));
    const json body{{"email", run.throwaway_email},
                    {"password", kThrowawayPassword},
                    {"name", "Smoke"},
                    {"workspace", "Smoke test"}};
    const auto answer = run.call("POST", "/api/v1/auth/register", body);
    if (answer.status == 201) {
        run.throwaway_token = answer.json.value("access_token", "");
        run.marked_request = answer.response.header("x-request-id");
        return passed();
    }
    if (answer.status == 403) {
        return skipped("registration is closed by auth.registration");
    }
    if (answer.status == 429) {
        return skipped("three registrations a minute are allowed, and they are used up");
    }
    return failed(answer.told(), "see the daemon's log for this request");
}

Outcome log_in(SmokeRun& run)
{
    const bool is_given = !run.options.email.empty();
    if (!is_given && run.throwaway_token.empty()) {
        return skipped("no user was registered and none was given with --email");
    }
    const auto email = is_given ? run.options.email : run.throwaway_email;
    const auto password = is_given ? std::string{run.options.password.reveal()} : std::string{kThrowawayPassword};
    const auto answer = run.call("POST", "/api/v1/auth/login", {{"email", email}, {"password", password}});
    if (answer.status != 200) {
        return failed(answer.told(), is_given ? "are the e-mail and password of --email right?" : "");
    }
    run.token = answer.json.value("access_token", "");
    const auto me = run.call("GET", "/api/v1/auth/me");
    return me.status == 200 ? passed(email) : failed("the access token is not accepted: " + me.told());
}

Outcome connect_account(SmokeRun& run)
{
    if (run.token.empty()) {
        return skipped("nobody is logged in");
    }
    const auto before = run.call("GET", "/api/v1/accounts");
    const bool had_one = before.json.is_object() && !before.json.value("items", json::array()).empty();
    const auto begun = run.call("POST", "/api/v1/accounts/connect");
    if (begun.status == 403) {
        return skipped("the given user is not an admin of the workspace");
    }
    const auto url = begun.json.is_object() ? begun.json.value("authorize_url", "") : "";
    if (begun.status != 200 || url.empty()) {
        return failed(begun.told(), "are instagram.app_id and instagram.redirect_uri set?");
    }
    if (run.options.sandbox_url.empty()) {
        return passed("the flow starts; a person has to finish it on Instagram");
    }
    const auto cookie = begun.response.header("set-cookie");
    run.is_account_ours = !had_one;
    return finish_flow(run, url, cookie.substr(0, cookie.find(';')));
}

Outcome see_accounts(SmokeRun& run)
{
    if (run.token.empty()) {
        return skipped("nobody is logged in");
    }
    const auto list = run.call("GET", "/api/v1/accounts");
    if (list.status != 200) {
        return failed(list.told());
    }
    const auto items = list.json.value("items", json::array());
    for (const auto& item : items) {
        if (item.value("state", "") == "connected" &&
            (run.account == 0 || item.value("id", std::int64_t{0}) == run.account)) {
            run.account = item.value("id", std::int64_t{0});
            run.account_external_id = item.value("external_id", "");
            return passed(fmt::format("{} connected", items.size()));
        }
    }
    if (items.empty()) {
        return run.account == 0 ? skipped("no account is connected")
                                : failed("the account that was connected is not in the list");
    }
    return failed(fmt::format("no account is healthy: {}", items.front().value("state_sentence", "")),
                  "connect the account again");
}

/// On the real Instagram only the configured test customer is ever written to.
Outcome look_for_recipient(SmokeRun& run)
{
    std::string cursor;
    std::size_t seen = 0;
    do {
        const auto list = run.call("GET", fmt::format("/api/v1/conversations?account={}&limit=100{}", run.account,
                                                      cursor.empty() ? "" : "&cursor=" + percent_encode(cursor)));
        if (list.status != 200) {
            return failed(list.told());
        }
        for (const auto& item : list.json.at("items")) {
            ++seen;
            if (!run.options.recipient.empty() &&
                item.at("contact").value("external_id", "") == run.options.recipient) {
                run.conversation = item.value("id", std::int64_t{0});
            }
        }
        cursor = list.json.at("next").is_string() ? list.json.at("next").get<std::string>() : "";
    } while (!run.options.recipient.empty() && run.conversation == 0 && !cursor.empty());
    return passed(seen == 0 ? "the inbox is empty" : "the inbox answers");
}

Outcome see_messages(SmokeRun& run)
{
    if (run.account == 0) {
        return skipped("no account is connected");
    }
    if (run.options.sandbox_url.empty()) {
        return look_for_recipient(run);
    }
    const auto text = "Olá! Isto é um teste: " + crypto::to_hex(crypto::random_bytes(4));
    run.customer = customer_writes(run, text);
    if (run.customer.empty()) {
        return failed("the sandbox's customer could not write", "is the sandbox running?");
    }
    const bool arrived = run.eventually([&] {
        const auto list = run.call("GET", fmt::format("/api/v1/conversations?account={}&limit=20", run.account));
        for (const auto& item : list.status == 200 ? list.json.at("items") : json::array()) {
            if (item.value("preview", "") == text) {
                run.conversation = item.value("id", std::int64_t{0});
            }
        }
        return run.conversation != 0;
    });
    return arrived ? passed("newest: " + text)
                   : failed("the message did not arrive in the inbox",
                            "do webhooks reach the daemon? see its log, and GET /health on the machine");
}

Outcome send_message(SmokeRun& run)
{
    if (run.options.sandbox_url.empty() && run.options.recipient.empty()) {
        return skipped("no test recipient is configured (smoke.recipient), so no real DM is sent");
    }
    if (run.conversation == 0) {
        return skipped(run.options.sandbox_url.empty() ? "the test recipient has no conversation with this account"
                                                       : "there is no conversation to answer in");
    }
    const auto queued =
        run.call("POST", "/api/v1/messages", {{"conversation", run.conversation}, {"text", "Recebido, obrigado!"}});
    if (queued.status != 202) {
        return failed(queued.told());
    }
    run.sent_message = queued.json.value("id", std::int64_t{0});
    std::string delivery;
    const bool went = run.eventually([&] {
        const auto now = run.call("GET", fmt::format("/api/v1/messages/{}", run.sent_message));
        delivery = now.json.is_object() ? now.json.value("delivery", "") : "";
        return delivery == "sent" || delivery == "read" || delivery == "failed";
    });
    return went && delivery != "failed"
               ? passed("delivery: " + delivery)
               : failed("the message stays " + delivery, "see the daemon's log for the job that sends it");
}

Outcome schedule_post(SmokeRun& run)
{
    if (run.account == 0) {
        return skipped("no account is connected");
    }
    if (run.options.sandbox_url.empty()) {
        const auto list = run.call("GET", "/api/v1/posts?limit=1");
        return list.status == 200 ? passed("the calendar answers; nothing is planned on the real account")
                                  : failed(list.told());
    }
    net::Request upload;
    upload.method = "POST";
    upload.url = run.options.base_url + "/api/v1/media?name=smoke.jpg";
    upload.headers = {{"Authorization", "Bearer " + run.token}};
    upload.body = {"image/jpeg", picture(run)};
    const auto uploaded = run.client.send(upload);
    const auto media = uploaded && uploaded->status == 201 ? json::parse(uploaded->body, nullptr, false) : json();
    if (!media.is_object()) {
        return failed("the picture was not accepted");
    }
    const auto planned = run.call("POST", "/api/v1/posts/schedule",
                                  {{"account", run.account},
                                   {"media", media.at("id")},
                                   {"caption", "Smoke test"},
                                   {"at", to_rfc3339(run.clock.now() + 24h * 300)}});
    if (planned.status != 201) {
        return failed(planned.told());
    }
    const auto cancelled =
        run.call("POST", fmt::format("/api/v1/posts/{}/cancel", planned.json.value("id", std::int64_t{0})));
    return cancelled.status == 200 ? passed("planned and cancelled")
                                   : failed("planned, but not cancelled: " + cancelled.told());
}

Outcome see_dashboard(SmokeRun& run)
{
    if (run.token.empty()) {
        return skipped("nobody is logged in");
    }
    const auto answer = run.call("GET", "/api/v1/analytics/dashboard");
    if (answer.status != 200) {
        return failed(answer.told());
    }
    return passed(fmt::format("{} messages received, {} sent in 30 days", answer.json.value("messages_received", 0),
                              answer.json.value("messages_sent", 0)));
}

void clean_up(SmokeRun& run)
{
    if (run.is_account_ours && run.account != 0 && !run.options.email.empty()) {
        (void)run.call("DELETE", fmt::format("/api/v1/accounts/{}", run.account));
    }
    if (!run.throwaway_token.empty()) {
        run.token = run.throwaway_token;
        (void)run.call("DELETE", "/api/v1/workspace", {{"confirm", "Smoke test"}});
    }
}

}  // namespace ss::check

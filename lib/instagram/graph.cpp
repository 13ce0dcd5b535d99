// Calls to Meta. The rule that matters most: no answer to a call that must happen once is unknown_outcome, never
// transient.

#include "graph.hpp"

#include "errors.hpp"

#include <ss/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace ss::instagram {
namespace {

using channel::Failure, channel::FailureClass, channel::Outcome;

Failure unknown_outcome(std::string code)
{
    return failure(FailureClass::unknown_outcome, std::move(code),
                   "Instagram did not answer; whether it worked is being found out.",
                   "O Instagram não respondeu; estamos verificando se funcionou.");
}

Failure no_answer(const net::CallError& error, Effect effect)
{
    auto made =
        error.phase == net::Phase::unknown && effect == Effect::once_only
            ? unknown_outcome("network")
            : failure(FailureClass::transient, "network", "Instagram cannot be reached; it will be tried again.",
                      "Não foi possível falar com o Instagram; vamos tentar de novo.");
    made.detail = error.message;
    made.retry_after = std::chrono::ceil<std::chrono::seconds>(error.retry_after);
    return made;
}

int highest(const json& figures)
{
    std::int64_t percent = 0;
    for (const auto* name : {"call_count", "total_time", "total_cputime"}) {
        const auto& value = member(figures, name);
        percent = std::max(percent, value.is_number() ? static_cast<std::int64_t>(value.get<double>()) : 0);
    }
    return static_cast<int>(std::clamp<std::int64_t>(percent, 0, 10'000));
}

std::chrono::seconds told_to_wait(const net::Response& response, const std::optional<Usage>& usage, Timestamp now)
{
    const auto header = response.retry_after(now).value_or(std::chrono::seconds{0});
    return std::max<std::chrono::seconds>(header, usage ? usage->until_regained : std::chrono::minutes{0});
}

}  // namespace

/// Passing faults that come before the effect: Instagram could not fetch the file. The others (1, 2, -1, is_transient)
/// say nothing about what was done.
constexpr std::array<std::string_view, 3> kSurelyNotDone{"100/2018008", "-2/2207003", "9004/2207052"};

Failure incomplete(Effect effect)
{
    return effect == Effect::once_only
               ? unknown_outcome("answer")
               : failure(FailureClass::transient, "answer", "Instagram gave no usable answer; it will be tried again.",
                         "O Instagram não deu uma resposta válida; vamos tentar de novo.");
}

std::string account_path(const channel::Access& access)
{
    return access.external_id.empty() ? "me" : access.external_id;
}

Outcome<json> Instagram::Graph::call(const Ask& ask)
{
    net::Request request{.method = ask.method,
                         .url = ask.url,
                         .body = ask.body,
                         .deadline = deadline_,
                         .idempotent = ask.effect == Effect::harmless};
    if (!ask.query.empty()) {
        request.url += "?" + net::encode_fields(ask.query);
    }
    if (!ask.token.empty()) {
        request.headers.emplace_back("Authorization", fmt::format("Bearer {}", ask.token.reveal()));
    }
    const auto reply = client_.send(request);
    if (!reply) {
        return std::unexpected(no_answer(reply.error(), ask.effect));
    }
    note_usage(ask.account, *reply);
    auto body = parse_json(reply->body);
    const bool is_error =
        reply->status >= 300 || !body.is_object() || body.contains("error") || body.contains("error_type");
    if (!is_error) {
        return body;
    }
    auto failed = classify(reply->status, body);
    const bool is_sure = reply->status < 500 && std::ranges::find(kSurelyNotDone, failed.code) != kSurelyNotDone.end();
    if (failed.kind == FailureClass::transient && ask.effect == Effect::once_only && !is_sure) {
        auto unsure = unknown_outcome(failed.code);
        unsure.detail = failed.detail;
        return std::unexpected(std::move(unsure));
    }
    failed.retry_after = std::max(failed.retry_after, told_to_wait(*reply, usage(ask.account), clock_.now()));
    return std::unexpected(std::move(failed));
}

Outcome<json> Instagram::Graph::get(const channel::Access& access, std::string_view path, net::Fields query)
{
    return call({.url = base_ + std::string{path},
                 .query = std::move(query),
                 .token = access.token,
                 .account = access.external_id});
}

Outcome<json> Instagram::Graph::post(const channel::Access& access, std::string_view path, const json& body,
                                     Effect effect)
{
    return call({.method = "POST",
                 .url = base_ + std::string{path},
                 .body = net::json_body(dump(body)),
                 .token = access.token,
                 .account = access.external_id,
                 .effect = effect});
}

Outcome<json> Instagram::Graph::remove(const channel::Access& access, std::string_view path)
{
    return call(
        {.method = "DELETE", .url = base_ + std::string{path}, .token = access.token, .account = access.external_id});
}

void Instagram::Graph::note_usage(const std::string& account, const net::Response& response)
{
    const auto app = parse_json(response.header("x-app-usage"));
    const auto business = parse_json(response.header("x-business-use-case-usage"));
    if (account.empty() || (!app.is_object() && !business.is_object())) {
        return;
    }
    Usage usage{.percent = highest(app), .until_regained = {}, .at = clock_.now()};
    for (const auto& list : business.is_object() ? business : json::object()) {
        for (const auto& figures : list.is_array() ? list : json::array()) {
            usage.percent = std::max(usage.percent, highest(figures));
            const auto minutes = integer_of(figures, "estimated_time_to_regain_access").value_or(0);
            usage.until_regained =
                std::max(usage.until_regained, std::chrono::minutes{std::clamp<std::int64_t>(minutes, 0, 10'080)});
        }
    }
    (*usage_.lock())[account] = usage;
}

std::optional<Usage> Instagram::Graph::usage(std::string_view account)
{
    auto all = usage_.lock();
    const auto found = all->find(account);
    return found == all->end() ? std::nullopt : std::optional{found->second};
}

}  // namespace ss::instagram

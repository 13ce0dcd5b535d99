#pragma once
/// What the smoke checks share while they run: the client, the log-ins, and what has to be removed afterwards.

#include <ss/check.hpp>
#include <ss/net.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ss::check {

struct Answer {
    int status = 0;  ///< 0: none came; `error` says why.
    nlohmann::json json;
    std::string body;
    std::string error;
    net::Response response;

    /// "status 503: the queue is full", for a finding.
    [[nodiscard]] std::string told() const;
};

struct Outcome {
    Verdict verdict = Verdict::pass;
    std::string reason;
    std::string hint;
};

[[nodiscard]] inline Outcome passed(std::string reason = {})
{
    return {Verdict::pass, std::move(reason), {}};
}
[[nodiscard]] inline Outcome failed(std::string reason, std::string hint = {})
{
    return {Verdict::fail, std::move(reason), std::move(hint)};
}
[[nodiscard]] inline Outcome skipped(std::string reason)
{
    return {Verdict::skip, std::move(reason), {}};
}

/// One run; not shared between threads.
class SmokeRun {
public:
    SmokeRun(const SmokeOptions& options, const Clock& clock);

    [[nodiscard]] Answer call(std::string_view method, std::string_view path, const nlohmann::json& body = nullptr,
                              net::Fields headers = {});
    /// Waits for something that happens afterwards, up to the options' patience.
    [[nodiscard]] bool eventually(const std::function<bool()>& condition) const;

    const SmokeOptions& options;
    const Clock& clock;
    net::HttpClient client;

    std::string throwaway_email;
    std::string throwaway_token;  ///< Of the user that check 2 made.
    std::string token;            ///< Of the workspace that is looked at.
    std::int64_t account = 0;
    std::string account_external_id;
    std::string customer;  ///< Of the pretend Instagram: who writes.
    std::int64_t conversation = 0;
    std::int64_t sent_message = 0;
    std::string marked_request;  ///< A request id that the daemon's log has to show.
    bool is_account_ours = false;
};

}  // namespace ss::check

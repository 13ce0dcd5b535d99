// Calls of a smoke run, and waiting for what happens afterwards.
#include "smoke_run.hpp"

#include <fmt/core.h>

#include <poll.h>

namespace ss::check {

using namespace std::chrono_literals;

std::string Answer::told() const
{
    if (status == 0) {
        return error;
    }
    const auto detail = json.is_object() ? json.value("detail", json.value("title", "")) : std::string{};
    return detail.empty() ? fmt::format("status {}", status) : fmt::format("status {}: {}", status, detail);
}

SmokeRun::SmokeRun(const SmokeOptions& with, const Clock& time)
    : options{with}, clock{time}, client{time, {.ca_file = with.ca_file}}
{
}

Answer SmokeRun::call(std::string_view method, std::string_view path, const nlohmann::json& body, net::Fields headers)
{
    net::Request request;
    request.method = method;
    request.url = options.base_url + std::string{path};
    request.headers = std::move(headers);
    if (!token.empty()) {
        request.headers.emplace_back("Authorization", "Bearer " + token);
    }
    if (!body.is_null()) {
        request.body = net::json_body(body.dump());
    } else if (method == "POST") {
        request.body = net::json_body("{}");
    }
    Answer answer;
    auto reply = client.send(request);
    if (!reply) {
        answer.error = reply.error().message;
        return answer;
    }
    answer.status = reply->status;
    answer.body = reply->body;
    answer.json = nlohmann::json::parse(reply->body, nullptr, false);
    if (answer.json.is_discarded()) {
        answer.json = nullptr;
    }
    answer.response = std::move(*reply);
    return answer;
}

bool SmokeRun::eventually(const std::function<bool()>& condition) const
{
    const auto deadline = clock.steady() + options.patience;
    while (!condition()) {
        if (clock.steady() > deadline) {
            return false;
        }
        poll(nullptr, 0, 50);
    }
    return true;
}

}  // namespace ss::check

// When and how long to wait before a request is tried again.

#include <ss/net.hpp>
#include <ss/text.hpp>

#include <algorithm>
#include <ctime>

namespace ss::net {
namespace {

bool worth_another_try(const Request& request, const Reply& reply)
{
    if (reply) {
        const bool failed = reply->status == 429 || reply->status >= 500;
        return failed && request.idempotent;
    }
    const auto& error = reply.error();
    if (error.code != Errc::unavailable && error.code != Errc::timeout) {
        return false;
    }
    return request.idempotent || error.phase == Phase::not_sent;
}

std::chrono::milliseconds told_to_wait(const Reply& reply, Timestamp now)
{
    if (!reply) {
        return reply.error().retry_after;
    }
    return reply->retry_after(now).value_or(std::chrono::seconds{0});
}

}  // namespace

std::string_view Response::header(std::string_view lower_case_name) const
{
    const auto found = headers.find(lower_case_name);
    return found == headers.end() ? std::string_view{} : std::string_view{found->second};
}

std::optional<std::chrono::seconds> Response::retry_after(Timestamp now) const
{
    const auto value = std::string{trim(header("retry-after"))};
    if (value.empty()) {
        return std::nullopt;
    }
    if (const auto seconds = to_integer(value)) {
        return *seconds >= 0 ? std::optional{std::chrono::seconds{std::min<std::int64_t>(*seconds, 31'536'000)}}
                             : std::nullopt;
    }
    std::tm parts{};
    if (::strptime(value.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) {
        return std::nullopt;
    }
    const auto at = std::chrono::sys_seconds{std::chrono::seconds{::timegm(&parts)}};
    return std::max(std::chrono::ceil<std::chrono::seconds>(at - now), std::chrono::seconds{0});
}

std::optional<std::chrono::milliseconds> retry_delay(const RetryPolicy& policy, int attempt, const Request& request,
                                                     const Reply& reply, double chance, Timestamp now)
{
    if (attempt >= policy.attempts || !worth_another_try(request, reply)) {
        return std::nullopt;
    }
    const auto told = told_to_wait(reply, now);
    if (told > policy.max_retry_after) {
        return std::nullopt;
    }
    const auto factor = std::int64_t{1} << std::clamp(attempt - 1, 0, 20);
    const auto whole = std::min(policy.first_delay * factor, policy.max_delay);
    const auto spread = static_cast<double>(whole.count()) * (0.5 + std::clamp(chance, 0.0, 1.0) / 2);
    return std::max(std::chrono::milliseconds{static_cast<std::int64_t>(spread)}, told);
}

Reply with_retry(HttpClient& client, const Request& request, const RetryPolicy& policy, const Clock& clock,
                 const std::function<double()>& chance, const std::function<bool(std::chrono::milliseconds)>& wait)
{
    for (int attempt = 1;; ++attempt) {
        auto reply = client.send(request);
        const auto delay = retry_delay(policy, attempt, request, reply, chance(), clock.now());
        if (!delay || !wait(*delay)) {
            return reply;
        }
    }
}

}  // namespace ss::net

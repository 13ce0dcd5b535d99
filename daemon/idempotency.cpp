// Idempotency-Key: take the key, run, keep the answer; or give the kept answer again.
#include "idempotency.hpp"

#include <ss/crypto.hpp>
#include <ss/storage.hpp>

#include <ss/sql/daemon.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace ss::daemon {
namespace {

using namespace std::chrono_literals;
using http::Request, http::Response, http::Route;
namespace sql = ss::sql::daemon;

constexpr auto kAbandonedAfter = 60s;  // longer than any handler may run
constexpr auto kKept = 24h;

/// Answers that hold a secret are never stored, so these routes do not take the header into account.
bool answers_with_a_secret(const Route& route)
{
    return route.access == http::Access::open || route.tag == "auth" || route.tag == "api-keys";
}

bool is_kept(const Result<Response>& answer)
{
    const int status = answer ? answer->status : error_row(answer.error().code).http_status;
    return status < 500 && status != 429 && !(answer && answer->stream);
}

}  // namespace

struct Idempotency::Key {
    std::string scope;
    std::string key;
    std::string fingerprint;
    std::string request_id;
};

Idempotency::Idempotency(storage::Database& database, const Clock& clock, std::string owner)
    : database_{database}, clock_{clock}, owner_{std::move(owner)}
{
}

Result<Response> Idempotency::once(const Route& route, const Request& request,
                                   const std::function<Result<Response>()>& work)
{
    if (answers_with_a_secret(route)) {
        return work();
    }
    const auto& caller = request.caller;
    const Key key{fmt::format("{}:{}:{}", caller.workspace.value, caller.user.value, caller.api_key.value),
                  std::string{request.header("idempotency-key")},
                  crypto::sha256_hex(fmt::format("{}\n{}\n{}", request.route, request.path, request.body)), request.id};
    const auto taken = TRY(database_.write([&](storage::Session& session) {
        return session.one(sql::BeginOnce{key.scope, key.key, key.fingerprint, owner_, to_micros(clock_.now())});
    }));
    if (!taken) {
        return replay(key);
    }
    auto answer = work();
    settle(key, answer);
    return answer;
}

void Idempotency::settle(const Key& key, const Result<Response>& answer)
{
    // Whatever goes wrong here, the effect has happened and its answer goes out: the next try meets "in flight".
    (void)database_.write([&](storage::Session& session) -> Result<std::int64_t> {
        if (!is_kept(answer)) {
            return session.run(sql::ForgetOnce{key.scope, key.key, owner_});
        }
        const auto kept = answer ? *answer : http::problem(answer.error(), key.request_id);
        auto headers = nlohmann::json::array();
        for (const auto& header : kept.headers) {
            headers.push_back({header.name, header.value});
        }
        return session.run(
            sql::FinishOnce{key.scope, key.key, owner_, kept.status, kept.body, kept.content_type, headers.dump()});
    });
}

Result<Response> Idempotency::replay(const Key& key)
{
    const auto kept =
        TRY(database_.read([&](storage::Session& session) { return session.one(sql::FindOnce{key.scope, key.key}); }));
    if (!kept) {
        return fail(Errc::idempotency_in_flight, "the first request with this Idempotency-Key has just failed",
                    "send it again");
    }
    if (kept->fingerprint != key.fingerprint) {
        return fail(Errc::idempotency_mismatch, "this Idempotency-Key was used for another request",
                    "use a new key for a new request", "Idempotency-Key");
    }
    if (!kept->status) {
        if (clock_.now() - from_micros(kept->created_at) > kAbandonedAfter) {
            TRY(database_.write([&](storage::Session& session) {
                return session.run(sql::ForgetOnce{key.scope, key.key, kept->owner});
            }));
        }
        return fail(Errc::idempotency_in_flight, "the first request with this Idempotency-Key still runs",
                    "try again in a moment", "Idempotency-Key");
    }
    Response answer;
    answer.status = static_cast<int>(*kept->status);
    answer.body = kept->body.value_or("");
    answer.content_type = kept->content_type.value_or("application/json");
    for (const auto& header : nlohmann::json::parse(kept->headers.value_or("[]"))) {
        answer.headers.push_back({header.at(0), header.at(1)});
    }
    answer.headers.push_back({"Idempotent-Replayed", "true"});
    return answer;
}

Result<std::int64_t> Idempotency::prune()
{
    return database_.write(
        [&](storage::Session& session) { return session.run(sql::PruneOnce{to_micros(clock_.now() - kKept)}); });
}

}  // namespace ss::daemon

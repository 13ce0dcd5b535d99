// Idempotency-Key: take the key, run, keep the answer; or give the kept answer again.
#include "idempotency.hpp"

#include "marked_database.hpp"

#include <ss/crypto.hpp>
#include <ss/jobs.hpp>
#include <ss/storage.hpp>

#include <ss/sql/daemon.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <utility>

namespace ss::daemon {
namespace {

using namespace std::chrono_literals;
using http::Request, http::Response;
namespace sql = ss::sql::daemon;

/// For owners of which this host cannot tell whether they live. Taking a key too early delays nobody's effect twice:
/// the transaction of the first is refused then.
constexpr auto kAbandonedAfter = 60s;
constexpr auto kKept = 24h;

/// The handler gives the key to the domain, which keeps it unique and answers with what the first call made.
bool is_known_to_the_domain(std::string_view route)
{
    return route == "/api/v1/messages";
}

bool is_kept(const Result<Response>& answer)
{
    const int status = answer ? answer->status : error_row(answer.error().code).http_status;
    return status < 500 && status != 429 && !(answer && answer->stream);
}

std::string fingerprint_of(const Request& request)
{
    auto text = fmt::format("{}\n{}\n", request.route, request.path);
    for (const auto& [name, value] : request.query_values) {
        text += fmt::format("{}={}\n", name, value);
    }
    return crypto::sha256_hex(text + "\n" + request.body);
}

Response kept_response(const sql::FindOnce::Row& kept)
{
    Response answer;
    answer.status = static_cast<int>(*kept.status);
    answer.body = kept.body.value_or("");
    answer.content_type = kept.content_type.value_or("application/json");
    for (const auto& header : nlohmann::json::parse(kept.headers.value_or("[]"))) {
        answer.headers.push_back({header.at(0), header.at(1)});
    }
    answer.headers.push_back({"Idempotent-Replayed", "true"});
    return answer;
}

}  // namespace

std::string key_scope(const http::Caller& caller)
{
    return fmt::format("{}:{}:{}", caller.workspace.value, caller.user.value, caller.api_key.value);
}

struct Idempotency::Key {
    std::string scope;
    std::string key;
    std::string fingerprint;
    std::string request_id;
    std::string owner;  ///< This attempt, not only this process.
    bool repeatable = false;
};

Idempotency::Idempotency(MarkedDatabase& database, const Clock& clock, std::string owner)
    : database_{database}, clock_{clock}, owner_{std::move(owner)}
{
}

Result<Response> Idempotency::once(const Request& request, const Work& work)
{
    const Key key{.scope = key_scope(request.caller),
                  .key = std::string{request.header("idempotency-key")},
                  .fingerprint = fingerprint_of(request),
                  .request_id = request.id,
                  .owner = fmt::format("{}:{}", owner_, ++attempts_),
                  .repeatable = is_known_to_the_domain(request.route)};
    const auto taken = TRY(database_.write([&](storage::Session& session) {
        return session.one(sql::BeginOnce{key.scope, key.key, key.fingerprint, key.owner, to_micros(clock_.now())});
    }));
    return taken ? run(key, work) : answer_again(key, work);
}

Result<Response> Idempotency::run(const Key& key, const Work& work)
{
    Result<Response> answer;
    {
        const MarkedDatabase::Scope scope{[&](storage::Session& session) -> Result<void> {
            const sql::MarkOnce mark{key.scope, key.key, key.owner, to_micros(clock_.now())};
            if (TRY(session.run(mark)) == 0) {
                return fail(Errc::idempotency_in_flight, "another request has taken this Idempotency-Key over",
                            "try again in a moment", "Idempotency-Key");
            }
            return {};
        }};
        answer = work();
    }
    settle(key, answer);
    return answer;
}

void Idempotency::settle(const Key& key, const Result<Response>& answer)
{
    // Whatever goes wrong here, the effect has happened and its answer goes out: the next try finds the mark.
    (void)database_.write([&](storage::Session& session) -> Result<std::int64_t> {
        if (!is_kept(answer)) {
            const auto forgotten = TRY(session.run(sql::ForgetOnce{key.scope, key.key, key.owner}));
            return forgotten > 0 ? forgotten : session.run(sql::ReleaseOnce{key.scope, key.key, key.owner});
        }
        const auto kept = answer ? *answer : http::problem(answer.error(), key.request_id);
        auto headers = nlohmann::json::array();
        for (const auto& header : kept.headers) {
            headers.push_back({header.name, header.value});
        }
        return session.run(
            sql::FinishOnce{key.scope, key.key, key.owner, kept.status, kept.body, kept.content_type, headers.dump()});
    });
}

Result<Response> Idempotency::answer_again(const Key& key, const Work& work)
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
    if (kept->status) {
        return kept_response(*kept);
    }
    const auto now = clock_.now();
    const bool is_gone = kept->owner.empty() || jobs::is_dead_process(kept->owner) ||
                         now - from_micros(kept->created_at) > kAbandonedAfter;
    if (is_gone && kept->effect_at && !key.repeatable) {
        return fail(Errc::conflict, "the first request with this Idempotency-Key took effect, but its answer is lost",
                    "look at what is there before you send anything under a new key", "Idempotency-Key");
    }
    const auto taken = is_gone ? TRY(database_.write([&](storage::Session& session) {
        return session.run(
            sql::TakeOverOnce{key.scope, key.key, kept->owner, key.owner, key.repeatable, to_micros(now)});
    }))
                               : 0;
    if (taken == 0) {
        return fail(Errc::idempotency_in_flight, "the first request with this Idempotency-Key still runs",
                    "try again in a moment", "Idempotency-Key");
    }
    return run(key, work);
}

Result<std::int64_t> Idempotency::prune()
{
    return database_.write(
        [&](storage::Session& session) { return session.run(sql::PruneOnce{to_micros(clock_.now() - kKept)}); });
}

}  // namespace ss::daemon

#pragma once
/// One effect for a POST that comes again with the same Idempotency-Key.
///
/// The first answer below 500 is kept for a day and given again byte for byte, with `Idempotent-Replayed: true`;
/// an answer of 429 or 5xx is not kept, so the client may try again. Another body under the same key is refused. Keys
/// are those of one user (or API key).
///
/// When the process dies between effect and answer, the key tells: each write transaction of the handler marks it and
/// is refused when the key is no longer this attempt's. So a repetition knows whether there is an effect. Without one
/// it begins again. With one it is answered by the domain where that knows the key (messages), and else refused: the
/// answer is lost, the effect is not.

#include <ss/error.hpp>
#include <ss/http.hpp>
#include <ss/time.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

namespace ss::daemon {

class MarkedDatabase;

/// Safe to share between threads. Borrows database and clock; handlers have to write through the same database.
class Idempotency {
public:
    /// `owner`: this process, as jobs::process_owner() names it.
    Idempotency(MarkedDatabase& database, const Clock& clock, std::string owner);

    /// For http::Gate::once. Errors: idempotency_mismatch, idempotency_in_flight, conflict (there is an effect and its
    /// answer is lost), those of the database.
    [[nodiscard]] Result<http::Response> once(const http::Request& request,
                                              const std::function<Result<http::Response>()>& work);
    /// Forgets keys older than a day. Returns how many.
    [[nodiscard]] Result<std::int64_t> prune();

private:
    struct Key;
    using Work = std::function<Result<http::Response>()>;
    [[nodiscard]] Result<http::Response> run(const Key& key, const Work& work);
    [[nodiscard]] Result<http::Response> answer_again(const Key& key, const Work& work);
    void settle(const Key& key, const Result<http::Response>& answer);

    MarkedDatabase& database_;
    const Clock& clock_;
    std::string owner_;
    std::atomic<std::uint64_t> attempts_{0};
};

/// Whose key it is: nobody else's with the same text is meant.
[[nodiscard]] std::string key_scope(const http::Caller& caller);

}  // namespace ss::daemon

#pragma once
/// Calling other services over HTTP: one client for everything that leaves the program.
///
/// TLS is always verified, redirects are never followed by themselves, every call has one deadline for all of it and a
/// cap for the answer, and an error says whether the request can have reached the other side. URLs and headers may hold
/// tokens: nothing here logs them or puts them into an error.
///
/// The program must ignore SIGPIPE (a peer that answers early and closes would end it otherwise).

#include <ss/error.hpp>
#include <ss/time.hpp>

#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ss::net {

using Fields = std::vector<std::pair<std::string, std::string>>;

// ---- URLs and bodies --------------------------------------------------------------------------------------------

/// RFC 3986, http and https only.
struct Url {
    std::string scheme{};  ///< "http" or "https".
    std::string host{};    ///< Lower case, without brackets and without a final dot.
    int port = 0;          ///< The scheme's own when the URL names none.
    std::string target{};  ///< Path and query, at least "/"; no fragment.

    [[nodiscard]] std::string origin() const;  ///< "https://host:port".
};

/// Errors: invalid (scheme, user info, empty host, port, or a character that has to be encoded).
[[nodiscard]] Result<Url> parse_url(std::string_view text);

/// `a=1&b=x%20y`: for a query or an urlencoded body.
[[nodiscard]] std::string encode_fields(const Fields& fields);

struct Body {
    std::string content_type{};
    std::string bytes{};
};

[[nodiscard]] Body json_body(std::string json);
[[nodiscard]] Body form_body(const Fields& fields);

struct Part {
    std::string name{};
    std::string bytes{};
    std::string file_name{};     ///< Empty: a plain field.
    std::string content_type{};  ///< Empty: none is named.
};
/// RFC 7578. Names and file names are escaped as browsers do.
[[nodiscard]] Body multipart_body(const std::vector<Part>& parts);

// ---- one call ---------------------------------------------------------------------------------------------------

/// Who chose the URL.
enum class Trust {
    configured,  ///< The operator: any address.
    outsider,    ///< Somebody else (a webhook's attachment, a seller's link): the address is checked, see Options.
};

struct Request {
    std::string method = "GET";
    std::string url{};
    Fields headers{};
    Body body{};
    Trust trust = Trust::configured;
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds deadline{20'000};  ///< For everything, from resolving to the last byte.
    std::size_t max_answer = 1024 * 1024;        ///< Bytes after decompression.
    bool idempotent = false;                     ///< May be sent twice; with_retry() looks at it.
};

struct Response {
    int status = 0;
    std::map<std::string, std::string, std::less<>> headers{};  ///< Names in lower case; the first of a repeated one.
    std::string body{};

    [[nodiscard]] std::string_view header(std::string_view lower_case_name) const;  ///< "" when absent.
    /// Seconds or an HTTP date (RFC 9110 §10.2.3); nothing when absent or unreadable.
    [[nodiscard]] std::optional<std::chrono::seconds> retry_after(Timestamp now) const;
};

enum class Phase {
    not_sent,  ///< Surely no byte of the request was processed: sending again cannot do it twice.
    unknown,   ///< It may have been processed.
};

/// Codes: invalid (URL, header), forbidden (address not allowed), unavailable, timeout, too_large.
struct CallError {
    Errc code = Errc::unavailable;
    Phase phase = Phase::unknown;
    std::string message{};                    ///< Names the host, never the path or query.
    std::chrono::milliseconds retry_after{};  ///< Set when the circuit breaker refused.
};
[[nodiscard]] Error to_error(const CallError& error);

/// Any status is an answer; an error means that there was none.
using Reply = std::expected<Response, CallError>;

// ---- circuit breaker --------------------------------------------------------------------------------------------

/// Stops calling a host that does not answer: after `failures` in a row (no answer, or a status ≥ 500) calls fail at
/// once for `pause`, then one call is let through to try; while it fails the pause doubles up to `max_pause`.
struct BreakerLimits {
    int failures = 5;
    std::chrono::milliseconds pause{10'000};
    std::chrono::milliseconds max_pause{300'000};
};

/// Safe to share between threads.
class Breaker {
public:
    Breaker(const Clock& clock, BreakerLimits limits);
    ~Breaker();
    Breaker(const Breaker&) = delete;
    Breaker& operator=(const Breaker&) = delete;

    /// How long to stay away from `host`; nothing: go ahead, and report the result with record().
    [[nodiscard]] std::optional<std::chrono::milliseconds> refuses(std::string_view host);
    void record(std::string_view host, bool answered);
    [[nodiscard]] bool is_open(std::string_view host) const;

private:
    struct State;
    const Clock& clock_;
    BreakerLimits limits_{};
    std::unique_ptr<State> state_;
};

// ---- the client -------------------------------------------------------------------------------------------------

struct Options {
    std::string ca_file{};  ///< PEM; empty: the system's.
    std::string user_agent = "social-selling";
    /// "host" or "host:port" that Trust::outsider may reach although its address or port is not public.
    std::vector<std::string> allowed_hosts{};
    std::size_t max_idle_per_origin = 16;
    std::chrono::seconds max_idle_time{15};  ///< Shorter than servers' own, so that a reused connection is a live one.
    BreakerLimits breaker{};
    /// From a host to its addresses, for Trust::outsider; called once a request, from any thread. Not set: the
    /// system's.
    std::function<std::vector<std::string>(const std::string& host)> resolve{};
};

/// Safe to share between threads; keeps connections alive between calls. Borrows the clock.
class HttpClient {
public:
    explicit HttpClient(const Clock& clock, Options options = {});
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Blocks until answered, refused or `deadline`. A redirect is an answer like any other.
    [[nodiscard]] Reply send(const Request& request);

    /// A GET that follows at most `max_redirects`, each checked like the first; headers are not sent to another origin.
    [[nodiscard]] Reply fetch(Request request, int max_redirects = 3);

    [[nodiscard]] Breaker& breaker();

private:
    class Engine;
    std::unique_ptr<Engine> engine_;
};

/// Whether an address (textual, v4 or v6) is one of the public internet: not loopback, private, link-local, shared,
/// multicast, documentation, benchmark, reserved, nor one of those inside a mapped, translated or tunnelled form.
[[nodiscard]] bool is_public_address(std::string_view address);

// ---- trying again -----------------------------------------------------------------------------------------------

struct RetryPolicy {
    int attempts = 3;  ///< In all.
    std::chrono::milliseconds first_delay{500};
    std::chrono::milliseconds max_delay{20'000};
    std::chrono::milliseconds max_retry_after{60'000};  ///< Told to wait longer: give up and let the caller decide.
};

/// How long to wait before attempt `attempt` + 1, or nothing when it must not be tried again: only no answer, 429 and
/// 5xx are, and only if the request is idempotent or surely was not sent. `chance` in [0,1) spreads the delay over its
/// upper half. `attempt` counts from 1.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_delay(const RetryPolicy& policy, int attempt,
                                                                   const Request& request, const Reply& reply,
                                                                   double chance, Timestamp now);

/// `wait` sleeps, and returns false to give up (shutdown); `chance` gives the jitter.
[[nodiscard]] Reply with_retry(HttpClient& client, const Request& request, const RetryPolicy& policy,
                               const Clock& clock, const std::function<double()>& chance,
                               const std::function<bool(std::chrono::milliseconds)>& wait);

}  // namespace ss::net

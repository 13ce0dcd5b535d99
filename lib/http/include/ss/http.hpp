#pragma once
/// The front door: a strict HTTP/1.1 server (Boost.Beast), a table of routes, and what is printed from it.
///
/// The table is the contract: the router refuses what a row does not declare (unknown query or body fields,
/// wrong types, values out of range), and /api/openapi.json is printed from the same rows.
/// Sources: RFC 9110, RFC 9112 (HTTP/1.1), RFC 9457 (problem documents), OpenAPI 3.1, RFC 6455 (WebSocket).

#include <ss/error.hpp>
#include <ss/id.hpp>
#include <ss/time.hpp>

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ss::http {

enum class Method { get, post, put, patch, del };

/// Who may call. The daemon's gate decides from the request's credentials; each level includes those before it.
enum class Access {
    open,    ///< Anybody.
    viewer,  ///< A logged-in user, or an API key with the route's scope.
    agent,
    admin,
    owner,
    operations,  ///< Metrics and the like: from loopback, or with the operations token.
};

/// Who calls, as the gate found out. `session` is empty for API keys.
struct Caller {
    WorkspaceId workspace;
    UserId user;
    Access level = Access::open;
    std::string session;
    ApiKeyId api_key;
};

enum class In { path, query, body };
enum class Type { integer, number, string, boolean, object, array, timestamp };

/// A field that comes in or goes out. `minimum`/`maximum` are the value's for numbers, code points for strings,
/// elements for arrays.
struct Field {
    std::string_view name;
    In in = In::body;
    Type type = Type::string;
    std::string_view about;
    bool required = false;
    std::int64_t minimum = std::numeric_limits<std::int64_t>::min();
    std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
    /// For object and array: the name of a Schema; for array also "string", "integer", "number" or "boolean".
    std::string_view schema;
    std::vector<std::string_view> values;  ///< For string: the only ones allowed, when not empty.
    bool nullable = false;
};

/// A named object of the API, for answers and nested bodies.
struct Schema {
    std::string_view name;
    std::string_view about;
    std::vector<Field> fields;
};

struct Header {
    std::string name;
    std::string value;
};

/// What a handler is given: already admitted by the gate and validated against its row.
class Request {
public:
    Method method = Method::get;
    std::string path;             ///< Decoded, without the query.
    std::string route;            ///< The row's path, as "/api/v1/messages/{id}"; for metrics. Empty: no row matched.
    std::string id;               ///< Request id; also in the log, the answer's X-Request-Id and problem documents.
    std::string remote;           ///< The peer's address, or the client's when a trusted proxy says so.
    bool secure = false;          ///< TLS ended at a trusted proxy.
    std::vector<Header> headers;  ///< Names in lower case.
    std::string body;             ///< Raw bytes.
    Caller caller;
    std::vector<std::pair<std::string, std::string>> path_values;
    std::vector<std::pair<std::string, std::string>> query_values;
    std::shared_ptr<const nlohmann::json> parsed;  ///< Set by the router; shared because a handler may keep it.

    /// Empty when absent.
    [[nodiscard]] std::string_view header(std::string_view lower_case_name) const;
    /// Empty also when it came more than once: which one counts would be the reader's choice. For what is trusted.
    [[nodiscard]] std::string_view sole_header(std::string_view lower_case_name) const;
    /// A path or query value; empty when absent.
    [[nodiscard]] std::string_view text(std::string_view name) const;
    [[nodiscard]] std::optional<std::string> optional_text(std::string_view name) const;
    /// A path or query value that the router has validated as an integer.
    [[nodiscard]] std::int64_t number(std::string_view name, std::int64_t otherwise = 0) const;
    /// The body as the validated JSON object; an empty object when there is none.
    [[nodiscard]] const nlohmann::json& json() const;
};

/// Bytes that are the same for everybody, as a page's script: answers share them, so that a thousand slow readers of
/// a megabyte cost one megabyte. Safe to share between threads.
class FixedBody {
public:
    /// Borrows: for bytes that are part of the program.
    explicit FixedBody(std::string_view bytes) : bytes_{bytes} {}
    explicit FixedBody(std::string&& bytes) : owned_{std::move(bytes)}, bytes_{owned_} {}
    [[nodiscard]] std::string_view bytes() const { return bytes_; }
    [[nodiscard]] std::string_view gzipped() const;  ///< Made when it is first asked for.

private:
    std::string owned_;
    std::string_view bytes_;
    mutable std::once_flag once_;
    mutable std::string gzipped_;
};

struct Response {
    int status = 200;
    std::string body;
    std::string content_type = "application/json";
    std::vector<Header> headers;
    /// When set, it is the body and `body` is ignored.
    std::shared_ptr<const FixedBody> fixed;
    /// For big bodies: called on a worker until it gives an empty string. Empty: `body` is all.
    std::function<Result<std::string>()> stream;
};

[[nodiscard]] Response json_response(int status, const nlohmann::json& value);
/// RFC 9457 with `code`, `hint`, `where`, `request_id`; an internal error shows a general sentence, never internals.
[[nodiscard]] Response problem(const Error& error, std::string_view request_id);
/// Several at once, as `errors`; the first one gives status, code and detail. Never empty.
[[nodiscard]] Response problem(std::span<const Error> errors, std::string_view request_id);
/// Whether callers see the code's sentence instead of the message: defects and the state of services behind us.
[[nodiscard]] bool is_hidden(Errc code);

using Handler = std::function<Result<Response>(const Request&)>;

/// One row of the table.
struct Route {
    Method method = Method::get;
    std::string_view path;   ///< "/api/v1/conversations/{id}": a name in braces is an In::path field.
    std::string_view about;  ///< One sentence; the OpenAPI summary.
    std::string_view tag;    ///< The resource: "messages".
    Access access = Access::viewer;
    std::string_view scope;     ///< For API keys: "messages:read"; empty: no API key may call.
    std::vector<Field> fields;  ///< Path, query and body.
    std::string_view returns;   ///< Schema of the answer; empty: none.
    int success = 200;
    std::vector<Errc> errors;  ///< Beyond what every route can answer.
    Handler handler;
    std::size_t body_limit = 64 * 1024;
    bool raw_body = false;      ///< The body is not JSON (webhooks, uploads): not parsed.
    bool holds_secret = false;  ///< The request or the answer; nothing of them is kept, so no Idempotency-Key.
    int per_minute = 0;         ///< Per caller (user, key or address); 0: the general limit only.
    /// Touches nothing and is open to all: answered by the network thread, so that it never waits behind a queue.
    bool instant = false;
    std::vector<std::string_view> aliases;  ///< The seed's own paths ("/messages"): the same route.
};

/// What the router asks around a handler. All may block a worker thread; safe to share between threads.
struct Gate {
    /// Errors: unauthenticated, forbidden, limited (with retry_after).
    std::function<Result<Caller>(const Route&, const Request&)> admit;
    /// Wraps a POST that carries Idempotency-Key (see takes_idempotency_key): runs `work` once, replays its stored
    /// answer later with `Idempotent-Replayed: true`. Not set: the header is refused.
    std::function<Result<Response>(const Request&, const std::function<Result<Response>()>& work)> once;
    /// After every answer, for log and metrics. Also on the network thread for what the front door refuses itself
    /// (framing, limits, a full queue), so it must not wait for anything.
    std::function<void(const Request&, int status, std::chrono::microseconds took)> done;
    /// Before an error is answered with a general sentence (see is_hidden): the only place its own words can be logged.
    std::function<void(const Request&, const Error&)> failed;
};

/// A POST of somebody who is logged in, without secrets. Elsewhere the header is refused, but for open routes: those
/// ignore it, since whoever calls them (a webhook's sender) must not be turned away for a header.
[[nodiscard]] bool takes_idempotency_key(const Route& route);

/// Matches, validates, calls. Built once, then only read: safe to share between threads.
class Router {
public:
    Router();
    ~Router();
    Router(Router&&) noexcept;
    Router& operator=(Router&&) noexcept;

    /// A defective row (a path name without its field, a path that is there twice) ends the program at start-up.
    void add(Route route);
    void add(Schema schema);
    void set_gate(Gate gate);

    /// Never fails: every error becomes a problem document. 404, 405 with Allow, 415 and validation included.
    [[nodiscard]] Response handle(Request request) const;

    /// Tells the gate's `done` of an answer that handle() did not give.
    void report(const Request& request, int status, std::chrono::microseconds took) const;

    /// The row for a path without running it: the body limit is needed before the body is read. May be null.
    [[nodiscard]] const Route* find(Method method, std::string_view path) const;
    [[nodiscard]] std::span<const Route> routes() const;
    [[nodiscard]] std::span<const Schema> schemas() const;
    /// OpenAPI 3.1 of the whole table.
    [[nodiscard]] std::string openapi(std::string_view title, std::string_view version) const;
    /// docs/api/routes.md.
    [[nodiscard]] std::string markdown() const;

private:
    struct Table;
    std::unique_ptr<Table> table_;
};

// ---- WebSocket ------------------------------------------------------------------------------------------------

/// One open WebSocket. Both calls may come from any thread and never block: what does not fit the outgoing limit
/// closes the connection (1013), so a slow reader costs bounded memory.
class Socket {
public:
    virtual ~Socket() = default;
    virtual void send(std::string text) = 0;
    virtual void close(std::uint16_t code, std::string_view reason) = 0;
};

struct SocketEvents {
    std::function<void(std::string_view text)> message;
    std::function<void()> closed;
};

/// `open` runs on a worker before the upgrade; an error it returns is answered as a problem document instead.
struct SocketRoute {
    std::string_view path;
    std::function<Result<SocketEvents>(const Request&, std::shared_ptr<Socket>)> open;
    std::size_t message_limit = 64 * 1024;
    std::size_t outgoing_limit = 1024 * 1024;  ///< Bytes that may wait for a slow reader.
    int messages_per_second = 100;             ///< From the client; more closes the connection (1008).
    std::vector<std::string> origins;          ///< A browser (a request with Origin) without one of them is refused.
};

// ---- server ---------------------------------------------------------------------------------------------------

struct ServerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;     ///< 0: any free one.
    int inherited_socket = -1;  ///< From systemd; then address and port are ignored.
    int network_threads = 1;
    int workers = 16;           ///< Handlers run here and may block.
    std::size_t queue = 1'024;  ///< Requests that may wait for a worker; more get 503 with Retry-After at once.
    std::size_t connections = 10'000;
    std::size_t connections_per_address = 0;  ///< 0: no cap.
    std::size_t header_bytes = 16 * 1024;
    std::size_t header_fields = 100;
    std::size_t target_bytes = 8 * 1024;
    std::chrono::milliseconds header_timeout{10'000};  ///< For the whole header.
    /// For the whole body, plus a second for each 64 KiB that has arrived, so that big uploads may take their time…
    std::chrono::milliseconds body_timeout{30'000};
    /// …but after a sixth of that time never slower on average than this.
    std::size_t body_bytes_per_second = 500;
    std::size_t body_memory = std::size_t{256} * 1024 * 1024;  ///< Of all bodies being received; above it: 503.
    /// For writing an answer, plus a second for each 16 KiB that has left.
    std::chrono::milliseconds write_timeout{30'000};
    std::chrono::milliseconds idle_timeout{60'000};  ///< Between requests of one connection.
    std::vector<std::string> trusted_proxies;        ///< Addresses whose X-Forwarded-For and -Proto are believed.
    std::vector<std::string> cors_origins;           ///< Exact values; never reflected, never "null".
    std::size_t gzip_from = 1'024;                   ///< JSON and text bodies from here on are compressed when asked.
};

struct ServerNumbers {
    std::size_t connections = 0;
    std::size_t sockets = 0;  ///< WebSockets among them.
    std::size_t queued = 0;
    std::size_t running = 0;
    std::uint64_t refused = 0;  ///< 503 for a full queue, or a connection above a cap.
};

/// Listens from start() to stop(). Bad framing is answered 400 (or 413, 414, 431, 505) and closed; the shapes of
/// request smuggling (two lengths, length and chunked, bare LF, obs-fold, space before the colon, no or two Host)
/// are refused.
class Server {
public:
    /// Borrows the router, which must outlive the server and not change any more.
    Server(ServerOptions options, const Router& router);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    void add(SocketRoute route);  ///< Before start().
    /// Errors: unavailable (address in use), configuration (not an address).
    [[nodiscard]] Result<void> start();
    [[nodiscard]] std::uint16_t port() const;  ///< The bound port, after start().
    /// Stops accepting, lets running requests finish within `patience`, closes WebSockets with 1001, joins all threads.
    void stop(std::chrono::milliseconds patience);
    [[nodiscard]] ServerNumbers numbers() const;
    /// The network thread has turned within the last second; the watchdog asks.
    [[nodiscard]] bool alive() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ss::http

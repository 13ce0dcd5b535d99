#pragma once
/// SQL, key-value and blobs. Nothing in the tree talks to SOCI, libpq, SQLite or hiredis but this module.
///
/// Statements are not strings at the call site: each stands in sql/queries/<module>.sql under a
/// `-- name:` line and becomes a struct in <ss/sql/<module>.hpp> (tools/embed_sql.py), so a misspelt
/// name, parameter or column does not compile:
///
///     -- name: find_user(email text) -> id int, name text, locked_at int?
///     select id, name, locked_at from user_account where email = :email;
///
///     auto user = TRY(database.read([&](Session& session) { return session.one(sql::auth::FindUser{.email = email});
///     })); if (user) use(user->id, user->name);

#include <ss/error.hpp>
#include <ss/secret.hpp>
#include <ss/time.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace ss::storage {

enum class Engine { sqlite, postgres };

/// What a statement takes and gives: integers (booleans and times too), numbers, text, null.
/// Bytes travel as text: hex or base64.
using Value = std::variant<std::monostate, std::int64_t, double, std::string>;

enum class ColumnType : std::uint8_t { integer, real, text };

/// One statement in the words of both engines. Generated; lives as long as the program.
struct Statement {
    std::string_view name;  ///< "auth.find_user": the key of the prepared-statement cache and of metrics.
    std::string_view sqlite;
    std::string_view postgres;
    std::span<const ColumnType> columns;
    std::span<const std::string_view> parameters;
};

/// Every statement of sql/queries, for the test that prepares them all on both engines.
[[nodiscard]] std::span<const Statement* const> all_statements();

/// Values in the order of Statement::parameters.
using Parameters = std::vector<Value>;

/// Flat: row r, column c is values[r * columns + c].
struct Rows {
    std::vector<Value> values;
    std::size_t columns = 0;
    std::int64_t affected = 0;
};

/// One connection inside one transaction; given to the function passed to read() or write().
/// Not shared between threads and not kept after that function returns.
/// Errors of every call: conflict (unique or foreign key), busy (lock or statement time-out, serialization:
/// write() retries these itself where that is safe), invalid (text with a NUL byte or invalid UTF-8),
/// unavailable (connection lost), internal (the statement is wrong).
/// After an error other than `invalid` the transaction is lost on both engines: return it, do not go on. To take
/// "it is there already" as an answer, say `on conflict do nothing returning …`.
class Session {
public:
    Session() = default;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    virtual ~Session() = default;

    [[nodiscard]] virtual Engine engine() const = 0;

    /// All rows. The caller bounds them in SQL (`limit`).
    template <class Query>
    [[nodiscard]] Result<std::vector<typename Query::Row>> all(const Query& query)
    {
        auto rows = execute(Query::kStatement, query.parameters());
        if (!rows) {
            return std::unexpected(std::move(rows).error());
        }
        std::vector<typename Query::Row> result;
        result.reserve(rows->columns == 0 ? 0 : rows->values.size() / rows->columns);
        for (std::size_t at = 0; at < rows->values.size(); at += rows->columns) {
            result.push_back(Query::row(std::span<Value>{rows->values}.subspan(at, rows->columns)));
        }
        return result;
    }

    /// The first row, or nothing.
    template <class Query>
    [[nodiscard]] Result<std::optional<typename Query::Row>> one(const Query& query)
    {
        auto rows = all(query);
        if (!rows) {
            return std::unexpected(std::move(rows).error());
        }
        std::optional<typename Query::Row> first;
        if (!rows->empty()) {
            first = std::move(rows->front());
        }
        return first;
    }

    /// For statements without columns: how many rows were written.
    template <class Query>
    [[nodiscard]] Result<std::int64_t> run(const Query& query)
    {
        auto rows = execute(Query::kStatement, query.parameters());
        if (!rows) {
            return std::unexpected(std::move(rows).error());
        }
        return rows->affected;
    }

    /// Runs `action` once after this transaction has been committed, never when it is rolled back: to wake workers
    /// or browsers. It must not throw and must not use the session.
    virtual void after_commit(std::function<void()> action) = 0;

    /// The untyped form under the three above.
    [[nodiscard]] virtual Result<Rows> execute(const Statement& statement, const Parameters& parameters) = 0;
};

/// A connection of one's own with explicit transactions: for migrations, locks and backups, not for requests.
class Connection : public Session {
public:
    /// `begin immediate` on SQLite. Errors: busy, unavailable.
    [[nodiscard]] virtual Result<void> begin() = 0;
    /// Errors: as Session; on an error nothing was committed.
    [[nodiscard]] virtual Result<void> commit() = 0;
    virtual void rollback() noexcept = 0;

    /// Proves that the engine understands the statement and gives the columns it declares, without running it.
    [[nodiscard]] virtual Result<void> prepare(const Statement& statement) = 0;

    /// Several statements in one text, as a migration has them; runs inside the open transaction if there is one.
    [[nodiscard]] virtual Result<void> script(std::string_view sql) = 0;

    /// SQLite: a consistent copy of the whole database into a new file while others write (online backup API).
    /// `progress` gets pages done and in total. Errors: unsupported (PostgreSQL: use pg_dump), unavailable.
    [[nodiscard]] virtual Result<void> copy_to(const std::filesystem::path& target,
                                               const std::function<void(int done, int total)>& progress) = 0;
};

struct DatabaseOptions {
    /// "sqlite:/var/lib/…/social-selling.db", "sqlite::memory:" (tests), or
    /// "postgresql://user:password@host:port/name?sslmode=…".
    Secret url;
    int readers = 4;  ///< SQLite: parallel reading connections. PostgreSQL: size of the pool.
    std::chrono::milliseconds busy_timeout{5'000};        ///< SQLite writer lock; PostgreSQL lock_timeout.
    std::chrono::milliseconds statement_timeout{10'000};  ///< PostgreSQL only.
    std::chrono::milliseconds connect_timeout{5'000};     ///< PostgreSQL only.
    bool tls_required =
        false;  ///< PostgreSQL: sslmode at least `require`, `verify-full` unless the URL says otherwise.
};

struct DatabaseHealth {
    bool reachable = false;
    std::string detail;  ///< One sentence when it is not; never holds the URL's password.
    std::chrono::microseconds latency{0};
};

/// Safe to share between threads.
///
/// SQLite: WAL, synchronous=FULL, foreign keys on; all writes run on one writer thread that groups those which
/// wait into one commit (each in a savepoint of its own, so one that fails takes no other with it); reads run in
/// parallel on their own connections. PostgreSQL: a pool that replaces broken connections.
class Database {
public:
    /// Opens and proves the connection. Errors: configuration (the URL), unavailable, wrong_key (refused password).
    [[nodiscard]] static Result<std::unique_ptr<Database>> open(const DatabaseOptions& options);

    Database() = default;
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    virtual ~Database() = default;

    [[nodiscard]] virtual Engine engine() const = 0;

    /// Runs `work(Session&) -> Result<T>` in a read transaction (one snapshot).
    template <class Work>
    [[nodiscard]] auto read(Work&& work) -> std::invoke_result_t<Work, Session&>
    {
        return run_typed(std::forward<Work>(work), false);
    }

    /// Runs `work(Session&) -> Result<T>` in a write transaction and returns after the commit is on disk.
    /// On PostgreSQL the isolation is read committed: what a decision depends on is locked (`for update`) or guarded by
    /// a constraint or a condition of the statement.
    /// An error it returns rolls back. It may run more than once (serialization failures), so it has no effect
    /// but through the session. Never call read() or write() inside.
    template <class Work>
    [[nodiscard]] auto write(Work&& work) -> std::invoke_result_t<Work, Session&>
    {
        return run_typed(std::forward<Work>(work), true);
    }

    /// A connection outside the pool. Errors: unavailable.
    [[nodiscard]] virtual Result<std::unique_ptr<Connection>> connect() = 0;

    [[nodiscard]] virtual DatabaseHealth health() = 0;

protected:
    /// Runs `work` inside a transaction; commits when it returns nothing, rolls back when it returns an error.
    [[nodiscard]] virtual Result<void> transact(bool write, const std::function<Result<void>(Session&)>& work) = 0;

private:
    template <class Work>
    auto run_typed(Work&& work, bool write) -> std::invoke_result_t<Work, Session&>
    {
        using R = std::invoke_result_t<Work, Session&>;
        std::optional<R> outcome;
        auto done = transact(write, [&](Session& session) -> Result<void> {
            outcome.emplace(work(session));
            if (!*outcome) {
                return std::unexpected(outcome->error());
            }
            return {};
        });
        if (!done) {
            return std::unexpected(std::move(done).error());
        }
        return std::move(*outcome);
    }
};

/// PGHOST, PGUSER, PGPASSWORD … by which pg_dump and psql reach the same database as Database::open(): nothing of
/// it stands in their arguments, where everybody can read it. Errors: configuration; unsupported (SQLite).
struct Variable {
    std::string name;
    Secret value;
};
[[nodiscard]] Result<std::vector<Variable>> client_environment(const DatabaseOptions& options);

/// Removes the password from a database or Redis URL, for logs and `--json`.
[[nodiscard]] std::string redacted_url(std::string_view url);

// ---- key-value ------------------------------------------------------------------------------------------------

struct KeyValueHealth {
    bool reachable = true;
    bool degraded = false;  ///< Redis is away: counters are per process, get() misses.
    std::string detail;
};

/// What a rate limit says about one call.
struct Allowance {
    bool allowed = true;
    std::int64_t limit = 0;
    std::int64_t remaining = 0;
    std::chrono::seconds reset{0};  ///< Until the window frees a place.
};

/// Sessions, counters, short locks and messages between daemons: nothing whose loss loses data.
/// Keys are text without spaces; values any bytes. Safe to share between threads.
///
/// In process by default. On Redis: when it goes away, get() answers as if the key were missing, take() counts in
/// this process, set_if_absent() works in this process, and health() says degraded; it heals by itself.
class KeyValue {
public:
    /// "memory:" or "redis://[user:password@]host:port[/db]" or "rediss://…" (TLS).
    struct Options {
        Secret url;
        std::filesystem::path ca_file;  ///< Empty: the system's.
        bool tls = false;               ///< TLS even with redis:// (the seed's REDIS_TLS).
        std::string prefix = "ss:";
        std::chrono::milliseconds timeout{1'000};
    };
    /// Does not fail when Redis cannot be reached (degraded instead). Errors: configuration. Borrows `clock`.
    [[nodiscard]] static Result<std::unique_ptr<KeyValue>> open(const Options& options, const Clock& clock);

    KeyValue() = default;
    KeyValue(const KeyValue&) = delete;
    KeyValue& operator=(const KeyValue&) = delete;
    virtual ~KeyValue() = default;

    [[nodiscard]] virtual std::optional<std::string> get(std::string_view key) = 0;
    virtual void set(std::string_view key, std::string_view value, std::chrono::seconds lifetime) = 0;
    /// True when the key was absent and is now set: a short lock, a single-use mark.
    [[nodiscard]] virtual bool set_if_absent(std::string_view key, std::string_view value,
                                             std::chrono::seconds lifetime) = 0;
    virtual void erase(std::string_view key) = 0;
    /// Takes the value away and returns it: for single-use tickets.
    [[nodiscard]] virtual std::optional<std::string> take_value(std::string_view key) = 0;
    /// Sliding-window rate limit, exact and atomic: at most `limit` calls in any `window`.
    [[nodiscard]] virtual Allowance take(std::string_view key, std::int64_t limit, std::chrono::seconds window) = 0;
    /// To every subscriber of the channel, on this and other daemons, at most once; may be lost with Redis.
    virtual void publish(std::string_view channel, std::string_view message) = 0;

    /// `receive(message)` runs on a thread of the store's; keep it short. Ends when the handle is destroyed,
    /// which waits for a running call.
    class Subscription {
    public:
        virtual ~Subscription() = default;
    };
    [[nodiscard]] virtual std::unique_ptr<Subscription> subscribe(std::string_view channel,
                                                                  std::function<void(std::string_view)> receive) = 0;
    [[nodiscard]] virtual KeyValueHealth health() = 0;
};

// ---- blobs ----------------------------------------------------------------------------------------------------

struct BlobInfo {
    std::string key;  ///< "ab/cdef…": lower-case hex SHA-256 of the content, split after two digits.
    std::uint64_t bytes = 0;
};

/// Media, addressed by their content: the same bytes are stored once, and what is read is checked.
/// Safe to share between threads.
class Blobs {
public:
    /// A folder, created with mode 0700 if missing. Errors: configuration, unavailable.
    [[nodiscard]] static Result<std::unique_ptr<Blobs>> open_folder(const std::filesystem::path& folder);

    Blobs() = default;
    Blobs(const Blobs&) = delete;
    Blobs& operator=(const Blobs&) = delete;
    virtual ~Blobs() = default;

    /// Durable when it returns (written beside, fsynced, renamed), and new: see erase_older(). Errors: unavailable
    /// (disk full too).
    [[nodiscard]] virtual Result<BlobInfo> put(std::string_view bytes) = 0;
    /// Errors: not_found, corrupt (the hash does not fit), unavailable.
    [[nodiscard]] virtual Result<std::string> get(std::string_view key) = 0;
    [[nodiscard]] virtual Result<void> erase(std::string_view key) = 0;  ///< Missing is not an error.
    /// Removes a blob whose last put() was at least `age` ago; the time between a put() and the commit of the row that
    /// names it has to be shorter. False: it is younger and stays. Missing is true.
    [[nodiscard]] virtual Result<bool> erase_older(std::string_view key, std::chrono::seconds age) = 0;
    /// Whether a file can be written now (one is made and removed). Errors: unavailable.
    [[nodiscard]] virtual Result<void> probe() = 0;
    /// Every blob, in the order of their keys.
    [[nodiscard]] virtual Result<void> each(const std::function<Result<void>(const BlobInfo&)>& visit) = 0;
};

}  // namespace ss::storage

#pragma once
// What the rest of this module knows of SOCI: one open connection, and how to open one.

#include "diagnosis.hpp"

#include <ss/storage.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ss::storage {

enum class Access { read, write };

/// One open connection with its prepared statements. One thread at a time.
/// No call throws. After a failure trouble() tells what it means for the connection.
class Link {
public:
    Link() = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    virtual ~Link() = default;

    [[nodiscard]] virtual Engine engine() const = 0;
    [[nodiscard]] virtual Result<Rows> execute(const Statement& statement, const Parameters& parameters) = 0;
    /// Proves that the engine understands the statement and that it gives the declared columns.
    [[nodiscard]] virtual Result<void> prepare(const Statement& statement) = 0;
    /// Several statements in one text, without parameters.
    [[nodiscard]] virtual Result<void> script(const std::string& sql) = 0;

    /// One statement about the transaction itself, given as a literal.
    [[nodiscard]] virtual Result<void> control(std::string_view sql) = 0;

    /// A read transaction is one snapshot; a write transaction holds the writer's lock on SQLite.
    [[nodiscard]] virtual Result<void> begin(Access access) = 0;
    [[nodiscard]] virtual Result<void> commit() = 0;
    virtual void rollback() noexcept = 0;
    /// False also when the engine has given up the transaction by itself.
    [[nodiscard]] virtual bool in_transaction() = 0;

    [[nodiscard]] virtual Result<void> copy_to(const std::filesystem::path& target,
                                               const std::function<void(int done, int total)>& progress) = 0;

    /// The worst since begin(), or since it was opened.
    [[nodiscard]] virtual Trouble trouble() const = 0;
};

struct SqliteTarget {
    std::filesystem::path file;
    bool read_only = false;
    bool durable = true;  ///< False for a database that dies with its process: no fsync.
    std::chrono::milliseconds busy_timeout{5'000};
};

/// Opens the file, creating it with mode 0600. Errors: unavailable, configuration.
[[nodiscard]] Result<std::unique_ptr<Link>> open_link(const SqliteTarget& target);

class Watchdog;

struct PostgresTarget {
    Secret connect_string;  ///< A libpq URI with at least one `?key=value` (SOCI's parser needs it).
    std::string schema;     ///< Empty: the server's default.
    std::chrono::milliseconds statement_timeout{0};
    std::chrono::milliseconds lock_timeout{0};
    std::chrono::milliseconds idle_timeout{0};  ///< In a transaction.
    Watchdog* watchdog = nullptr;               ///< Borrowed; cuts a connection whose server fell silent.
};

/// Errors: unavailable, wrong_key, configuration.
[[nodiscard]] Result<std::unique_ptr<Link>> open_link(const PostgresTarget& target);

/// `file` empty means a private database that is removed with the object.
[[nodiscard]] Result<std::unique_ptr<Database>> open_sqlite(const DatabaseOptions& options,
                                                            const std::filesystem::path& file);

[[nodiscard]] Result<std::unique_ptr<Database>> open_postgres(const DatabaseOptions& options, PostgresTarget target);

}  // namespace ss::storage

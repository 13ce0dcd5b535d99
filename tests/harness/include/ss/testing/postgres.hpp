#pragma once
/// Real PostgreSQL servers for tests: socket only, no TCP port, away from the machine's own cluster.
/// Throws std::runtime_error when Debian's server is missing or does not start.

#include <ss/testing/temp_dir.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ss::testing {

/// pg_dump, psql … of the newest installed version.
[[nodiscard]] std::filesystem::path postgres_program(std::string_view name);

/// A new, empty database of a server that all test processes of this build share: it starts with the first
/// of them and stops some seconds after the last has ended. Gives its URL.
[[nodiscard]] std::string fresh_postgres_database();
void drop_postgres_database(const std::string& url);

/// A server of one's own, to kill and to restart. The role `with_password` (password `p@ss word`) has to prove itself,
/// everybody else is trusted.
class PostgresServer {
public:
    /// `durable`: with fsync, as in production.
    explicit PostgresServer(bool durable = false);
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;
    ~PostgresServer();

    [[nodiscard]] std::string fresh_database();
    [[nodiscard]] std::string url(std::string_view database, std::string_view user = "postgres",
                                  std::string_view encoded_password = "") const;
    void start();
    void kill();     ///< SIGKILL to the postmaster and its children.
    void restart();  ///< A clean stop and start.
    [[nodiscard]] pid_t postmaster() const;

private:
    TempDir folder_;
    bool durable_;
    int databases_ = 0;
};

}  // namespace ss::testing

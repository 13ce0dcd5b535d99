#pragma once
// Redis' protocol over a Socket: hiredis formats and parses, nothing more.

#include "kv_socket.hpp"

#include <ss/secret.hpp>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ss::storage {

struct Reply {
    enum class Kind : std::uint8_t { nil, integer, text, list };
    Kind kind = Kind::nil;
    std::int64_t integer = 0;
    std::string text;
    std::vector<Reply> items;
};

struct RedisTarget {
    Host host;
    std::string user;
    Secret password;
    int database = 0;
    std::chrono::milliseconds timeout{1'000};
};

/// One thread at a time. After an error other than `internal` (Redis refused the command) it is broken: a late answer
/// must never be taken for the next one's.
class RedisConnection {
public:
    using Words = std::vector<std::string_view>;

    /// Connected, authenticated, proven by PING. Errors: unavailable, timeout, wrong_key, configuration.
    [[nodiscard]] static Result<std::unique_ptr<RedisConnection>> open(const RedisTarget& target);
    RedisConnection(const RedisConnection&) = delete;
    RedisConnection& operator=(const RedisConnection&) = delete;
    ~RedisConnection();

    [[nodiscard]] Result<Reply> command(const Words& words, Deadline deadline);
    [[nodiscard]] Result<void> send(const Words& words, Deadline deadline);
    /// The next message; nothing when woken. A time-out here does not break the connection.
    [[nodiscard]] Result<std::optional<Reply>> receive(Deadline deadline);
    void wake() { socket_->wake(); }
    [[nodiscard]] bool is_broken() const { return broken_; }

private:
    struct Reader;
    explicit RedisConnection(std::unique_ptr<Socket> socket);
    [[nodiscard]] Result<void> greet(const RedisTarget& target, Deadline deadline);
    [[nodiscard]] std::unexpected<Error> broken(Error error);

    std::unique_ptr<Socket> socket_;
    std::unique_ptr<Reader> reader_;
    bool broken_ = false;
};

}  // namespace ss::storage

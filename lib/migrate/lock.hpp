#pragma once
// One migration run at a time, on either engine; freed by the kernel or the server when its holder dies.

#include <ss/migrate.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ss::migrate {

class Lock {
public:
    Lock() = default;
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    virtual ~Lock() = default;

    /// Waits up to `timeout`; `waiting` is told once who holds it. PostgreSQL: a session lock of `connection`, which is
    /// polled outside of any transaction because a waiting pg_advisory_lock would block CREATE INDEX CONCURRENTLY.
    /// Errors: locked.
    [[nodiscard]] static Result<std::unique_ptr<Lock>> take(storage::Connection& connection, std::string_view purpose,
                                                            std::chrono::milliseconds timeout,
                                                            const std::function<void(std::string)>& waiting);
};

}  // namespace ss::migrate

#pragma once
/// A database whose write transactions can carry something else along, so that both are committed or neither.

#include <ss/error.hpp>
#include <ss/storage.hpp>

#include <functional>
#include <memory>

namespace ss::daemon {

/// Everything of the inner database; and while a Scope lives, each write transaction of its thread begins with the
/// scope's mark. Safe to share between threads.
class MarkedDatabase final : public storage::Database {
public:
    /// Runs inside the transaction, before the work and perhaps more than once; an error rolls everything back.
    using Mark = std::function<Result<void>(storage::Session&)>;

    /// Not nested; of one thread.
    class Scope {
    public:
        explicit Scope(Mark mark);
        ~Scope();
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

    private:
        Mark mark_;
    };

    explicit MarkedDatabase(std::unique_ptr<storage::Database> inner) : inner_{std::move(inner)} {}

    [[nodiscard]] storage::Engine engine() const override { return inner_->engine(); }
    [[nodiscard]] Result<std::unique_ptr<storage::Connection>> connect() override { return inner_->connect(); }
    [[nodiscard]] storage::DatabaseHealth health() override { return inner_->health(); }

protected:
    [[nodiscard]] Result<void> transact(bool write,
                                        const std::function<Result<void>(storage::Session&)>& work) override;

private:
    std::unique_ptr<storage::Database> inner_;
};

}  // namespace ss::daemon

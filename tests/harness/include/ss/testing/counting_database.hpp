#pragma once
/// A database that stands in front of another.

#include <ss/error.hpp>
#include <ss/storage.hpp>

#include <atomic>
#include <functional>
#include <memory>

namespace ss::testing {

/// Counts the transactions, and can go away.
class CountingDatabase final : public storage::Database {
public:
    explicit CountingDatabase(storage::Database& inner) : inner_{inner} {}
    [[nodiscard]] storage::Engine engine() const override { return inner_.engine(); }
    [[nodiscard]] Result<std::unique_ptr<storage::Connection>> connect() override { return inner_.connect(); }
    [[nodiscard]] storage::DatabaseHealth health() override { return inner_.health(); }
    [[nodiscard]] int calls() const { return calls_; }
    void set_away(bool away) { away_ = away; }

protected:
    [[nodiscard]] Result<void> transact(bool write, const std::function<Result<void>(storage::Session&)>& work) override
    {
        ++calls_;
        if (away_) {
            return fail(Errc::unavailable, "the database is away");
        }
        return write ? inner_.write(work) : inner_.read(work);
    }

private:
    storage::Database& inner_;
    std::atomic<int> calls_{0};
    std::atomic<bool> away_{false};
};

}  // namespace ss::testing

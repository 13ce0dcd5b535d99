#pragma once
// Session and Connection over a Link.

#include "engine.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace ss::storage {

using Actions = std::vector<std::function<void()>>;
using Work = std::function<Result<void>(Session&)>;

/// Runs what after_commit() has collected; what throws there is dropped, the commit stands.
void run_actions(Actions& actions) noexcept;

/// Inside somebody else's transaction. PostgreSQL gives a transaction up at its first failed statement; this does the
/// same on SQLite, so that code which goes on after an error fails on both.
class TransactionSession final : public Session {
public:
    explicit TransactionSession(Link& link) : link_{link} {}

    [[nodiscard]] Engine engine() const override { return link_.engine(); }
    void after_commit(std::function<void()> action) override { actions_.push_back(std::move(action)); }
    [[nodiscard]] Result<Rows> execute(const Statement& statement, const Parameters& parameters) override;

    /// Runs `work`; an exception becomes an internal error, a failed statement stays the outcome even if `work` hides
    /// it.
    [[nodiscard]] Result<void> run(const Work& work);
    [[nodiscard]] Actions take_actions() { return std::move(actions_); }

private:
    Link& link_;
    Actions actions_;
    std::optional<Error> failure_;
};

[[nodiscard]] std::unique_ptr<Connection> make_connection(std::unique_ptr<Link> link);

}  // namespace ss::storage

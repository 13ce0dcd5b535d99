// What the functions given to read() and write() see, and connections of one's own.

#include "session.hpp"

#include <exception>
#include <string>
#include <utility>

namespace ss::storage {

void run_actions(Actions& actions) noexcept
{
    for (const auto& action : std::exchange(actions, {})) {
        try {
            action();
        } catch (...) {
            continue;  // the rows are committed; one action has no say over the next
        }
    }
}

Result<Rows> TransactionSession::execute(const Statement& statement, const Parameters& parameters)
{
    if (failure_) {
        return fail(Errc::internal, "the transaction has already failed: " + failure_->message, failure_->hint,
                    std::string{statement.name});
    }
    auto rows = link_.execute(statement, parameters);
    if (!rows && rows.error().code != Errc::invalid) {
        failure_ = rows.error();
    }
    return rows;
}

Result<void> TransactionSession::run(const Work& work)
{
    try {
        TRY(work(*this));
    } catch (const std::exception&) {
        return fail(Errc::internal, "an exception ended a database transaction");
    } catch (...) {
        return fail(Errc::internal, "something unknown ended a database transaction");
    }
    if (failure_) {
        return fail(*failure_);
    }
    return {};
}

namespace {

class OwnConnection final : public Connection {
public:
    explicit OwnConnection(std::unique_ptr<Link> link) : link_{std::move(link)} {}
    ~OwnConnection() override { link_->rollback(); }

    [[nodiscard]] Engine engine() const override { return link_->engine(); }
    [[nodiscard]] Result<Rows> execute(const Statement& statement, const Parameters& parameters) override
    {
        return link_->execute(statement, parameters);
    }
    [[nodiscard]] Result<void> prepare(const Statement& statement) override { return link_->prepare(statement); }
    [[nodiscard]] Result<void> script(std::string_view sql) override { return link_->script(std::string{sql}); }
    [[nodiscard]] Result<void> begin() override { return link_->begin(Access::write); }

    void after_commit(std::function<void()> action) override
    {
        actions_.push_back(std::move(action));
        if (!link_->in_transaction()) {
            run_actions(actions_);
        }
    }
    [[nodiscard]] Result<void> commit() override
    {
        if (auto committed = link_->commit(); !committed) {
            rollback();
            return committed;
        }
        run_actions(actions_);
        return {};
    }
    void rollback() noexcept override
    {
        actions_.clear();
        link_->rollback();
    }
    [[nodiscard]] Result<void> copy_to(const std::filesystem::path& target,
                                       const std::function<void(int, int)>& progress) override
    {
        return link_->copy_to(target, progress);
    }

private:
    std::unique_ptr<Link> link_;
    Actions actions_;
};

}  // namespace

std::unique_ptr<Connection> make_connection(std::unique_ptr<Link> link)
{
    return std::make_unique<OwnConnection>(std::move(link));
}

}  // namespace ss::storage

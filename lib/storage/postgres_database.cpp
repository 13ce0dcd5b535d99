// PostgreSQL as a Database: a pool, transactions run again where that is safe.

#include "link_pool.hpp"
#include "session.hpp"
#include "watchdog.hpp"

#include <algorithm>
#include <random>
#include <thread>
#include <utility>

namespace ss::storage {
namespace {

constexpr int kAttempts = 6;

class PostgresDatabase final : public Database {
public:
    PostgresDatabase(const DatabaseOptions& options, PostgresTarget target)
        : target_{std::move(target)},
          pool_{static_cast<std::size_t>(options.readers), options.busy_timeout, [this] { return open_pooled(); }}
    {
    }

    [[nodiscard]] Engine engine() const override { return Engine::postgres; }

    [[nodiscard]] Result<std::unique_ptr<Connection>> connect() override
    {
        auto target = target_;  // a migration or a backup may take as long as it takes
        target.statement_timeout = target.idle_timeout = std::chrono::milliseconds{0};
        return make_connection(TRY(open_link(target)));
    }

    [[nodiscard]] DatabaseHealth health() override
    {
        const auto start = std::chrono::steady_clock::now();
        DatabaseHealth health;
        const auto answer = transact(false, [](Session&) -> Result<void> { return {}; });
        health.latency =
            std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
        health.reachable = answer.has_value();
        if (!answer) {
            health.detail = answer.error().message;
        }
        return health;
    }

protected:
    [[nodiscard]] Result<void> transact(bool write, const Work& work) override
    {
        const auto start = std::chrono::steady_clock::now();
        for (int attempt = 1;; ++attempt) {
            Actions actions;
            auto once = run_once(write ? Access::write : Access::read, work, actions);
            if (once.outcome) {
                run_actions(actions);
                return {};
            }
            // A lost connection is tried once more: all those in the pool may have been broken by one restart.
            const bool again =
                once.trouble == Trouble::again ? attempt < kAttempts : once.trouble == Trouble::lost && attempt == 1;
            // A server that fell silent has used the caller's time up.
            const bool in_time = std::chrono::steady_clock::now() - start < target_.statement_timeout;
            if (once.commit_sent || !again || !in_time) {
                return once.outcome;
            }
            if (once.trouble == Trouble::again) {
                pause(attempt);
            }
        }
    }

private:
    struct Once {
        Result<void> outcome;
        Trouble trouble = Trouble::none;
        bool commit_sent = false;  ///< And its answer is not known: running it again could do it twice.
    };

    [[nodiscard]] Once run_once(Access access, const Work& work, Actions& actions)
    {
        auto link = pool_.lease();
        if (!link) {
            return {
                .outcome = std::unexpected(std::move(link).error()), .trouble = Trouble::none, .commit_sent = false};
        }
        Once once;
        once.outcome = (*link)->begin(access);
        if (once.outcome) {
            TransactionSession session{**link};
            once.outcome = session.run(work);
            if (once.outcome) {
                once.outcome = (*link)->commit();
                once.commit_sent = access == Access::write && (*link)->trouble() == Trouble::lost;
                actions = session.take_actions();
            } else {
                (*link)->rollback();
            }
        }
        once.trouble = (*link)->trouble();
        if (once.trouble == Trouble::lost) {
            pool_.drop_idle();
        }
        return once;
    }

    /// Two that collided must not collide again: a random pause, longer each time.
    static void pause(int attempt)
    {
        std::random_device random;
        const auto longest = std::chrono::microseconds{2'000} * (1 << attempt);
        std::this_thread::sleep_for(longest * (random() % 1'000) / 1'000);
    }

    [[nodiscard]] Result<std::unique_ptr<Link>> open_pooled()
    {
        auto target = target_;
        target.watchdog = &watchdog_;
        return open_link(target);
    }

    PostgresTarget target_;
    Watchdog watchdog_;
    LinkPool pool_;
};

}  // namespace

Result<std::unique_ptr<Database>> open_postgres(const DatabaseOptions& options, PostgresTarget target)
{
    auto database = std::make_unique<PostgresDatabase>(options, std::move(target));
    TRY(database->connect());  // says precisely what is wrong; a refused password too
    return std::unique_ptr<Database>{std::move(database)};
}

}  // namespace ss::storage

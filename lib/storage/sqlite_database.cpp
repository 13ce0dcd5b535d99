// SQLite as a Database: one writer with grouped commits, readers in parallel.

#include "group_writer.hpp"
#include "link_pool.hpp"

#include <fmt/core.h>
#include <stdlib.h>

#include <array>
#include <utility>

namespace ss::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::array kInteger{ColumnType::integer};

/// The folder of a "sqlite::memory:" database. A real file behind it, because connections to a real in-memory database
/// block each other's readers; without fsync it is as fast.
class PrivateFolder {
public:
    PrivateFolder() = default;
    PrivateFolder(PrivateFolder&& other) noexcept : path_{std::exchange(other.path_, {})} {}
    PrivateFolder& operator=(PrivateFolder&&) = delete;
    ~PrivateFolder()
    {
        if (!path_.empty()) {
            std::error_code ignored;
            fs::remove_all(path_, ignored);
        }
    }

    Result<void> make()
    {
        std::error_code error;
        auto pattern = (fs::temp_directory_path(error) / "ss-database-XXXXXX").native();
        if (::mkdtemp(pattern.data()) == nullptr) {
            return fail(Errc::unavailable, "no folder for a temporary database can be made");
        }
        path_ = pattern;
        return {};
    }
    [[nodiscard]] const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

class SqliteDatabase final : public Database {
public:
    SqliteDatabase(PrivateFolder folder, SqliteTarget target, const DatabaseOptions& options,
                   std::unique_ptr<Link> writer)
        : folder_{std::move(folder)},
          target_{std::move(target)},
          readers_{static_cast<std::size_t>(options.readers), options.busy_timeout, [this] { return open_reader(); }},
          writer_{std::move(writer)}
    {
    }

    [[nodiscard]] Engine engine() const override { return Engine::sqlite; }

    [[nodiscard]] Result<std::unique_ptr<Connection>> connect() override
    {
        return make_connection(TRY(open_link(target_)));
    }

    [[nodiscard]] DatabaseHealth health() override
    {
        const auto start = std::chrono::steady_clock::now();
        DatabaseHealth health;
        auto answer = probe();
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
        if (writer_.is_this_thread() || (write && readers_.lent_to_this_thread())) {
            return fail(Errc::internal, "a database transaction was opened inside another one");
        }
        if (!write) {
            return read_only(work);
        }
        auto actions = TRY(writer_.run(work));
        run_actions(actions);
        return {};
    }

private:
    [[nodiscard]] Result<void> read_only(const Work& work)
    {
        Actions actions;
        {
            const auto link = TRY(readers_.lease());
            TRY(link->begin(Access::read));
            TransactionSession session{*link};
            auto outcome = session.run(work);
            link->rollback();
            TRY(std::move(outcome));
            actions = session.take_actions();
        }
        run_actions(actions);
        return {};
    }

    [[nodiscard]] Result<std::unique_ptr<Link>> open_reader() const
    {
        auto target = target_;
        target.read_only = true;
        return open_link(target);
    }

    /// A full disk heals when somebody makes room: after a failure only a write can tell.
    [[nodiscard]] Result<void> probe()
    {
        static constexpr Statement kRead{"storage.probe", "select count(*) from sqlite_schema", "", kInteger, {}};
        static constexpr Statement kMake{"storage.probe_make", "create table storage_probe (filler text)", "", {}, {}};
        static constexpr Statement kDrop{"storage.probe_drop", "drop table storage_probe", "", {}, {}};
        if (writer_.trouble()) {
            auto written = transact(true, [](Session& session) -> Result<void> {
                TRY(session.execute(kMake, {}));
                TRY(session.execute(kDrop, {}));
                return {};
            });
            if (!written) {
                return written;
            }
        }
        return transact(false, [](Session& session) -> Result<void> {
            TRY(session.execute(kRead, {}));
            return {};
        });
    }

    PrivateFolder folder_;
    SqliteTarget target_;
    LinkPool readers_;
    GroupWriter writer_;
};

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const DatabaseOptions& options, const fs::path& file)
{
    PrivateFolder folder;
    SqliteTarget target{.file = file, .read_only = false, .durable = true, .busy_timeout = options.busy_timeout};
    if (file.empty()) {
        TRY(folder.make());
        target.file = folder.path() / "database";
        target.durable = false;
    }
    auto writer = TRY(open_link(target));
    return std::unique_ptr<Database>{
        std::make_unique<SqliteDatabase>(std::move(folder), std::move(target), options, std::move(writer))};
}

}  // namespace ss::storage

// SQLite through SOCI. The raw handle is used where SOCI has no word: several statements in one text, result
// codes, the online backup. (SOCI puts <sqlite3.h> into a namespace, so no other file may include it.)

#include "soci_link.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <utility>

namespace ss::storage {
namespace {

/// SQLite would make it 0644. A file that is there is never opened: closing any descriptor of it would take away the
/// locks of all connections this process has (https://www.sqlite.org/howtocorrupt.html §2.2), and the next one of
/// another process to close would then delete the log that this one still writes to.
Result<void> make_private(const std::string& file)
{
    const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made >= 0) {
        ::close(made);
    } else if (errno != EEXIST) {
        return fail(Errc::unavailable, fmt::format("the database file cannot be opened: {}", file),
                    "check that its folder exists and belongs to this user");
    }
    return {};
}

class SqliteLink final : public SociLink {
public:
    Engine engine() const override { return Engine::sqlite; }

    Result<void> open(const SqliteTarget& target)
    {
        const auto& file = target.file.native();
        if (file.find('"') != std::string::npos) {
            return fail(Errc::configuration, "the database's path holds a quotation mark");
        }
        TRY(make_private(file));
        try {
            session().open(soci::sqlite3, fmt::format("dbname=\"{}\"", file));
        } catch (const soci::soci_error&) {
            return fail(Errc::unavailable, fmt::format("the database file cannot be opened: {}", target.file.string()),
                        "check that its folder exists and belongs to this user");
        }
        sqlite_api::sqlite3_busy_timeout(handle(), static_cast<int>(target.busy_timeout.count()));
        sqlite_api::sqlite3_extended_result_codes(handle(), 1);
        TRY(script(fmt::format("pragma journal_mode=wal; pragma synchronous={}; pragma foreign_keys=on; {}",
                               target.durable ? "full" : "off", target.read_only ? "pragma query_only=on;" : "")));
        return {};
    }

    ~SqliteLink() override
    {
        for (const auto& [text, statement] : controls_) {
            sqlite_api::sqlite3_finalize(statement);
        }
    }
    SqliteLink() = default;
    SqliteLink(const SqliteLink&) = delete;
    SqliteLink& operator=(const SqliteLink&) = delete;

    Result<void> script(const std::string& sql) override
    {
        return settle(sqlite_api::sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr));
    }

    /// Preparing "begin" costs more than a point select.
    Result<void> control(std::string_view sql) override
    {
        auto& statement = controls_[sql];
        if (statement == nullptr) {
            const int code =
                sqlite_api::sqlite3_prepare_v2(handle(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
            if (code != 0) {
                return settle(code);
            }
        }
        sqlite_api::sqlite3_step(statement);
        return settle(sqlite_api::sqlite3_reset(statement));
    }

    Result<void> begin(Access access) override
    {
        forget_trouble();
        return control(access == Access::write ? "begin immediate" : "begin");
    }
    Result<void> commit() override { return control("commit"); }
    void rollback() noexcept override
    {
        if (in_transaction()) {
            static_cast<void>(control("rollback"));
        }
    }
    bool in_transaction() override { return sqlite_api::sqlite3_get_autocommit(handle()) == 0; }

    Result<void> copy_to(const std::filesystem::path& target,
                         const std::function<void(int done, int total)>& progress) override;

private:
    std::string_view text_of(const Statement& statement) const override { return statement.sqlite; }

    static soci::sqlite3_statement_backend& backend(soci::statement& statement)
    {
        return *static_cast<soci::sqlite3_statement_backend*>(statement.get_backend());
    }

    /// SOCI would guess from the table's declaration (32 bits for "integer") or run the statement to find out.
    void declare_columns(soci::statement& statement, const std::vector<Field>& outputs) override
    {
        auto& columns = backend(statement).columns_;
        columns.clear();
        for (const auto& field : outputs) {
            columns.push_back({field.type == ColumnType::integer ? soci::dt_long_long
                               : field.type == ColumnType::real  ? soci::dt_double
                                                                 : soci::dt_string,
                               "column"});
        }
    }

    std::size_t count_columns(soci::statement& statement) override
    {
        return static_cast<std::size_t>(sqlite_api::sqlite3_column_count(backend(statement).stmt_));
    }

    void reset(soci::statement& statement, bool) noexcept override
    {
        sqlite_api::sqlite3_reset(backend(statement).stmt_);
    }

    Diagnosis diagnose(const soci::soci_error& error, bool bound) override
    {
        return diagnose_sqlite(sqlite_api::sqlite3_extended_errcode(handle()),
                               bound ? std::string{sqlite_api::sqlite3_errmsg(handle())} : error.get_error_message(),
                               bound);
    }

    Result<void> settle(int code)
    {
        if (code != 0) {
            return note(diagnose_sqlite(code, sqlite_api::sqlite3_errmsg(handle()), false), {});
        }
        return {};
    }

    sqlite_api::sqlite3* handle()
    {
        return static_cast<soci::sqlite3_session_backend*>(session().get_backend())->conn_;
    }

    std::map<std::string_view, sqlite_api::sqlite3_stmt*> controls_;  // by literal
};

Result<void> SqliteLink::copy_to(const std::filesystem::path& target,
                                 const std::function<void(int done, int total)>& progress)
{
    constexpr int kPagesAStep = 256;
    const int made = ::open(target.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made < 0) {
        return fail(Errc::unavailable, fmt::format("{} exists or cannot be created", target.string()));
    }
    ::close(made);
    sqlite_api::sqlite3* copy = nullptr;
    sqlite_api::sqlite3_open(target.c_str(), &copy);
    auto* backup = sqlite_api::sqlite3_backup_init(copy, "main", handle(), "main");
    // In one read transaction of ours: otherwise every commit of somebody else makes the copy start again.
    const bool own_snapshot = !in_transaction();
    if (own_snapshot) {
        sqlite_api::sqlite3_exec(handle(), "begin; select count(*) from sqlite_schema", nullptr, nullptr, nullptr);
    }
    int code = backup == nullptr ? sqlite_api::sqlite3_extended_errcode(copy) : 0;
    while (code == 0) {
        code = sqlite_api::sqlite3_backup_step(backup, kPagesAStep);
        if (progress) {
            const int total = sqlite_api::sqlite3_backup_pagecount(backup);
            progress(total - sqlite_api::sqlite3_backup_remaining(backup), total);
        }
    }
    sqlite_api::sqlite3_backup_finish(backup);
    sqlite_api::sqlite3_close(copy);
    if (own_snapshot) {
        rollback();
    }
    constexpr int kDone = 101;
    if (code != kDone) {
        ::unlink(target.c_str());
        return note(diagnose_sqlite(code, {}, false), {});
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<Link>> open_link(const SqliteTarget& target)
{
    auto link = std::make_unique<SqliteLink>();
    TRY(link->open(target));
    return std::unique_ptr<Link>{std::move(link)};
}

}  // namespace ss::storage

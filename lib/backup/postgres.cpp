// PostgreSQL: pg_dump out of one snapshot, psql in one transaction, scratch databases.

#include "database.hpp"

#include <ss/crypto.hpp>
#include <ss/migrate.hpp>
#include <ss/sql/backup.hpp>

#include <fmt/core.h>

#include <utility>

namespace ss::backup {
namespace {

constexpr std::string_view kDumpEnd = "-- PostgreSQL database dump complete";

/// pg_dump's last words are kept, to see that it came to its end.
class Tail {
public:
    void add(std::string_view piece)
    {
        constexpr std::size_t kKept = 400;
        text_ += piece.substr(piece.size() - std::min(piece.size(), kKept));
        text_.erase(0, text_.size() - std::min(text_.size(), kKept));
    }
    [[nodiscard]] bool holds(std::string_view words) const { return text_.find(words) != std::string::npos; }

private:
    std::string text_;
};

Result<Member> dump(const storage::DatabaseOptions& options, const std::string& snapshot,
                    const std::filesystem::path& target, const Progress& progress)
{
    const auto environment = TRY(storage::client_environment(options));
    auto writer = TRY(MemberWriter::create(target));
    auto child = TRY(Child::start({"pg_dump", "--format=plain", "--no-owner", "--no-privileges", "--no-password",
                                   "--encoding=UTF8", "--snapshot=" + snapshot},
                                  environment, Child::Pipe::output));
    Tail tail;
    std::string buffer(1U << 18U, '\0');
    for (;;) {
        const auto piece = TRY(child.read(buffer));
        if (piece.empty()) {
            break;
        }
        tail.add(piece);
        TRY(writer.write(piece));
        progress("dumping the database", writer.content_bytes(), 0);
    }
    TRY(child.wait());
    if (!tail.holds(kDumpEnd)) {
        return fail(Errc::unavailable, "pg_dump said it had succeeded, but its output is not complete");
    }
    return writer.finish();
}

/// The check inside the restoring transaction: a wrong count raises, and nothing is committed.
std::string count_check(const Counts& rows)
{
    std::string text{"do $check$ begin\n"};
    for (const auto& [table, count] : rows) {
        text += fmt::format(
            "if (select count(*) from {}) <> {} then raise exception 'a table came back with the "
            "wrong number of rows'; end if;\n",
            identifier(table), count);
    }
    return text + "end $check$;\n";
}

}  // namespace

Result<Saved> save_postgres(const storage::DatabaseOptions& options, const std::filesystem::path& folder,
                            const Clock& clock, const Progress& progress)
{
    RowCounter counter;
    const auto database = TRY(storage::Database::open(options));
    const auto connection = TRY(database->connect());
    TRY(connection->begin());
    TRY(connection->script("set transaction isolation level repeatable read, read only"));
    const auto snapshot = TRY(connection->one(sql::backup::ExportSnapshot{}));
    if (!snapshot || snapshot->name.empty()) {
        return fail(Errc::internal, "PostgreSQL exported no snapshot");
    }
    Saved saved;
    saved.rows = TRY(counter.count(*connection));
    saved.member = TRY(dump(options, snapshot->name, folder / "database.sql.zst", progress));
    connection->rollback();
    const auto status = TRY(migrate::Migrator(*database, clock).status());
    saved.schema_version = status.version;
    return saved;
}

Result<void> load_postgres(const storage::DatabaseOptions& options, const std::filesystem::path& folder,
                           const Manifest& manifest, std::string_view clear, const Progress& progress)
{
    const auto member = TRY(database_member(manifest));
    const auto environment = TRY(storage::client_environment(options));
    // Not --single-transaction: that commits at the end of its input, also when we die in the middle. Here the commit
    // is the last thing said, so whatever happens before leaves what was.
    auto child = TRY(Child::start({"psql", "--no-psqlrc", "--no-password", "--quiet", "--set=ON_ERROR_STOP=1"},
                                  environment, Child::Pipe::input));
    TRY(child.write("begin;\nset local client_min_messages = warning;\n"));
    TRY(child.write(clear));
    std::uint64_t done = 0;
    TRY(unpack(folder, member, [&](std::string_view piece) {
        done += piece.size();
        progress("restoring the database", done, member.content_bytes);
        return child.write(piece);
    }));
    // The dump empties search_path; the tables it names are in the schema the connection began with.
    TRY(child.write("\nreset search_path;\n"));
    TRY(child.write(count_check(manifest.rows)));
    TRY(child.write("commit;\n"));
    return child.wait();
}

Result<std::unique_ptr<ScratchDatabase>> ScratchDatabase::make(const storage::DatabaseOptions& options)
{
    std::unique_ptr<ScratchDatabase> scratch{new ScratchDatabase};
    scratch->server_ = TRY(storage::Database::open(options));
    auto name = "ss_scratch_" + crypto::to_hex(crypto::random_bytes(6));
    const auto connection = TRY(scratch->server_->connect());
    if (auto made = connection->script(fmt::format("create database \"{}\" template template0", name)); !made) {
        return fail(prefixed(std::move(made).error(), "making a scratch database for the proof"));
    }
    scratch->name_ = std::move(name);
    scratch->options_ = renamed(options, scratch->name_);
    return scratch;
}

ScratchDatabase::~ScratchDatabase()
{
    if (name_.empty()) {
        return;
    }
    if (const auto connection = server_->connect()) {
        static_cast<void>((*connection)->script(fmt::format("drop database if exists \"{}\" with (force)", name_)));
    }
}

}  // namespace ss::backup

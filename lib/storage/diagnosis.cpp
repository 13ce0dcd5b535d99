// The two tables of engine errors: SQLite's extended result codes and PostgreSQL's SQLSTATE.
// https://www.sqlite.org/rescode.html  https://www.postgresql.org/docs/15/errcodes-appendix.html

#include "diagnosis.hpp"

#include <fmt/core.h>

#include <string>

namespace ss::storage {
namespace {

// Numbers instead of <sqlite3.h>, which SOCI has to be the only one to include (its header puts it in a namespace).
constexpr int kError = 1;
constexpr int kPermission = 3;
constexpr int kBusy = 5;
constexpr int kLocked = 6;
constexpr int kReadOnly = 8;
constexpr int kInputOutput = 10;
constexpr int kCorrupt = 11;
constexpr int kFull = 13;
constexpr int kCannotOpen = 14;
constexpr int kNotADatabase = 26;
constexpr int kSyncFailed = 1034;
constexpr int kFolderSyncFailed = 1290;
constexpr int kForeignKey = 787;
constexpr int kPrimaryKey = 1555;
constexpr int kUnique = 2067;
constexpr int kRowid = 2579;

Diagnosis diagnosis(Errc code, std::string message, Trouble trouble = Trouble::failed, std::string hint = {})
{
    return {.error = {code, std::move(message), std::move(hint), {}, {}}, .trouble = trouble};
}

std::string_view first_line(std::string_view text)
{
    const auto end = text.find('\n');
    text = text.substr(0, end);
    constexpr std::string_view kSeverity = "ERROR:";
    if (const auto at = text.find(kSeverity); at != std::string_view::npos) {
        text.remove_prefix(at + kSeverity.size());
    }
    while (!text.empty() && text.front() == ' ') {
        text.remove_prefix(1);
    }
    return text;
}

Diagnosis lost(std::string message)
{
    return diagnosis(Errc::unavailable, std::move(message), Trouble::lost);
}

Diagnosis diagnose_input_output(int code)
{
    if (code == kSyncFailed || code == kFolderSyncFailed) {
        return diagnosis(Errc::unavailable, "the disk refused to store the database's changes", Trouble::disk_broken,
                         "check the disk, then restart the service");
    }
    return diagnosis(Errc::unavailable, fmt::format("the disk failed while the database was used (SQLite {})", code),
                     Trouble::disk_full);
}

Diagnosis retry(Errc code, std::string message)
{
    return diagnosis(code, std::move(message), Trouble::again);
}

}  // namespace

Diagnosis diagnose_sqlite(int extended_code, std::string_view message, bool bound)
{
    switch (extended_code) {
        case kUnique:
        case kPrimaryKey:
        case kRowid:
        case kForeignKey:
            return diagnosis(Errc::conflict, std::string{first_line(message)});  // names the column, never the value
        default:
            break;
    }
    switch (extended_code & 0xff) {
        case kBusy:
        case kLocked:
            return diagnosis(Errc::busy, "the database is locked by another writer", Trouble::again);
        case kFull:
            return diagnosis(Errc::unavailable, "the disk is full", Trouble::disk_full,
                             "make room on the database's disk");
        case kInputOutput:
            return diagnose_input_output(extended_code);
        case kCannotOpen:
        case kPermission:
            return diagnosis(Errc::unavailable, "the database file cannot be opened", Trouble::failed,
                             "check that its folder exists and belongs to this user");
        case kCorrupt:
        case kNotADatabase:
            return diagnosis(Errc::corrupt, "the database file is damaged", Trouble::failed, "restore a backup");
        case kReadOnly:
            return diagnosis(Errc::internal, "a statement tried to write in a read transaction or a read-only file");
        case kError:
            return diagnosis(Errc::internal, bound ? "a statement failed" : std::string{first_line(message)});
        default:
            return diagnosis(Errc::internal, fmt::format("a statement failed (SQLite {})", extended_code));
    }
}

namespace {

/// SQLSTATEs that stand for themselves; the rest goes by class.
bool diagnose_exact(std::string_view state, std::string_view message, Diagnosis& found)
{
    if (state == "23505" || state == "23503") {
        found = diagnosis(Errc::conflict, std::string{first_line(message)});  // values stand in DETAIL, a later line
    } else if (state == "40001" || state == "40P01") {
        found = retry(Errc::busy, "the transaction collided with another one");
    } else if (state == "55P03") {
        found = diagnosis(Errc::busy, "a lock was not free in time");
    } else if (state == "57014") {
        found = diagnosis(Errc::busy, "a statement took longer than allowed");
    } else if (state == "25P03") {
        found = lost("a transaction was idle for too long");
    } else if (state == "26000" || (state == "0A000" && message.find("cached plan") != std::string_view::npos)) {
        found = retry(Errc::unavailable, "the schema changed under a prepared statement");
        found.stale_plan = true;
    } else if (state == "28P01" || state == "28000") {
        found = diagnosis(Errc::wrong_key, "PostgreSQL refused the user or the password", Trouble::lost);
    } else if (state == "3D000") {
        found = diagnosis(Errc::configuration, "the database does not exist on this server", Trouble::lost,
                          "create it, or correct the database's URL");
    } else if (state == "53100") {
        found = diagnosis(Errc::unavailable, "the database server's disk is full", Trouble::disk_full);
    } else if (state == "22021" || state == "22P05") {
        found = diagnosis(Errc::invalid, "a text cannot be stored in the database's encoding");
    } else if (state == "25P02") {
        found = diagnosis(Errc::internal, "the transaction has already failed");
    } else {
        return false;
    }
    return true;
}

}  // namespace

Diagnosis diagnose_postgres(std::string_view sqlstate, std::string_view message)
{
    Diagnosis found;
    if (diagnose_exact(sqlstate, message, found)) {
        return found;
    }
    const auto group = sqlstate.substr(0, 2);
    if (group == "08" || group == "57" || group == "53" || group == "58") {
        return lost(fmt::format("PostgreSQL went away ({})", sqlstate));
    }
    if (group == "42") {  // syntax and names: quotes the statement, never a value
        return diagnosis(Errc::internal, std::string{first_line(message)});
    }
    return diagnosis(Errc::internal, fmt::format("a statement failed (SQLSTATE {})", sqlstate));
}

}  // namespace ss::storage

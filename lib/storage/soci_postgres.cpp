// PostgreSQL through SOCI. The raw connection is used where SOCI has no word: several statements in one text, the
// state of the transaction, time-outs.

#include "soci_link.hpp"

#include <fmt/core.h>
#include <libpq-fe.h>
#include <soci/postgresql/soci-postgresql.h>

#include <utility>

namespace ss::storage {
namespace {

class PostgresLink final : public SociLink {
public:
    Engine engine() const override { return Engine::postgres; }

    Result<void> open(const PostgresTarget& target)
    {
        try {
            session().open(soci::postgresql, std::string{target.connect_string.reveal()});
        } catch (const soci::soci_error& error) {
            return refused(error.get_error_message());
        }
        watchdog_ = target.watchdog;
        limit_ = target.statement_timeout;
        auto settings = fmt::format(
            "set statement_timeout={}; set lock_timeout={};"
            "set idle_in_transaction_session_timeout={}; set client_min_messages=warning;"
            "set timezone='UTC'; set standard_conforming_strings=on;",
            target.statement_timeout.count(), target.lock_timeout.count(), target.idle_timeout.count());
        if (!target.schema.empty()) {
            const std::unique_ptr<char, decltype(&PQfreemem)> quoted{
                PQescapeIdentifier(handle(), target.schema.data(), target.schema.size()), PQfreemem};
            settings += fmt::format("set search_path={};", quoted == nullptr ? "public" : quoted.get());
        }
        PQsetNoticeProcessor(handle(), [](void*, const char*) {}, nullptr);  // would go to stderr
        return script(settings);
    }

    Result<void> script(const std::string& sql) override
    {
        const auto watched = watch();
        const std::unique_ptr<PGresult, decltype(&PQclear)> result{PQexec(handle(), sql.c_str()), PQclear};
        const auto status = PQresultStatus(result.get());
        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) {
            return {};
        }
        const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
        const char* message = PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
        return note(diagnose_state(state == nullptr ? "" : state, message == nullptr ? "" : message), {});
    }

    Result<void> control(std::string_view sql) override { return script(std::string{sql}); }

    Result<void> begin(Access access) override
    {
        forget_trouble();
        refresh_statements();
        return script(access == Access::write ? "begin" : "begin isolation level repeatable read, read only");
    }

    /// A commit of a failed transaction answers without an error, having rolled back.
    Result<void> commit() override
    {
        if (PQtransactionStatus(handle()) == PQTRANS_INERROR) {
            rollback();
            return fail(Errc::internal, "the transaction had already failed; nothing was committed");
        }
        return script("commit");
    }

    void rollback() noexcept override
    {
        if (in_transaction()) {
            static_cast<void>(script("rollback"));
        }
    }

    bool in_transaction() override
    {
        const auto status = PQtransactionStatus(handle());
        return status != PQTRANS_IDLE && status != PQTRANS_UNKNOWN;
    }

    Result<void> copy_to(const std::filesystem::path& target,
                         const std::function<void(int done, int total)>& progress) override
    {
        static_cast<void>(target);
        static_cast<void>(progress);
        return fail(Errc::unsupported, "PostgreSQL is copied by pg_dump");
    }

private:
    std::string_view text_of(const Statement& statement) const override { return statement.postgres; }
    void declare_columns(soci::statement&, const std::vector<Field>&) override {}

    /// SOCI loses the buffers of the parameters when a statement fails, unless they are bound anew.
    void reset(soci::statement& statement, bool failed) noexcept override
    {
        if (failed) {
            statement.undefine_and_bind();
            statement.define_and_bind();
        }
    }

    std::size_t count_columns(soci::statement& statement) override
    {
        const auto& name = static_cast<soci::postgresql_statement_backend*>(statement.get_backend())->statementName_;
        const std::unique_ptr<PGresult, decltype(&PQclear)> result{PQdescribePrepared(handle(), name.c_str()), PQclear};
        return static_cast<std::size_t>(PQnfields(result.get()));
    }

    Diagnosis diagnose(const soci::soci_error& error, bool bound) override
    {
        static_cast<void>(bound);
        const auto* known = dynamic_cast<const soci::postgresql_soci_error*>(&error);
        return diagnose_state(known == nullptr ? std::string{} : known->sqlstate(), error.get_error_message());
    }

    Diagnosis diagnose_state(const std::string& state, const std::string& message)
    {
        auto found = diagnose_postgres(state, message);
        if (PQstatus(handle()) == CONNECTION_BAD) {
            found.trouble = Trouble::lost;
            if (found.error.code == Errc::internal) {
                found.error = {Errc::unavailable, "the connection to PostgreSQL was lost", {}, {}, {}};
            }
        }
        return found;
    }

    /// libpq tells a refused connection by words alone; they may quote the user, so ours are used.
    static std::unexpected<Error> refused(const std::string& words)
    {
        const auto has = [&](std::string_view part) { return words.find(part) != std::string::npos; };
        if (has("authentication failed") || has("no password supplied") || has("no pg_hba.conf entry")) {
            return fail(Errc::wrong_key, "PostgreSQL refused the user or the password");
        }
        if (has("does not exist")) {
            return fail(Errc::configuration, "PostgreSQL has no such database or user",
                        "create it, or correct the database's URL");
        }
        if (has("invalid URI") || has("invalid connection option") || has("invalid sslmode")) {
            return fail(Errc::configuration, "the database's URL is not understood by PostgreSQL's client");
        }
        if (has("SSL") || has("certificate")) {
            return fail(Errc::unavailable, "PostgreSQL's TLS was refused",
                        "check the certificate's name and sslrootcert, or sslmode in the URL");
        }
        return fail(Errc::unavailable, "PostgreSQL cannot be reached");
    }

    Watchdog::Guard watch() override
    {
        return watchdog_ == nullptr ? Watchdog::Guard{} : watchdog_->watch(PQsocket(handle()), limit_);
    }

    PGconn* handle() { return static_cast<soci::postgresql_session_backend*>(session().get_backend())->conn_; }

    Watchdog* watchdog_ = nullptr;
    std::chrono::milliseconds limit_{0};
};

}  // namespace

Result<std::unique_ptr<Link>> open_link(const PostgresTarget& target)
{
    auto link = std::make_unique<PostgresLink>();
    TRY(link->open(target));
    return std::unique_ptr<Link>{std::move(link)};
}

}  // namespace ss::storage

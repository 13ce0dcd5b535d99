#pragma once
// The SOCI side of a connection, for soci_*.cpp alone: no other file of the tree includes SOCI.

#include "engine.hpp"
#include "watchdog.hpp"

#include <soci/soci.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ss::storage {

/// A place SOCI reads from or writes to; its address must not change while the statement lives.
struct Field {
    ColumnType type = ColumnType::text;
    long long integer = 0;
    double real = 0;
    std::string text;
    soci::indicator indicator = soci::i_ok;
};

struct Prepared {
    explicit Prepared(soci::session& session) : statement{session} {}
    std::vector<Field> inputs;
    std::vector<Field> outputs;
    soci::statement statement;  // after the fields it points to, so that it goes first
};

/// Prepared statements, each made once, bound by declared type and ended after every use.
class SociLink : public Link {
public:
    Result<Rows> execute(const Statement& statement, const Parameters& parameters) override;
    Result<void> prepare(const Statement& statement) override;
    Trouble trouble() const override { return trouble_; }

protected:
    virtual std::string_view text_of(const Statement& statement) const = 0;
    virtual void declare_columns(soci::statement& statement, const std::vector<Field>& outputs) = 0;
    virtual std::size_t count_columns(soci::statement& statement) = 0;
    virtual void reset(soci::statement& statement, bool failed) noexcept = 0;
    virtual Diagnosis diagnose(const soci::soci_error& error, bool bound) = 0;
    virtual Watchdog::Guard watch() { return {}; }

    soci::session& session() { return session_; }
    void forget_trouble() { trouble_ = Trouble::none; }
    std::unexpected<Error> note(Diagnosis diagnosis, std::string_view where);
    /// Before a transaction: drops statements whose plans the schema has outgrown.
    void refresh_statements();

private:
    Result<Rows> run(Prepared& prepared);
    Prepared& find(const Statement& statement, const Parameters& parameters);
    std::unique_ptr<Prepared> make(const Statement& statement, const Parameters& parameters, const Prepared* known);

    soci::session session_;
    // Destroyed before the session: a statement that outlives it writes into freed memory.
    std::unordered_map<const Statement*, std::unique_ptr<Prepared>> cache_;
    Trouble trouble_ = Trouble::none;
    bool stale_ = false;
};

}  // namespace ss::storage

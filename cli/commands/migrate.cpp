// ssctl migrate: the database's schema, step by step.

#include "../commands.hpp"
#include "../database.hpp"

#include <ss/backup.hpp>
#include <ss/migrate.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>

namespace ss::cli {
namespace {

using nlohmann::json;

struct Options {
    std::optional<std::int64_t> to{};
    std::optional<int> steps{};
    bool no_backup = false;
    int lock_timeout = 60;
    bool exit_code = false;
};

std::string name_of(const migrate::PlannedStep& step)
{
    return fmt::format("{} {}", step.version, step.name);
}

std::string_view word(migrate::Direction direction)
{
    return direction == migrate::Direction::up ? "up" : "down";
}

json to_json(const std::vector<migrate::PlannedStep>& steps)
{
    auto rows = json::array();
    for (const auto& step : steps) {
        json row{{"version", step.version}, {"name", step.name}, {"direction", word(step.direction)}};
        if (!step.sql.empty()) {
            row["sql"] = step.sql;
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

/// The database, with what a run needs around it.
class Session {
public:
    Session(const config::Settings& settings, const Options& options, Context& context)
        : settings_{settings}, options_{options}, context_{context}, stages_{context.out}
    {
    }

    Result<migrate::Migrator> open()
    {
        auto options = database_options(settings_);
        options.statement_timeout = std::chrono::hours{6};  // a step is no request
        database_ = TRY(storage::Database::open(options));
        return migrator();
    }
    Result<migrate::Migrator> open_to_look()
    {
        database_ = TRY(cli::open_to_look(settings_));
        return migrator();
    }
    [[nodiscard]] storage::Engine engine() const { return database_->engine(); }

private:
    migrate::Migrator migrator()
    {
        migrate::Options options;
        options.program = program_name();
        options.lock_timeout = std::chrono::seconds{options_.lock_timeout};
        options.progress = [this](const migrate::Progress& progress) { tell(progress); };
        if (!options_.no_backup) {
            options.before = [this] { return save(); };
        }
        return migrate::Migrator{*database_, clock_, std::move(options)};
    }

    void tell(const migrate::Progress& progress)
    {
        if (progress.moment == migrate::Moment::waiting) {
            context_.out.note(fmt::format("waiting for {}", progress.detail));
        } else if (progress.moment == migrate::Moment::committed) {
            context_.out.note(fmt::format("{:<4} {} ({:.1f} ms)", word(progress.step.direction), name_of(progress.step),
                                          static_cast<double>(progress.duration.count()) / 1000));
        }
    }

    Result<void> save()
    {
        backup::Vault vault{backup_place(settings_), clock_,
                            [this](std::string_view stage, std::uint64_t done, std::uint64_t total) {
                                stages_.update(stage, done, total);
                            }};
        auto set = vault.create("before migrate");
        stages_.end();
        if (!set) {
            return fail(prefixed(std::move(set).error(), "the backup before the first step"));
        }
        context_.out.put("backup", set->name);
        context_.out.note(fmt::format("backup {}; to go back: ssctl restore {} --force", set->name, set->name));
        return {};
    }

    const config::Settings& settings_;
    const Options& options_;
    Context& context_;
    Stages stages_;
    SystemClock clock_;
    std::unique_ptr<storage::Database> database_{};
};

void report_plan(Context& context, const std::vector<migrate::PlannedStep>& plan, bool with_sql)
{
    context.out.put("plan", to_json(plan));
    if (plan.empty()) {
        context.out.say("nothing to do");
    }
    for (const auto& step : plan) {
        if (with_sql) {
            context.out.print(fmt::format("-- {} {}\n{}\n", word(step.direction), name_of(step), step.sql));
        } else {
            context.out.say(fmt::format("would go {} {}", word(step.direction), name_of(step)));
        }
    }
}

std::string words_of(const migrate::Loss& loss)
{
    const auto what =
        loss.column.empty() ? "table " + loss.table : fmt::format("column {}.{}", loss.table, loss.column);
    return fmt::format("{} ({} row{})", what, loss.rows, loss.rows == 1 ? "" : "s");
}

/// What goes down takes rows with it: said before anything is asked or done. As comments where SQL is printed.
void report_losses(Context& context, const std::vector<migrate::Loss>& losses, bool with_sql)
{
    auto rows = json::array();
    for (const auto& loss : losses) {
        rows.push_back({{"table", loss.table}, {"column", loss.column}, {"rows", loss.rows}});
        if (with_sql) {
            context.out.print(fmt::format("-- lost: {}\n", words_of(loss)));
        } else {
            context.out.note(fmt::format("lost: {}", words_of(loss)));
        }
    }
    context.out.put("lost", rows);
}

void report(Context& context, const migrate::Report& report, std::string_view verb)
{
    context.out.put("steps", to_json(report.done));
    context.out.put("version", report.version);
    context.out.put("duration_ms", std::chrono::duration_cast<std::chrono::milliseconds>(report.duration).count());
    context.out.say(report.done.empty()
                        ? fmt::format("nothing to do: the database is at step {}", report.version)
                        : fmt::format("{} {} step{}; the database is at step {}", verb, report.done.size(),
                                      report.done.size() == 1 ? "" : "s", report.version));
}

Result<Exit> up(const Options& options, Context& context)
{
    const auto settings = TRY(context.settings());
    Session session{settings, options, context};
    if (context.dry_run()) {
        auto migrator = TRY(session.open_to_look());
        const auto plan = TRY(migrator.plan_up(options.to));
        report_plan(context, plan, false);
        return Exit::done;
    }
    auto migrator = TRY(session.open());
    const auto done = TRY(migrator.up(options.to));
    report(context, done, "applied");
    return Exit::done;
}

Result<Exit> down(const Options& options, Context& context)
{
    const auto settings = TRY(context.settings());
    Session session{settings, options, context};
    const migrate::Depth depth{.steps = options.steps, .to = options.to};
    auto looking = TRY(session.open_to_look());
    const auto plan = TRY(looking.plan_down(depth));
    const auto losses = TRY(looking.losses(depth));
    report_losses(context, losses, false);
    if (context.dry_run()) {
        report_plan(context, plan, false);
        return Exit::done;
    }
    if (!plan.empty()) {
        std::string names;
        for (const auto& step : plan) {
            names += (names.empty() ? "" : ", ") + name_of(step);
        }
        TRY(context.confirm(fmt::format("take back {}{}?", names, losses.empty() ? "" : " and lose these rows")));
    }
    auto migrator = TRY(session.open());
    const auto done = TRY(migrator.down(depth));
    report(context, done, "took back");
    return Exit::done;
}

Result<Exit> status(const Options& options, Context& context)
{
    const auto settings = TRY(context.settings());
    Session session{settings, options, context};
    auto migrator = TRY(session.open_to_look());
    const auto found = TRY(migrator.status());
    auto steps = json::array();
    Table table{.columns = {"STEP", "NAME", "STATE", "APPLIED", "BY"}};
    for (const auto& step : found.steps) {
        const auto at = step.applied_at ? to_rfc3339(*step.applied_at) : std::string{};
        json row{{"version", step.version}, {"name", step.name}, {"state", to_string(step.state)}};
        if (step.applied_at) {
            row["applied_at"] = at;
            row["duration_ms"] = static_cast<double>(step.duration.count()) / 1000;
            row["program"] = step.program;
        }
        steps.push_back(std::move(row));
        table.rows.push_back(
            {std::to_string(step.version), step.name, std::string{to_string(step.state)}, at, step.program});
    }
    context.out.put("engine", session.engine() == storage::Engine::sqlite ? "sqlite" : "postgres");
    context.out.put("version", found.version);
    context.out.put("newest", found.known);
    context.out.put("current", found.is_current());
    context.out.put("pending", found.count(migrate::State::pending) + found.count(migrate::State::out_of_order));
    context.out.put("drifted", found.count(migrate::State::drifted));
    context.out.put("missing", found.count(migrate::State::missing));
    context.out.put("steps", steps);
    context.out.table(table);
    if (!found.is_current()) {
        context.out.note("next: ssctl migrate plan, then ssctl migrate up");
    }
    return options.exit_code && !found.is_current() ? Exit::changes : Exit::done;
}

Result<Exit> plan(const Options& options, Context& context)
{
    const auto settings = TRY(context.settings());
    Session session{settings, options, context};
    auto migrator = TRY(session.open_to_look());
    const auto now = TRY(migrator.status());
    const bool goes_down = options.steps || (options.to && *options.to < now.version);
    auto planned =
        goes_down ? migrator.plan_down({.steps = options.steps, .to = options.to}) : migrator.plan_up(options.to);
    const auto steps = TRY(std::move(planned));
    if (goes_down) {
        report_losses(context, TRY(migrator.losses({.steps = options.steps, .to = options.to})), true);
    }
    report_plan(context, steps, true);
    return options.exit_code && !steps.empty() ? Exit::changes : Exit::done;
}

Result<Exit> verify(const Options& options, Context& context)
{
    const auto settings = TRY(context.settings());
    Session session{settings, options, context};
    auto migrator = TRY(session.open_to_look());
    const auto findings = TRY(migrator.verify());
    auto rows = json::array();
    for (const auto& finding : findings) {
        rows.push_back(
            {{"problem", to_string(finding.problem)}, {"subject", finding.subject}, {"detail", finding.detail}});
        context.out.say(fmt::format("{}: {} {}", to_string(finding.problem), finding.subject, finding.detail));
    }
    context.out.put("findings", rows);
    if (!findings.empty()) {
        return fail(Errc::corrupt, fmt::format("the database is not as it was left ({} found)", findings.size()),
                    "a change by hand is taken back by hand, or a backup is restored");
    }
    context.out.say("ledger, texts and live schema fit together");
    return Exit::done;
}

using Action = Result<Exit> (*)(const Options&, Context&);

Run with(std::shared_ptr<Options> options, Action action)
{
    return [options = std::move(options), action](Context& context) { return action(*options, context); };
}

void add_run_options(CLI::App& app, Options& options)
{
    app.add_flag("--no-backup", options.no_backup, "change the schema without a backup");
    app.add_option("--lock-timeout", options.lock_timeout, "how long to wait for another run (seconds)")
        ->check(CLI::Range(0, 86'400));
}

}  // namespace

std::vector<Command> migrate_commands()
{
    return {{.path = "migrate up",
             .summary = "bring the database to the newest schema",
             .declare =
                 [](CLI::App& app) {
                     auto options = std::make_shared<Options>();
                     app.add_option("--to", options->to, "stop at this step");
                     add_run_options(app, *options);
                     return with(options, up);
                 }},
            {.path = "migrate down",
             .summary = "take schema steps back",
             .declare =
                 [](CLI::App& app) {
                     auto options = std::make_shared<Options>();
                     app.add_option("--steps", options->steps, "this many");
                     app.add_option("--to", options->to, "until this step is the newest; 0 takes everything away");
                     add_run_options(app, *options);
                     return with(options, down);
                 }},
            {.path = "migrate status",
             .summary = "list the schema's steps",
             .declare =
                 [](CLI::App& app) {
                     auto options = std::make_shared<Options>();
                     app.add_flag("--exit-code", options->exit_code, "2 unless every step is applied");
                     return with(options, status);
                 }},
            {.path = "migrate plan",
             .summary = "print the SQL that would run",
             .declare =
                 [](CLI::App& app) {
                     auto options = std::make_shared<Options>();
                     app.add_option("--to", options->to, "up or down to this step");
                     app.add_option("--steps", options->steps, "this many steps down");
                     app.add_flag("--exit-code", options->exit_code, "2 when there is something to run");
                     return with(options, plan);
                 }},
            {.path = "migrate verify", .summary = "compare the live schema with the ledger", .declare = [](CLI::App&) {
                 return with(std::make_shared<Options>(), verify);
             }}};
}

}  // namespace ss::cli

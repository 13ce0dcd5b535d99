// ssctl smoke: the fifteen checks of a running daemon, from outside.

#include "../commands.hpp"

#include <ss/check.hpp>
#include <ss/time.hpp>

#include <fmt/core.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <memory>
#include <string>

namespace ss::cli {
namespace {

struct Options {
    std::string url;
    std::string sandbox;
    std::string email;
    std::string log;
    std::string prometheus;
    std::string grafana;
    std::string ca_file;
    std::string format = "lines";
};

/// A development installation plays with a sandbox: wherever the Graph calls go.
std::string sandbox_of(const config::Settings& settings)
{
    const auto& graph = settings.get<"instagram.graph_url">();
    return settings.is_production() || graph == "https://graph.instagram.com" ? "" : graph;
}

Result<check::SmokeOptions> smoke_options(const Options& options, const config::Settings& settings)
{
    check::SmokeOptions smoke;
    smoke.base_url = options.url.empty() ? settings.get<"smoke.base_url">() : options.url;
    smoke.sandbox_url = options.sandbox.empty() ? sandbox_of(settings) : options.sandbox;
    smoke.email = options.email;
    if (const char* const password = std::getenv("SMOKE_PASSWORD"); password != nullptr) {
        smoke.password = Secret{password};
    }
    if (!smoke.email.empty() && smoke.password.empty()) {
        return fail(Errc::usage, "--email needs a password",
                    "set SMOKE_PASSWORD; it is not an option, so that it stands in no process list");
    }
    smoke.app_secret = settings.get<"instagram.app_secret">();
    smoke.recipient = settings.get<"smoke.recipient">();
    smoke.log = options.log;
    smoke.prometheus_url = options.prometheus;
    smoke.grafana_url = options.grafana;
    smoke.ca_file = options.ca_file;
    while (smoke.base_url.ends_with('/')) {
        smoke.base_url.pop_back();
    }
    return smoke;
}

Result<Exit> run(const Options& options, Context& context)
{
    if (options.format != "lines" && options.format != "tap" && options.format != "junit") {
        return fail(Errc::usage, fmt::format("there is no format \"{}\"", options.format),
                    "one of: lines, tap, junit; or --json", "--format");
    }
    const auto settings = TRY(context.settings());
    const auto smoke = TRY(smoke_options(options, settings));
    const bool as_lines = options.format == "lines";
    const SystemClock clock;
    const auto findings = check::smoke(smoke, clock, [&](const check::Finding& finding) {
        if (as_lines) {
            context.out.say(check::to_line(finding));
        }
    });
    const auto document = nlohmann::json::parse(check::to_json(findings));
    for (const auto& [name, value] : document.items()) {
        context.out.put(name, value);
    }
    if (options.format == "tap") {
        context.out.print(check::to_tap(findings));
    } else if (options.format == "junit") {
        context.out.print(check::to_junit(findings));
    } else {
        context.out.say(fmt::format("{} passed, {} failed, {} skipped", document.at("passed").get<int>(),
                                    document.at("failed").get<int>(), document.at("skipped").get<int>()));
    }
    return check::has_failed(findings) ? Exit::failed : Exit::done;
}

}  // namespace

std::vector<Command> smoke_commands()
{
    return {{.path = "smoke",
             .summary = "fifteen checks of a running installation",
             .declare = [](CLI::App& app) -> Run {
                 auto options = std::make_shared<Options>();
                 app.add_option("--url", options->url, "base address; default smoke.base_url");
                 app.add_option("--sandbox", options->sandbox,
                                "address of the pretend Instagram; default: the settings' when it is one");
                 app.add_option("--email", options->email,
                                "look at this user's workspace; the password comes in SMOKE_PASSWORD");
                 app.add_option("--log", options->log, "the daemon's log file");
                 app.add_option("--prometheus", options->prometheus, "address of Prometheus");
                 app.add_option("--grafana", options->grafana, "address of Grafana");
                 app.add_option("--ca-file", options->ca_file, "own authority of an https base address");
                 app.add_option("--format", options->format, "lines, tap or junit");
                 return [options](Context& context) { return run(*options, context); };
             },
             .refuses_dry_run = true}};
}

}  // namespace ss::cli

// sssd: the daemon's entry: settings, log, signals, and then App.
#include "app.hpp"

#include <ss/config.hpp>
#include <ss/log.hpp>
#include <ss/process.hpp>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include <csignal>
#include <string>
#include <utility>

namespace {

using namespace ss;

int report(const Error& error)
{
    fmt::print(stderr, "sssd: {}\n", to_string(error));
    return error_row(error.code).exit_code;
}

/// Before any thread starts, so that every thread inherits it: App::run() waits for these.
void block_signals()
{
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
        sigaddset(&signals, signal);
    }
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);  // a peer that went away is an error of that write, not of the process
}

int serve(const config::Sources& sources, bool only_check)
{
    const auto settings = config::load(sources);
    if (!settings) {
        return report(config::as_one_error(settings.error()));
    }
    if (const auto missing = config::missing_for_daemon(*settings); !missing.empty()) {
        return report(config::as_one_error(missing));
    }
    if (only_check) {
        fmt::print("the configuration is valid\n");
        return 0;
    }
    block_signals();
    const auto service = observe::take_service_environment();
    const auto format = settings->get<"log.format">();
    observe::set_up_log({observe::to_level(settings->get<"log.level">()), format == "json" ? observe::LogFormat::json
                                                                          : format == "journal"
                                                                              ? observe::LogFormat::journal
                                                                              : observe::LogFormat::text});
    observe::install_crash_report(settings->get<"data_dir">(), daemon::kVersion);
    observe::forbid_core_dumps();
    for (std::size_t index = 0; index < config::kSettings.size(); ++index) {
        if (config::kSettings[index].idle && settings->source(index).origin != config::Origin::standard) {
            observe::log_warning("this setting has no effect in this version",
                                 {{"setting", config::kSettings[index].key}});
        }
    }
    auto app = daemon::App::create(*settings, sources, service);
    if (!app) {
        return report(app.error());
    }
    const auto ended = (*app)->run();
    return ended ? 0 : report(ended.error());
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App line{"sssd, the daemon of Social Selling: API, webhooks, realtime and workers in one process."};
    std::string file;
    bool only_check = false;
    line.add_option("--config", file, "TOML file with settings (default: $SS_CONFIG)");
    line.add_flag("--check-config", only_check, "check the settings and exit");
    line.set_version_flag("--version", std::string{ss::daemon::kVersion});
    try {
        line.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return line.exit(error) == 0 ? 0 : 64;
    }
    return serve(ss::config::process_sources(file), only_check);
}

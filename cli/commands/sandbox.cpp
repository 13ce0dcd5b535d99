// ssctl sandbox: a pretend Instagram on loopback, for trying everything without a Meta app.

#include "../commands.hpp"

#include <ss/sandbox.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

namespace ss::cli {
namespace {

struct Options {
    int port = 4001;
    bool subscribed = false;
};

Result<Exit> run(const Options& options, Context& context)
{
    const auto settings = TRY(context.settings());
    if (settings.is_production()) {
        return fail(Errc::configuration, "the sandbox is not for production",
                    "use a configuration with mode = \"development\"");
    }
    sandbox::Options sandbox_options;
    sandbox_options.port = options.port;
    sandbox_options.app_id = settings.get<"instagram.app_id">();
    sandbox_options.app_secret = settings.get<"instagram.app_secret">().reveal();
    sandbox_options.verify_token = settings.get<"instagram.verify_token">().reveal();
    sandbox_options.redirect_uri = settings.get<"instagram.redirect_uri">();
    sandbox_options.callback_url = settings.get<"public_url">() + "/webhooks/instagram";
    sandbox_options.start_subscribed = options.subscribed;
    // Before the sandbox's threads start, so that they inherit it.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    sandbox::Sandbox sandbox{std::move(sandbox_options)};
    TRY(sandbox.start());
    context.out.put("url", sandbox.base_url());
    context.out.say(fmt::format("ready on {}", sandbox.base_url()));
    context.out.note(
        fmt::format("webhooks go to {}/webhooks/instagram; stop with Ctrl-C", settings.get<"public_url">()));
    std::fflush(stdout);
    int signal = 0;
    sigwait(&signals, &signal);
    sandbox.stop();
    return Exit::done;
}

}  // namespace

std::vector<Command> sandbox_commands()
{
    return {{.path = "sandbox",
             .summary = "play Instagram on this machine",
             .declare = [](CLI::App& app) -> Run {
                 auto options = std::make_shared<Options>();
                 app.add_option("--port", options->port, "where to listen on loopback; 0: any free one");
                 app.add_flag("--subscribed", options->subscribed, "the account is connected already (a restart)");
                 return [options](Context& context) { return run(*options, context); };
             },
             .refuses_dry_run = true}};
}

}  // namespace ss::cli

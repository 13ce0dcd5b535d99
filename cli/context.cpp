// What a command is given: its settings, and somebody to ask.
#include "command.hpp"

#include <ss/text.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <string>

namespace ss::cli {

config::Sources Context::sources() const
{
    auto sources = config::process_sources(globals_.config);
    std::error_code failure;
    if (sources.file.empty() && std::filesystem::exists(kInstalledConfig, failure)) {
        sources.file = kInstalledConfig;
    }
    return sources;
}

Result<config::Settings> Context::settings()
{
    auto loaded = config::load(sources());
    if (!loaded) {
        out.detail(loaded.error());
        return fail(config::as_one_error(loaded.error()));
    }
    return std::move(*loaded);
}

Result<void> Context::confirm(std::string_view question)
{
    if (globals_.yes) {
        return {};
    }
    if (globals_.json || ::isatty(STDIN_FILENO) == 0 || ::isatty(STDERR_FILENO) == 0) {
        return fail(Errc::usage, "this asks for a confirmation, and nobody is there to give it", "repeat with --yes");
    }
    std::cerr << question << " [y/N] " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    if (to_lower_ascii(trim(answer)) != "y" && to_lower_ascii(trim(answer)) != "yes") {
        return fail(Errc::cancelled, "not confirmed; nothing was changed");
    }
    return {};
}

}  // namespace ss::cli

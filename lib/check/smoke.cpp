// The fifteen smoke checks as rows, and the run over them.
#include "smoke_checks.hpp"

#include <algorithm>
#include <array>

namespace ss::check {
namespace {

struct Row {
    std::string_view name;
    Outcome (*run)(SmokeRun&);
};

constexpr std::array kRows{
    Row{"the site answers", site_answers},
    Row{"register a new user", register_user},
    Row{"log in", log_in},
    Row{"connect an Instagram account", connect_account},
    Row{"see the connected accounts", see_accounts},
    Row{"see Instagram DMs", see_messages},
    Row{"send a DM", send_message},
    Row{"schedule a post", schedule_post},
    Row{"see the analytics dashboard", see_dashboard},
    Row{"webhooks are received", webhooks_arrive},
    Row{"workers process jobs", workers_work},
    Row{"metrics are exposed", metrics_shown},
    Row{"logs are collected", logs_collected},
    Row{"the TLS certificate is valid", certificate_valid},
    Row{"all services are healthy", services_healthy},
};

constexpr auto kNames = [] {
    std::array<std::string_view, kRows.size()> names{};
    std::ranges::transform(kRows, names.begin(), &Row::name);
    return names;
}();

}  // namespace

std::span<const std::string_view> smoke_names()
{
    return kNames;
}

std::vector<Finding> smoke(const SmokeOptions& options, const Clock& clock,
                           const std::function<void(const Finding&)>& done)
{
    SmokeRun run{options, clock};
    std::vector<Finding> findings;
    for (const auto& row : kRows) {
        const auto begun = clock.steady();
        Outcome outcome;
        if (findings.empty() || findings.front().verdict == Verdict::pass) {
            outcome = row.run(run);
        } else {
            outcome = skipped("the site does not answer");
        }
        findings.push_back({static_cast<int>(findings.size()) + 1, std::string{row.name}, outcome.verdict,
                            std::move(outcome.reason), std::move(outcome.hint),
                            std::chrono::duration_cast<std::chrono::milliseconds>(clock.steady() - begun)});
        done(findings.back());
    }
    clean_up(run);
    return findings;
}

}  // namespace ss::check

// Health: probes run one at a time, answers kept for a moment.
#include <ss/health.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace ss::observe {

std::string_view to_string(HealthState state)
{
    switch (state) {
        case HealthState::ok:
            return "ok";
        case HealthState::degraded:
            return "degraded";
        case HealthState::failed:
            break;
    }
    return "failed";
}

void Health::add(std::string name, std::function<HealthReading()> probe)
{
    probes_.push_back({std::move(name), std::move(probe)});
}

std::vector<HealthReport> Health::probe_all() const
{
    std::vector<HealthReport> reports;
    for (const Probe& probe : probes_) {
        const auto start = clock_.steady();
        HealthReading reading;
        try {
            reading = probe.run();
        } catch (const std::exception&) {
            // Its text may hold what must not be shown; the module that threw has logged it.
            reading = {.state = HealthState::failed, .detail = "the probe failed unexpectedly"};
        }
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(clock_.steady() - start);
        reports.push_back(
            {.name = probe.name, .state = reading.state, .detail = std::move(reading.detail), .latency = took});
    }
    return reports;
}

std::vector<HealthReport> Health::check()
{
    {
        auto answers = answers_.lock();
        const bool fresh = answers->known && clock_.steady() - answers->at < freshness_;
        if (fresh || (answers->probing && answers->known)) {
            return answers->reports;
        }
        // The very first ones may overlap: there is nothing to answer with yet.
        answers->probing = true;
    }
    auto reports = probe_all();
    answers_.with([&](Answers& answers) {
        answers = {.reports = reports, .at = clock_.steady(), .probing = false, .known = true};
    });
    return reports;
}

HealthState worst(const std::vector<HealthReport>& reports)
{
    auto state = HealthState::ok;
    for (const auto& report : reports) {
        state = std::max(state, report.state);
    }
    return state;
}

}  // namespace ss::observe

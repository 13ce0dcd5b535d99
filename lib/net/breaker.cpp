// The circuit breaker: one small state machine a host.

#include <ss/guarded.hpp>
#include <ss/net.hpp>

#include <algorithm>

namespace ss::net {
namespace {

struct Circuit {
    int failures = 0;
    std::chrono::milliseconds pause{};  // 0: closed
    std::chrono::steady_clock::time_point until;
    bool trying = false;  // one call is out to see whether the host is back
    std::chrono::steady_clock::time_point trying_until;
};

// A trial whose caller never reports must not keep the host shut.
constexpr std::chrono::seconds kTrialTime{60};

}  // namespace

struct Breaker::State {
    mutable Guarded<std::map<std::string, Circuit, std::less<>>> circuits;
};

Breaker::Breaker(const Clock& clock, BreakerLimits limits)
    : clock_{clock}, limits_{limits}, state_{std::make_unique<State>()}
{
}

Breaker::~Breaker() = default;

std::optional<std::chrono::milliseconds> Breaker::refuses(std::string_view host)
{
    auto circuits = state_->circuits.lock();
    const auto found = circuits->find(host);
    if (found == circuits->end() || found->second.pause.count() == 0) {
        return std::nullopt;
    }
    auto& circuit = found->second;
    const auto now = clock_.steady();
    if (now < circuit.until) {
        return std::max(std::chrono::ceil<std::chrono::milliseconds>(circuit.until - now),
                        std::chrono::milliseconds{1});
    }
    if (circuit.trying && now < circuit.trying_until) {
        return std::chrono::milliseconds{1'000};
    }
    circuit.trying = true;
    circuit.trying_until = now + kTrialTime;
    return std::nullopt;
}

void Breaker::record(std::string_view host, bool answered)
{
    auto circuits = state_->circuits.lock();
    if (answered) {
        if (const auto found = circuits->find(host); found != circuits->end()) {
            circuits->erase(found);
        }
        return;
    }
    auto& circuit = (*circuits)[std::string{host}];
    ++circuit.failures;
    const bool was_trial = std::exchange(circuit.trying, false);
    if (circuit.pause.count() > 0 && !was_trial) {
        return;  // a call that began before the circuit opened
    }
    if (circuit.failures >= limits_.failures) {
        circuit.pause = circuit.pause.count() == 0 ? limits_.pause : std::min(circuit.pause * 2, limits_.max_pause);
        circuit.until = clock_.steady() + circuit.pause;
    }
}

bool Breaker::is_open(std::string_view host) const
{
    auto circuits = state_->circuits.lock();
    const auto found = circuits->find(host);
    return found != circuits->end() && found->second.pause.count() > 0;
}

}  // namespace ss::net

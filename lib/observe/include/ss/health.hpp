#pragma once
/// Health: each part of the program reports itself by name; /health and `ssctl status` list them.

#include <ss/guarded.hpp>
#include <ss/time.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ss::observe {

enum class HealthState : std::uint8_t {
    ok,
    degraded,  ///< Works, with less: still ready.
    failed,    ///< Does not work: not ready.
};
[[nodiscard]] std::string_view to_string(HealthState state);

/// What a probe finds. `detail` is one sentence for a person when the state is not ok; holds no secret.
struct HealthReading {
    HealthState state = HealthState::ok;
    std::string detail{};
};

struct HealthReport {
    std::string name;
    HealthState state = HealthState::ok;
    std::string detail{};
    std::chrono::microseconds latency{0};
};

/// Safe to share between threads. A probe runs on the caller's thread, never twice at once (but for the first time),
/// and its answer is kept for `freshness`, so that a load balancer's probes do not become load. Probes bound their own
/// time; one that throws counts as failed.
class Health {
public:
    explicit Health(const Clock& clock, std::chrono::milliseconds freshness = std::chrono::seconds{1})
        : clock_{clock}, freshness_{freshness}
    {
    }

    /// All are added before the first check().
    void add(std::string name, std::function<HealthReading()> probe);

    /// In the order they were added. While another thread is probing, the answers of last time.
    [[nodiscard]] std::vector<HealthReport> check();

private:
    struct Probe {
        std::string name;
        std::function<HealthReading()> run;
    };
    struct Answers {
        std::vector<HealthReport> reports;
        std::chrono::steady_clock::time_point at;
        bool probing = false;
        bool known = false;
    };
    [[nodiscard]] std::vector<HealthReport> probe_all() const;

    const Clock& clock_;
    std::chrono::milliseconds freshness_;
    std::vector<Probe> probes_;
    Guarded<Answers> answers_;
};

/// The worst of them; ok for none.
[[nodiscard]] HealthState worst(const std::vector<HealthReport>& reports);

}  // namespace ss::observe

#pragma once
/// Metrics: one table of all names, and cheap handles to count with.
///
///     const Counter sent = metrics.counter("sss_messages_total", {"in", "stored"});   // keep it
///     sent.add();
///
/// Names and kinds are checked at compile time. docs/operations/metrics.md is printed from the table.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace ss::observe {

enum class MetricKind : std::uint8_t { counter, gauge, histogram };

/// `labels` are separated by spaces. Histograms are in seconds. No label may hold a secret, a person's name or
/// anything a stranger can invent without bound.
struct Metric {
    std::string_view name;
    MetricKind kind;
    std::string_view labels;
    std::string_view help;
};

// clang-format off
inline constexpr std::array kMetrics{
    Metric{"sss_build_info", MetricKind::gauge, "version", "1, with the version that runs."},
    Metric{"sss_health", MetricKind::gauge, "part", "1 ok, 0.5 degraded, 0 failed."},

    Metric{"sss_http_requests_total", MetricKind::counter, "method route status", "Requests answered."},
    Metric{"sss_http_request_seconds", MetricKind::histogram, "method route", "From the end of the header to the end of the answer."},
    Metric{"sss_http_connections", MetricKind::gauge, "", "Open connections."},
    Metric{"sss_http_queue", MetricKind::gauge, "", "Requests waiting for a worker."},

    Metric{"sss_jobs_total", MetricKind::counter, "kind outcome", "Jobs run: done, retried, dead, returned."},
    Metric{"sss_job_seconds", MetricKind::histogram, "kind", "One run of a job."},
    Metric{"sss_jobs_waiting", MetricKind::gauge, "", "Jobs that are due and wait."},
    Metric{"sss_jobs_oldest_seconds", MetricKind::gauge, "", "Age of the oldest job that is due."},
    Metric{"sss_jobs_dead", MetricKind::gauge, "", "Jobs given up on, waiting for a person."},

    Metric{"sss_webhooks_total", MetricKind::counter, "outcome", "Webhook requests: stored, duplicate, bad_signature, refused."},
    Metric{"sss_webhook_events_total", MetricKind::counter, "outcome", "Events in them: handed_on, set_aside (see the journal), unknown_account."},
    Metric{"sss_webhook_last_timestamp_seconds", MetricKind::gauge, "", "When the last webhook was stored."},

    Metric{"sss_messages_total", MetricKind::counter, "direction outcome", "Messages received: stored, duplicate."},

    Metric{"sss_realtime_connections", MetricKind::gauge, "", "Browsers listening."},

    Metric{"sss_log_events_total", MetricKind::counter, "level", "Events logged as warning or error."},

    Metric{"process_start_time_seconds", MetricKind::gauge, "", "When the program started."},
    Metric{"process_resident_memory_bytes", MetricKind::gauge, "", "Resident memory."},
    Metric{"process_cpu_seconds_total", MetricKind::counter, "", "Processor time used."},
    Metric{"process_open_fds", MetricKind::gauge, "", "Open file descriptors."},
    Metric{"process_max_fds", MetricKind::gauge, "", "How many may be open."},
    Metric{"process_threads", MetricKind::gauge, "", "Threads."},
};
// clang-format on

/// A name from the table; a misspelt one, or one of another kind, does not compile.
template <MetricKind kind>
struct MetricName {
    std::size_t index = 0;

    // NOLINTNEXTLINE(google-explicit-constructor): a literal is the name
    consteval MetricName(const char* name)
    {
        for (std::size_t i = 0; i < kMetrics.size(); ++i) {
            if (kMetrics[i].name == name && kMetrics[i].kind == kind) {
                index = i;
                return;
            }
        }
        throw "there is no metric of this kind with this name";
    }
};

/// Handles are values, valid as long as their Metrics, safe from any thread. A default one counts nothing.
class Counter {
public:
    Counter() = default;
    void add(double by = 1) const;
    /// For totals that are counted elsewhere; a smaller one changes nothing. Not from two threads at once.
    void raise_to(double total) const;

private:
    friend class Metrics;
    explicit Counter(prometheus::Counter& counter) : counter_{&counter} {}
    prometheus::Counter* counter_ = nullptr;
};

class Gauge {
public:
    Gauge() = default;
    void set(double value) const;
    void add(double by) const;

private:
    friend class Metrics;
    explicit Gauge(prometheus::Gauge& gauge) : gauge_{&gauge} {}
    prometheus::Gauge* gauge_ = nullptr;
};

class Histogram {
public:
    Histogram() = default;
    void observe(double seconds) const;

private:
    friend class Metrics;
    explicit Histogram(prometheus::Histogram& histogram) : histogram_{&histogram} {}
    prometheus::Histogram* histogram_ = nullptr;
};

using LabelValues = std::initializer_list<std::string_view>;

/// Owned by the composition root, lent to whoever counts. Safe to share between threads.
class Metrics {
public:
    Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;
    ~Metrics();

    /// `labels` in the order of the table; missing ones are "", surplus ones are ignored. A look-up takes about a
    /// microsecond: keep the handle where it is hot. Beyond 1,000 series of a name, new label values become "other".
    [[nodiscard]] Counter counter(MetricName<MetricKind::counter> name, LabelValues labels = {});
    [[nodiscard]] Gauge gauge(MetricName<MetricKind::gauge> name, LabelValues labels = {});
    [[nodiscard]] Histogram histogram(MetricName<MetricKind::histogram> name, LabelValues labels = {});

    /// `fill` sets gauges just before each scrape. Added before the first text().
    void on_scrape(std::function<void(Metrics&)> fill);

    /// The Prometheus text format 0.0.4; the values of process_… are read here.
    [[nodiscard]] std::string text();

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

/// docs/operations/metrics.md
[[nodiscard]] std::string print_metrics_page();

}  // namespace ss::observe

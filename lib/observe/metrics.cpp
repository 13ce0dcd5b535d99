// The table of metrics over prometheus-cpp, of which only the core is used.
#include <ss/guarded.hpp>
#include <ss/log.hpp>
#include <ss/metrics.hpp>
#include <ss/text.hpp>

#include "process_values.hpp"

#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <map>
#include <mutex>
#include <set>
#include <vector>

namespace ss::observe {
namespace {

constexpr std::size_t kMostSeries = 1000;

const prometheus::Histogram::BucketBoundaries& buckets()
{
    static const prometheus::Histogram::BucketBoundaries kSeconds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                                  0.25,  0.5,    1,     2.5,  5,     10,   30};
    return kSeconds;
}

std::string_view kind_word(MetricKind kind)
{
    constexpr std::array<std::string_view, 3> kWords{"counter", "gauge", "histogram"};
    return kWords[static_cast<std::size_t>(kind)];
}

}  // namespace

struct Metrics::Inside {
    prometheus::Registry registry;
    Guarded<std::map<std::size_t, std::set<prometheus::Labels>>> known;
    std::map<std::size_t, prometheus::Family<prometheus::Counter>*> counters;
    std::map<std::size_t, prometheus::Family<prometheus::Gauge>*> gauges;
    std::map<std::size_t, prometheus::Family<prometheus::Histogram>*> histograms;
    std::vector<std::function<void(Metrics&)>> fills;
    std::mutex scraping;

    // A label that grows without bound must not eat the memory.
    prometheus::Labels labels(std::size_t index, LabelValues values)
    {
        prometheus::Labels result;
        const auto* value = values.begin();
        for (const auto name : split(kMetrics[index].labels, ' ')) {
            if (!name.empty()) {
                result[std::string{name}] = value == values.end() ? std::string{} : printable(*value++);
            }
        }
        return known.with([&](auto& all) {
            auto& series = all[index];
            if (series.size() >= kMostSeries && !series.contains(result)) {
                for (auto& [name, text] : result) {
                    text = "other";
                }
            }
            series.insert(result);
            return result;
        });
    }
};

Metrics::Metrics() : inside_{std::make_unique<Inside>()}
{
    for (std::size_t i = 0; i < kMetrics.size(); ++i) {
        const std::string name{kMetrics[i].name};
        const std::string help{kMetrics[i].help};
        switch (kMetrics[i].kind) {
            case MetricKind::counter:
                inside_->counters[i] = &prometheus::BuildCounter().Name(name).Help(help).Register(inside_->registry);
                break;
            case MetricKind::gauge:
                inside_->gauges[i] = &prometheus::BuildGauge().Name(name).Help(help).Register(inside_->registry);
                break;
            case MetricKind::histogram:
                inside_->histograms[i] =
                    &prometheus::BuildHistogram().Name(name).Help(help).Register(inside_->registry);
                break;
        }
    }
}

Metrics::~Metrics() = default;

Counter Metrics::counter(MetricName<MetricKind::counter> name, LabelValues labels)
{
    return Counter{inside_->counters[name.index]->Add(inside_->labels(name.index, labels))};
}

Gauge Metrics::gauge(MetricName<MetricKind::gauge> name, LabelValues labels)
{
    return Gauge{inside_->gauges[name.index]->Add(inside_->labels(name.index, labels))};
}

Histogram Metrics::histogram(MetricName<MetricKind::histogram> name, LabelValues labels)
{
    return Histogram{inside_->histograms[name.index]->Add(inside_->labels(name.index, labels), buckets())};
}

void Metrics::on_scrape(std::function<void(Metrics&)> fill)
{
    inside_->fills.push_back(std::move(fill));
}

std::string Metrics::text()
{
    const std::lock_guard one_at_a_time{inside_->scraping};
    const auto process = read_process_values();
    gauge("process_start_time_seconds").set(process.start_time);
    gauge("process_resident_memory_bytes").set(process.resident_bytes);
    counter("process_cpu_seconds_total").raise_to(process.cpu_seconds);
    gauge("process_open_fds").set(process.open_files);
    gauge("process_max_fds").set(process.most_files);
    gauge("process_threads").set(process.threads);
    const auto events = logged_events();
    counter("sss_log_events_total", {"warning"}).raise_to(static_cast<double>(events[3]));
    counter("sss_log_events_total", {"error"}).raise_to(static_cast<double>(events[4]));
    for (const auto& fill : inside_->fills) {
        fill(*this);
    }
    return prometheus::TextSerializer{}.Serialize(inside_->registry.Collect());
}

void Counter::add(double by) const
{
    if (counter_ != nullptr) {
        counter_->Increment(by);
    }
}

void Counter::raise_to(double total) const
{
    if (counter_ != nullptr && total > counter_->Value()) {
        counter_->Increment(total - counter_->Value());
    }
}

void Gauge::set(double value) const
{
    if (gauge_ != nullptr) {
        gauge_->Set(value);
    }
}

void Gauge::add(double by) const
{
    if (gauge_ != nullptr) {
        gauge_->Increment(by);
    }
}

void Histogram::observe(double seconds) const
{
    if (histogram_ != nullptr) {
        histogram_->Observe(seconds);
    }
}

std::string print_metrics_page()
{
    std::string text =
        "# Metrics\n\nPrinted from the table in `lib/observe/include/ss/metrics.hpp`; do not edit by hand.\n"
        "Served at `/metrics` to this machine, or with `metrics.token` to others.\n\n"
        "| name | kind | labels | meaning |\n|---|---|---|---|\n";
    for (const Metric& row : kMetrics) {
        text += fmt::format("| `{}` | {} | {} | {} |\n", row.name, kind_word(row.kind),
                            row.labels.empty() ? "—" : row.labels, row.help);
    }
    return text;
}

}  // namespace ss::observe

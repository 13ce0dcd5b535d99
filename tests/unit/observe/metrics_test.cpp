// The metrics table: text output, cached handles, a bound on series, the printed page.
#include <ss/log.hpp>
#include <ss/metrics.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace ss::observe {
namespace {

using testing::HasSubstr;

TEST(Metrics, counts_and_prints_the_text_format)
{
    Metrics metrics;
    const auto requests = metrics.counter("sss_http_requests_total", {"GET", "/messages", "200"});
    requests.add();
    requests.add(2);
    metrics.counter("sss_http_requests_total", {"GET", "/messages", "200"}).add();
    metrics.histogram("sss_http_request_seconds", {"GET", "/messages"}).observe(0.03);
    metrics.gauge("sss_http_connections").set(7);
    metrics.on_scrape([](Metrics& inner) { inner.gauge("sss_jobs_waiting").set(3); });

    const auto text = metrics.text();
    EXPECT_THAT(text, HasSubstr("# HELP sss_http_requests_total Requests answered."));
    EXPECT_THAT(text, HasSubstr("# TYPE sss_http_requests_total counter"));
    EXPECT_THAT(text, HasSubstr("sss_http_requests_total{method=\"GET\",route=\"/messages\",status=\"200\"} 4"));
    EXPECT_THAT(text, HasSubstr("sss_http_request_seconds_bucket{method=\"GET\",route=\"/messages\",le=\"0.05\"} 1"));
    EXPECT_THAT(text, HasSubstr("sss_http_connections 7"));
    EXPECT_THAT(text, HasSubstr("sss_jobs_waiting 3"));
}

TEST(Metrics, tells_what_the_kernel_says_of_the_process)
{
    Metrics metrics;
    const auto text = metrics.text();
    const auto value = [&](const std::string& name) {
        const auto at = text.find("\n" + name + " ");
        return at == std::string::npos ? -1.0 : std::stod(text.substr(at + name.size() + 2));
    };
    EXPECT_GT(value("process_resident_memory_bytes"), 1e6);
    EXPECT_LT(value("process_resident_memory_bytes"), 1e10);
    EXPECT_GT(value("process_open_fds"), 2);
    EXPECT_GE(value("process_threads"), 1);
    EXPECT_NEAR(value("process_start_time_seconds"), static_cast<double>(std::time(nullptr)), 3600);
}

TEST(Metrics, counts_what_was_logged_as_warning_or_error)
{
    Metrics metrics;
    const auto count = [&] {
        const auto text = metrics.text();
        const std::string name = "sss_log_events_total{level=\"error\"} ";
        const auto at = text.find(name);
        return at == std::string::npos ? -1.0 : std::stod(text.substr(at + name.size()));
    };
    const auto before = count();
    set_up_log({.sink = [](std::string_view) {}});
    log_error("one");
    log_error("two");
    set_up_log({});
    EXPECT_EQ(count(), before + 2);
}

TEST(Metrics, labels_without_bound_end_up_as_other)
{
    Metrics metrics;
    for (int i = 0; i < 1200; ++i) {
        metrics.counter("sss_webhooks_total", {fmt::format("r{}", i)}).add();
    }
    const auto text = metrics.text();
    EXPECT_THAT(text, HasSubstr("sss_webhooks_total{outcome=\"r999\"} 1"));
    EXPECT_THAT(text, testing::Not(HasSubstr("reason=\"r1000\"")));
    EXPECT_THAT(text, HasSubstr("sss_webhooks_total{outcome=\"other\"} 200"));
}

TEST(Metrics, a_default_handle_counts_nothing)
{
    Counter{}.add();
    Gauge{}.set(1);
    Histogram{}.observe(1);
}

TEST(Metrics, may_be_used_from_many_threads)
{
    Metrics metrics;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int n = 0; n < 1000; ++n) {
                    metrics.counter("sss_webhooks_total", {"published"}).add();
                }
            });
        }
    }
    EXPECT_THAT(metrics.text(), HasSubstr("sss_webhooks_total{outcome=\"published\"} 4000"));
}

TEST(Metrics, the_page_is_the_tables)
{
    const auto file = std::filesystem::path{SS_SOURCE_DIR} / "docs/operations/metrics.md";
    if (std::getenv("SS_TEST_ACCEPT") != nullptr) {
        std::ofstream{file} << print_metrics_page();
    }
    std::ifstream stream{file};
    EXPECT_EQ((std::string{std::istreambuf_iterator<char>{stream}, {}}), print_metrics_page());
}

TEST(Metrics, names_are_unique_and_explained)
{
    for (std::size_t i = 0; i < kMetrics.size(); ++i) {
        EXPECT_TRUE(kMetrics[i].help.ends_with('.')) << kMetrics[i].name;
        for (std::size_t j = i + 1; j < kMetrics.size(); ++j) {
            EXPECT_NE(kMetrics[i].name, kMetrics[j].name);
        }
    }
}

}  // namespace
}  // namespace ss::observe

// How many jobs and webhooks a second: ss_bench_queue [jobs] [webhooks]. Figures go to docs/developer/measurements.md.

#include <ss/channel.hpp>
#include <ss/crypto.hpp>
#include <ss/ingest.hpp>
#include <ss/jobs.hpp>
#include <ss/testing/migrated.hpp>
#include <ss/testing/postgres.hpp>
#include <ss/text.hpp>

#include "../unit/ingest/signed_channel.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace {

using namespace ss;
using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point start)
{
    return std::chrono::duration<double>(Steady::now() - start).count();
}

void in_threads(int threads, int total, const std::function<void(int)>& work)
{
    std::vector<std::jthread> running;
    for (int thread = 0; thread < threads; ++thread) {
        running.emplace_back([&, thread] {
            for (int at = thread; at < total; at += threads) {
                work(at);
            }
        });
    }
}

template <class T>
T must(Result<T> result)
{
    if (!result) {
        fmt::print("failed: {}\n", to_string(result.error()));
        std::fflush(stdout);
        std::_Exit(1);
    }
    return std::move(*result);
}

void jobs_a_second(storage::Database& database, std::string_view engine, int total)
{
    const SystemClock clock;
    jobs::Queue queue{database, clock};
    auto start = Steady::now();
    in_threads(4, total, [&](int at) { must(queue.enqueue({.kind = "job", .workspace = WorkspaceId{at % 10}})); });
    fmt::print("{}: enqueue, 4 threads: {:.0f} jobs/s\n", engine, total / seconds_since(start));
    std::atomic<int> done{0};
    jobs::Workers workers{queue, database, clock, {.threads = 4}};
    workers.handle("job", [&](const jobs::Context&) -> Result<jobs::Outcome> {
        if (++done == total) {
            done.notify_all();
        }
        return jobs::Outcome::done();
    });
    start = Steady::now();
    if (!workers.start()) {
        std::fflush(stdout);
        std::_Exit(1);
    }
    for (int seen = done; seen < total; seen = done) {
        done.wait(seen);
    }
    fmt::print("{}: claim, run, finish, 4 threads: {:.0f} jobs/s\n", engine, total / seconds_since(start));
    workers.drain(5s);
}

/// One shop has 100,000 jobs waiting; another adds one now and then: how long until it starts?
void fairness(storage::Database& database, std::string_view engine)
{
    const SystemClock clock;
    jobs::Queue queue{database, clock};
    for (int batch = 0; batch < 100; ++batch) {
        const auto added = database.write([&](storage::Session& session) -> Result<void> {
            for (int count = 0; count < 1'000; ++count) {
                TRY(queue.enqueue(session, {.kind = "bulk", .workspace = WorkspaceId{1}}));
            }
            return {};
        });
        if (!added) {
            std::fflush(stdout);
            std::_Exit(1);
        }
    }
    std::vector<double> waits;
    std::atomic<int> seen{0};
    std::atomic<int> bulk{0};
    std::atomic<std::int64_t> added_at{0};
    jobs::Workers workers{queue, database, clock, {.threads = 4}};
    workers.handle("bulk", [&](const jobs::Context&) -> Result<jobs::Outcome> {
        ++bulk;
        return jobs::Outcome::done();
    });
    workers.handle("small", [&](const jobs::Context&) -> Result<jobs::Outcome> {
        waits.push_back(static_cast<double>(to_micros(clock.now()) - added_at) / 1'000.0);
        ++seen;
        seen.notify_all();
        return jobs::Outcome::done();
    });
    const auto start = Steady::now();
    if (!workers.start()) {
        std::fflush(stdout);
        std::_Exit(1);
    }
    for (int round = 0; round < 50; ++round) {
        added_at = to_micros(clock.now());
        must(queue.enqueue({.kind = "small", .workspace = WorkspaceId{2}}));
        seen.wait(round);
    }
    const auto took = seconds_since(start);
    workers.drain(5s);
    std::ranges::sort(waits);
    fmt::print(
        "{}: beside 100,000 jobs of another shop: start after p50 {:.1f} ms, max {:.1f} ms ({:.0f} bulk jobs/s)\n",
        engine, waits[waits.size() / 2], waits.back(), bulk / took);
    const auto before = Steady::now();
    (void)queue.counts();
    fmt::print("{}: counts() with 100,000 queued: {:.1f} ms\n", engine, seconds_since(before) * 1'000);
}

void webhooks_a_second(storage::Database& database, std::string_view engine, int total)
{
    const SystemClock clock;
    const auto keys = must(crypto::Keyring::parse(crypto::Keyring::generate("k1").reveal()));
    jobs::Queue queue{database, clock};
    channel::Accounts accounts{database, keys, clock};
    ingest::test::SignedChannel channel;
    ingest::Journal journal{database, queue, accounts, {}, {}, clock, {}};
    for (const auto& [threads, events] : {std::pair{1, 1}, std::pair{16, 1}, std::pair{1, 1'000}}) {
        const auto count = events == 1 ? total : 50;
        std::vector<double> waits(static_cast<std::size_t>(count));
        const auto start = Steady::now();
        in_threads(threads, count, [&](int at) {
            auto body = nlohmann::json::array();
            for (int event = 0; event < events; ++event) {
                body.push_back({{"account", "178"},
                                {"id", fmt::format("{}.{}.{}", threads, at, event)},
                                {"text", std::string(200, 'x')}});
            }
            const auto bytes = body.dump();
            const auto signature = ingest::test::SignedChannel::sign(bytes);
            const auto before = Steady::now();
            must(journal.receive(channel, bytes, signature, "bench"));
            waits[static_cast<std::size_t>(at)] = seconds_since(before) * 1'000;
        });
        const auto took = seconds_since(start);
        std::ranges::sort(waits);
        fmt::print("{}: receive, {} threads, {} events each: {:.0f}/s, p50 {:.2f} ms, p99 {:.2f} ms\n", engine, threads,
                   events, count / took, waits[waits.size() / 2], waits[waits.size() * 99 / 100]);
    }
}

void all(storage::Database& database, std::string_view engine, int jobs, int webhooks)
{
    webhooks_a_second(database, engine, webhooks);
    auto connection = must(database.connect());
    (void)connection->script("delete from job");
    jobs_a_second(database, engine, jobs);
    fairness(database, engine);
}

}  // namespace

int main(int count, char** words)
{
    const auto number = [&](int at, int otherwise) {
        return count > at ? static_cast<int>(to_integer(words[at]).value_or(otherwise)) : otherwise;
    };
    ss::testing::MigratedDatabase sqlite{storage::Engine::sqlite};
    all(*sqlite, "sqlite", number(1, 5'000), number(2, 2'000));
    ss::testing::PostgresServer server{true};  // with fsync, as in production
    const auto url = server.fresh_database();
    auto postgres = must(storage::Database::open({.url = Secret{url}, .readers = 16}));
    auto connection = must(postgres->connect());
    for (const auto& step : sql::migrations()) {
        if (!connection->script(step.postgres_up)) {
            return 1;
        }
    }
    all(*postgres, "postgres", number(1, 5'000), number(2, 2'000));
    return 0;
}

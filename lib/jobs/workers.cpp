// Worker threads: look, claim, run, settle, and take the next in the same transaction; drain and give back.

#include <ss/process.hpp>
#include <ss/text.hpp>

#include "owner.hpp"
#include "signal.hpp"
#include "workers_state.hpp"

#include <fmt/core.h>
#include <pthread.h>

#include <algorithm>
#include <exception>
#include <random>
#include <utility>

namespace ss::jobs {
namespace {

using namespace std::chrono_literals;

constexpr int kMaxRunsOfRunDue = 100'000;
constexpr auto kBusyPatience = 10min;  ///< All threads in handlers for longer counts as stuck.

std::function<double()> own_generator()
{
    auto engine =
        std::make_shared<Guarded<std::minstd_rand>>(std::random_device{}());  // shared: copies of the function
    return [engine] {
        return engine->with(
            [](auto& generator) { return std::uniform_real_distribution<double>{0.0, 1.0}(generator); });
    };
}

Result<Outcome> call(const Handler& handler, const Context& context)
{
    try {
        return handler(context);
    } catch (const std::exception& thrown) {
        return fail(Errc::internal, fmt::format("the handler threw: {}", printable(thrown.what())));
    } catch (...) {
        return fail(Errc::internal, "the handler threw something unknown");
    }
}

}  // namespace

Workers::State::State(Queue& queue_, storage::Database& database_, const Clock& clock_, Options options_)
    : queue{queue_}, store{database_}, clock{clock_}, options{std::move(options_)}
{
    if (!options.random) {
        options.random = own_generator();
    }
    if (options.owner.empty()) {
        options.owner = fmt::format("{}:{:08x}", process_owner(), std::random_device{}());
    }
    looked();
}

Claim Workers::State::next_claim()
{
    return {.owner = options.owner,
            .lease_until = clock.now() + options.lease,
            .last_served = [this](WorkspaceId workspace) {
                return served.with([&](const Served& turns) {
                    const auto found = turns.at.find(workspace.value);
                    return found == turns.at.end() ? std::uint64_t{0} : found->second;
                });
            }};
}

void Workers::State::began(const Job& job)
{
    constexpr std::size_t kMaxRemembered = 10'000;
    running.with([&](auto& jobs) { jobs[job.id.value] = job.fence; });
    served.with([&](Served& turns) {
        if (turns.at.size() > kMaxRemembered) {
            turns.at.clear();
        }
        turns.at[job.workspace.value] = ++turns.turn;
    });
}

void Workers::State::ended(const Job& job)
{
    running.with([&](auto& jobs) {
        const auto found = jobs.find(job.id.value);
        if (found != jobs.end() && found->second == job.fence) {
            jobs.erase(found);
        }
    });
    idle.notify_all();
}

Result<std::optional<Job>> Workers::State::claim()
{
    if (!TRY(store.any_due())) {
        looked();
        return std::optional<Job>{};
    }
    auto job = TRY(store.claim(next_claim()));
    looked();
    return job;
}

void Workers::State::work()
{
    while (!draining) {
        const auto seen = queue.signal().generation();
        auto job = claim().value_or(std::nullopt);  // the database is away: alive() says so; tried again after a poll
        if (!job) {
            queue.signal().wait(seen, options.poll);
            continue;
        }
        if (draining) {
            (void)store.give_back({{job->id, job->fence, options.owner, {}}}, clock.now());
            return;
        }
        queue.signal().wake_one();  // one enqueue may have brought more than this
        began(*job);
        while (job) {
            job = run(*job, true);
        }
    }
}

std::optional<Job> Workers::State::run(const Job& job, bool claim_next)
{
    const auto settlement = decide(job);
    auto next = settle(job, settlement, claim_next);
    ended(job);
    return next;
}

Settlement Workers::State::decide(const Job& job)
{
    const auto found = handlers.find(job.kind);
    const observe::Doing doing{run_name(job.id, job.fence)};
    const Context context{.job = job, .stopping = [this] { return draining.load(); }};
    auto outcome = found == handlers.end()
                       ? Result<Outcome>{fail(Errc::unsupported, "nothing here handles this kind of job")}
                       : call(found->second, context);
    Settlement settlement;
    if (!outcome) {
        const auto pause = std::max(back_off(job.attempts, options.random()), outcome.error().retry_after);
        settlement.state = job.attempts >= job.max_attempts ? ss::jobs::State::dead : ss::jobs::State::queued;
        settlement.run_at = clock.now() + pause;
        settlement.error = outcome.error().message;
    } else if (outcome->kind == Outcome::Kind::retry_at) {
        settlement.state = ss::jobs::State::queued;
        settlement.run_at = outcome->at;
        settlement.counted = false;
        settlement.error = job.last_error;
    } else if (outcome->kind == Outcome::Kind::give_up) {
        settlement.state = ss::jobs::State::dead;
        settlement.error = outcome->reason;
    }
    return settlement;
}

/// A database that is away must not make the job run twice: tried until the lease is past, or the drain's patience,
/// then left to be taken over.
std::optional<Job> Workers::State::settle(const Job& job, const Settlement& settlement, bool claim_next)
{
    const auto deadline = std::chrono::steady_clock::now() + options.lease;
    while (true) {
        const auto claim = next_claim();
        auto settled = store.settle(job, settlement, clock.now(), claim_next && !draining ? &claim : nullptr);
        if (settled) {
            looked();
            if (settled->next) {
                began(*settled->next);
            }
            return std::move(settled->next);
        }
        if (leaving || std::chrono::steady_clock::now() >= deadline) {
            return std::nullopt;
        }
        claim_next = false;
        if (settled.error().code != Errc::conflict) {
            std::unique_lock hold{idle_mutex};
            idle.wait_for(hold, 100ms);
        }
    }
}

Workers::Workers(Queue& queue, storage::Database& database, const Clock& clock, Options options)
    : state_{std::make_unique<State>(queue, database, clock, std::move(options))}
{
}

Workers::~Workers()
{
    drain(0ms);
}

void Workers::handle(std::string_view kind, Handler handler)
{
    state_->handlers.insert_or_assign(std::string{kind}, std::move(handler));
}

void Workers::schedule(std::string_view name, Schedule when, NewJob job)
{
    state_->timetables.push_back(
        {.name = std::string{name}, .when = std::move(when), .job = std::move(job), .next = {}, .prepared = false});
}

Result<void> Workers::start()
{
    TRY(state_->take_over_dead(false));
    TRY(state_->fire_schedules());
    auto& threads = state_->threads;
    threads.emplace_back([state = state_.get()] { state->keep(); });
    for (int count = 0; count < state_->options.threads; ++count) {
        threads.emplace_back([state = state_.get()] { state->work(); });
        pthread_setname_np(threads.back().native_handle(), "job worker");
    }
    return {};
}

void Workers::drain(std::chrono::milliseconds patience)
{
    {
        const std::lock_guard hold{state_->idle_mutex};
        state_->draining = true;
    }
    state_->idle.notify_all();
    state_->queue.signal().wake_all();
    {
        std::unique_lock hold{state_->idle_mutex};
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (!state_->held().empty() && std::chrono::steady_clock::now() < deadline) {
            state_->idle.wait_for(hold, 10ms);
        }
    }
    state_->leaving = true;
    if (const auto left = state_->held(); !left.empty()) {
        (void)state_->store.give_back(left, state_->clock.now());  // failed: the leases run out instead
        state_->running.with([](auto& jobs) { jobs.clear(); });
    }
}

Result<int> Workers::run_due()
{
    int ran = 0;
    while (ran < kMaxRunsOfRunDue) {
        TRY(state_->fire_schedules());
        TRY(state_->take_over_dead(true));
        TRY(state_->store.promote(state_->clock.now()));
        auto job = TRY(state_->claim());
        if (!job) {
            break;
        }
        state_->began(*job);
        state_->run(*job, false);
        ++ran;
    }
    return ran;
}

bool Workers::alive() const
{
    const auto held = state_->held().size();
    const bool busy = held > 0 && held >= static_cast<std::size_t>(state_->options.threads);
    const auto patience =
        busy ? std::chrono::nanoseconds{kBusyPatience}
             : std::max(std::chrono::nanoseconds{state_->options.poll} * 5, std::chrono::nanoseconds{5s});
    const std::chrono::nanoseconds last{state_->last_look.load()};
    return !state_->draining && state_->clock.steady().time_since_epoch() - last <= patience;
}

}  // namespace ss::jobs

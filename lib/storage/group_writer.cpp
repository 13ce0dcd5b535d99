// The writer's loop: begin, every waiting transaction in a savepoint of its own, one commit, then release the callers.

#include "group_writer.hpp"

#include <utility>

namespace ss::storage {
namespace {
/// Bounds what one failed commit can take with it, and how long the first caller waits for the last.
constexpr std::size_t kLargestGroup = 128;
}  // namespace

GroupWriter::GroupWriter(std::unique_ptr<Link> link) : link_{std::move(link)}, thread_{[this] { loop(); }} {}

GroupWriter::~GroupWriter()
{
    state_.with([](State& state) { state.stopping = true; });
    wake_.notify_all();
}

Result<Actions> GroupWriter::run(const Work& work)
{
    Task task{.work = work, .outcome = {}, .actions = {}, .done = false, .settled = {}};
    auto state = state_.lock();
    if (state->broken) {
        return fail(*state->trouble);
    }
    state->waiting.push_back(&task);
    wake_.notify_one();
    task.settled.wait(state.guard(), [&] { return task.done; });
    if (!task.outcome) {
        return std::unexpected(std::move(task.outcome).error());
    }
    return std::move(task.actions);
}

std::optional<Error> GroupWriter::trouble()
{
    return state_.with([](State& state) { return state.trouble; });
}

void GroupWriter::loop()
{
    for (;;) {
        Task* first = nullptr;
        {
            auto state = state_.lock();
            wake_.wait(state.guard(), [&] { return state->stopping || !state->waiting.empty(); });
            if (state->waiting.empty()) {
                return;
            }
            first = state->waiting.front();
            state->waiting.pop_front();
        }
        run_group(first);
    }
}

void GroupWriter::run_group(Task* first)
{
    std::vector<Task*> group{first};
    if (const auto begun = link_->begin(Access::write); !begun) {
        // Another process holds the lock; who waited behind the first has waited as long.
        while (auto* task = next()) {
            group.push_back(task);
        }
        settle(group, begun);
        return;
    }
    run_one(*first);
    while (link_->in_transaction() && group.size() < kLargestGroup) {
        auto* task = next();
        if (task == nullptr) {
            break;
        }
        group.push_back(task);
        run_one(*task);
    }
    Result<void> committed = fail(Errc::unavailable, "the database gave the transaction up");
    if (link_->in_transaction()) {
        committed = link_->commit();
        if (!committed) {
            link_->rollback();
        }
    } else if (!group.back()->outcome) {
        committed = std::unexpected(group.back()->outcome.error());  // SQLite rolls all back on a full disk
    }
    settle(group, committed);
}

void GroupWriter::run_one(Task& task)
{
    task.outcome = link_->control("savepoint one");
    if (!task.outcome) {
        return;
    }
    TransactionSession session{*link_};
    task.outcome = session.run(task.work);
    if (!link_->in_transaction()) {
        return;
    }
    if (task.outcome) {
        task.outcome = link_->control("release one");
        task.actions = session.take_actions();
    }
    if (!task.outcome) {
        static_cast<void>(link_->control("rollback to one"));
        static_cast<void>(link_->control("release one"));
    }
}

GroupWriter::Task* GroupWriter::next()
{
    return state_.with([](State& state) -> Task* {
        if (state.waiting.empty()) {
            return nullptr;
        }
        auto* task = state.waiting.front();
        state.waiting.pop_front();
        return task;
    });
}

void GroupWriter::settle(const std::vector<Task*>& group, const Result<void>& committed)
{
    const auto trouble = link_->trouble();
    auto state = state_.lock();
    if (committed) {
        state->trouble.reset();
    } else {
        state->trouble = committed.error();
        state->broken = trouble == Trouble::disk_broken;
    }
    for (auto* task : group) {
        if (task->outcome && !committed) {
            task->outcome = std::unexpected(committed.error());
        }
        task->done = true;
        task->settled.notify_one();  // under the lock: the task lives on the stack of who waits for it
    }
}

}  // namespace ss::storage

#pragma once
// SQLite's one writer: transactions that wait share one commit, and so one fsync.

#include "session.hpp"

#include <ss/guarded.hpp>

#include <condition_variable>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace ss::storage {

/// Safe to share between threads.
class GroupWriter {
public:
    explicit GroupWriter(std::unique_ptr<Link> link);
    GroupWriter(const GroupWriter&) = delete;
    GroupWriter& operator=(const GroupWriter&) = delete;
    ~GroupWriter();

    /// Returns after the commit is on disk, with the actions to run.
    [[nodiscard]] Result<Actions> run(const Work& work);
    [[nodiscard]] bool is_this_thread() const { return std::this_thread::get_id() == thread_.get_id(); }
    /// Why the last write could not be stored; nothing when it could.
    [[nodiscard]] std::optional<Error> trouble();

private:
    struct Task {
        const Work& work;
        Result<void> outcome;
        Actions actions;
        bool done = false;
        std::condition_variable settled;
    };
    struct State {
        std::deque<Task*> waiting;
        bool stopping = false;
        bool broken = false;  // a sync failed: what the disk holds is not known any more
        std::optional<Error> trouble;
    };

    void loop();
    void run_group(Task* first);
    void run_one(Task& task);
    [[nodiscard]] Task* next();
    void settle(const std::vector<Task*>& group, const Result<void>& committed);

    std::unique_ptr<Link> link_;
    Guarded<State> state_;
    std::condition_variable wake_;
    std::jthread thread_;
};

}  // namespace ss::storage

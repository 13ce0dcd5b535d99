#pragma once
/// A row of the table `job` as a Job, and lanes.

#include <ss/jobs.hpp>

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace ss::jobs {

/// Kinds hold no space, so a lane names kind and key without doubt.
[[nodiscard]] inline std::string lane_of(std::string_view kind, std::string_view serial_key)
{
    return serial_key.empty() ? std::string{} : std::string{kind} + ' ' + std::string{serial_key};
}

[[nodiscard]] inline State state_of(std::string_view name)
{
    for (const auto state : {State::queued, State::running, State::done, State::dead}) {
        if (to_string(state) == name) {
            return state;
        }
    }
    return State::cancelled;
}

template <class Row>
[[nodiscard]] Job job_of(Row row)
{
    Job job;
    job.id = JobId{row.id};
    if (!row.lane.empty()) {
        job.serial_key = row.lane.substr(row.kind.size() + 1);
    }
    job.kind = std::move(row.kind);
    job.payload = std::move(row.payload);
    job.state = state_of(row.state);
    job.priority = static_cast<Priority>(row.priority);
    job.attempts = static_cast<int>(row.attempts);
    job.max_attempts = static_cast<int>(row.max_attempts);
    job.run_at = from_micros(row.run_at);
    job.created_at = from_micros(row.created_at);
    if (row.finished_at) {
        job.finished_at = from_micros(*row.finished_at);
    }
    job.last_error = std::move(row.last_error);
    job.unique_key = std::move(row.unique_key);
    job.workspace = WorkspaceId{row.workspace_id};
    job.fence = row.fence;
    return job;
}

}  // namespace ss::jobs

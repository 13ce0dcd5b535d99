#pragma once
/// Reading the stream of a workspace.

#include <ss/error.hpp>
#include <ss/id.hpp>
#include <ss/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ss::storage {
class Database;
}

namespace ss::realtime {

struct Event {
    std::int64_t number = 0;
    std::string kind;
    std::string payload;
    Timestamp at;
};

/// One snapshot of a workspace's stream.
struct Slice {
    std::int64_t head = 0;    ///< Number of the newest event; 0: none yet.
    std::int64_t oldest = 1;  ///< Number of the oldest kept; head + 1 when none is.
    std::vector<Event> events;
};

/// At most `most` events after number `after`, and the stream's ends. Errors: unavailable, busy.
[[nodiscard]] Result<Slice> read_slice(storage::Database& database, WorkspaceId workspace, std::int64_t after,
                                       int most);

[[nodiscard]] Result<std::int64_t> delete_before(storage::Database& database, Timestamp at);

}  // namespace ss::realtime

// The table `event`: appended inside the change's transaction, read in slices.
#include "event_store.hpp"

#include <ss/realtime.hpp>
#include <ss/storage.hpp>

#include <ss/sql/realtime.hpp>

#include <string>
#include <utility>

namespace ss::realtime {

namespace sql = ss::sql::realtime;

Result<std::int64_t> Stream::append(storage::Session& session, WorkspaceId workspace, std::string_view kind,
                                    std::string_view payload, Timestamp at) const
{
    const auto taken = TRY(session.one(sql::TakeNumber{workspace.value}));
    if (!taken) {
        return fail(Errc::not_found, "there is no such workspace");
    }
    TRY(session.run(
        sql::InsertEvent{workspace.value, taken->number, std::string{kind}, std::string{payload}, to_micros(at)}));
    session.after_commit(
        [&key_value = key_value_, workspace] { key_value.publish("events", std::to_string(workspace.value)); });
    return taken->number;
}

Result<Slice> read_slice(storage::Database& database, WorkspaceId workspace, std::int64_t after, int most)
{
    return database.read([&](storage::Session& session) -> Result<Slice> {
        const auto bounds = TRY(session.one(sql::Bounds{workspace.value}));
        if (!bounds) {
            return fail(Errc::not_found, "there is no such workspace");
        }
        Slice slice{bounds->head, bounds->oldest.value_or(bounds->head + 1), {}};
        if (after < slice.head) {
            for (auto& row : TRY(session.all(sql::EventsAfter{workspace.value, after, most}))) {
                slice.events.push_back({row.number, std::move(row.kind), std::move(row.payload), from_micros(row.at)});
            }
        }
        return slice;
    });
}

Result<std::int64_t> delete_before(storage::Database& database, Timestamp at)
{
    return database.write(
        [&](storage::Session& session) { return session.run(sql::DeleteEventsBefore{to_micros(at)}); });
}

}  // namespace ss::realtime

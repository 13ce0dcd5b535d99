// Copies: an attachment's bytes into the media store, once, and what became of them on its row.
#include "file_type.hpp"
#include "notice.hpp"
#include "rules.hpp"

#include <ss/copies.hpp>
#include <ss/jobs.hpp>
#include <ss/realtime.hpp>
#include <ss/sql/messaging.hpp>
#include <ss/storage.hpp>

#include <fmt/core.h>

#include <array>
#include <chrono>

namespace ss::messaging {
namespace {

namespace sql = ss::sql::messaging;
using namespace std::chrono_literals;
using storage::Session;
using Again = std::optional<Timestamp>;

/// Between the tries; the address lives for hours or days.
constexpr std::array<std::chrono::seconds, 4> kWaits{10s, 2min, 30min, 6h};

CopyState state_of(Missed why)
{
    switch (why) {
        case Missed::gone:
            return CopyState::gone;
        case Missed::refused:
            return CopyState::refused;
        case Missed::too_large:
            return CopyState::too_large;
        case Missed::later:
            break;
    }
    return CopyState::failed;
}

}  // namespace

jobs::NewJob forget_copy(std::string_view blob)
{
    return {.kind = std::string{kForgetCopyJob},
            .payload = fmt::format(R"({{"blob":"{}"}})", blob),
            .priority = jobs::Priority::normal,
            .run_at = {},
            .unique_key = std::string{blob}};
}

Result<std::optional<Timestamp>> Copies::copy(std::int64_t attachment)
{
    const auto row =
        TRY(database_.read([&](Session& session) { return session.one(sql::PendingCopy{.id = attachment}); }));
    if (!row) {
        return Again{};
    }
    const auto tell = [&](Session& session) {
        return stream_.append(session, WorkspaceId{row->workspace}, "message.updated",
                              message_notice(AccountId{row->account}, row->conversation, row->message), clock_.now());
    };
    const auto miss = [&](CopyState state) {
        return database_.write([&](Session& session) -> Result<void> {
            const auto written = TRY(session.run(sql::MissCopy{
                .id = attachment, .media_state = std::string{to_string(state)}, .tries = row->tries + 1}));
            if (written > 0 && state != CopyState::pending) {
                TRY(tell(session));
            }
            return {};
        });
    };
    auto fetched = fetch_(row->url);
    if (!fetched) {
        const auto tries = static_cast<std::size_t>(row->tries);
        const bool again = fetched.error() == Missed::later && tries < kWaits.size();
        TRY(miss(again ? CopyState::pending : state_of(fetched.error())));
        return again ? Again{clock_.now() + kWaits.at(tries)} : Again{};
    }
    const auto type = file_type(*fetched);
    if (!type || fetched->size() > kMaxCopyBytes) {
        TRY(miss(type ? CopyState::too_large : CopyState::unsupported));
        return Again{};
    }
    const auto blob = TRY(blobs_.put(*fetched));
    auto written = database_.write([&](Session& session) -> Result<void> {
        const auto kept = TRY(session.run(sql::KeepCopy{.id = attachment,
                                                        .blob = blob.key,
                                                        .content_type = std::string{type->content_type},
                                                        .bytes = static_cast<std::int64_t>(blob.bytes)}));
        if (kept == 0) {  // taken back meanwhile
            TRY(queue_.enqueue(session, forget_copy(blob.key)));
            return {};
        }
        TRY(tell(session));
        return {};
    });
    TRY(std::move(written));
    return Again{};
}

Result<std::optional<Timestamp>> Copies::copy_job(std::string_view payload)
{
    const auto id = TRY(payload_id(payload, "attachment"));
    return copy(id);
}

Result<Copy> Copies::read(WorkspaceId workspace, std::int64_t attachment) const
{
    const auto row = TRY(database_.read([&](Session& session) {
        return session.one(sql::StoredCopy{.workspace = workspace.value, .id = attachment});
    }));
    if (!row) {
        return fail(Errc::not_found, "there is no such attachment, or no copy of it");
    }
    auto bytes = TRY(blobs_.get(row->blob));
    return Copy{std::move(bytes), row->content_type,
                fmt::format("attachment-{}.{}", attachment, extension_of(row->content_type))};
}

}  // namespace ss::messaging

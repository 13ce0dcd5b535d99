// Messages with what belongs to them.
#include "rows_store.hpp"

#include <ss/sql/messaging.hpp>

#include <unordered_map>

namespace ss::messaging {

namespace sql = ss::sql::messaging;
using channel::AttachmentKind;

channel::AttachmentKind parse_attachment_kind(std::string_view text)
{
    for (auto kind = static_cast<int>(AttachmentKind::image); kind < static_cast<int>(AttachmentKind::unsupported);
         ++kind) {
        if (channel::to_string(static_cast<AttachmentKind>(kind)) == text) {
            return static_cast<AttachmentKind>(kind);
        }
    }
    return AttachmentKind::unsupported;
}

Result<void> fill(storage::Session& session, std::vector<Message>& messages)
{
    if (messages.empty()) {
        return {};
    }
    std::string ids = "[";
    std::unordered_map<std::int64_t, Message*> by_id;
    for (auto& message : messages) {
        ids.append(ids.size() > 1 ? "," : "").append(std::to_string(message.id.value));
        by_id.emplace(message.id.value, &message);
    }
    ids += "]";
    auto attachments = TRY(session.all(sql::AttachmentsOf{.messages = ids}));
    for (auto& row : attachments) {
        by_id.at(row.message)
            ->attachments.push_back({row.id, parse_attachment_kind(row.kind), std::move(row.url), std::move(row.title),
                                     std::move(row.media_id), std::move(row.blob), parse_copy_state(row.media_state),
                                     std::move(row.content_type), row.bytes});
    }
    auto reactions = TRY(session.all(sql::ReactionsOf{.messages = ids}));
    for (auto& row : reactions) {
        by_id.at(row.message)->reactions.push_back({row.from_business, std::move(row.reaction), from_micros(row.at)});
    }
    return {};
}

Result<Message> load_message(storage::Session& session, WorkspaceId workspace, MessageId id)
{
    auto row = TRY(session.one(sql::Message{.workspace = workspace.value, .id = id.value}));
    if (!row) {
        return fail(Errc::not_found, "there is no such message");
    }
    std::vector<Message> one{to_message(*row)};
    TRY(fill(session, one));
    return std::move(one.front());
}

}  // namespace ss::messaging

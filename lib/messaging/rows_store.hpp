#pragma once
/// Rows of sql/queries/messaging.sql as the values of messaging.hpp.

#include <ss/messaging.hpp>
#include <ss/storage.hpp>

#include "rules.hpp"

#include <utility>
#include <vector>

namespace ss::messaging {

[[nodiscard]] inline std::optional<Timestamp> to_time(const std::optional<std::int64_t>& micros)
{
    return micros ? std::optional{from_micros(*micros)} : std::nullopt;
}

[[nodiscard]] channel::AttachmentKind parse_attachment_kind(std::string_view text);

template <class Row>
[[nodiscard]] Conversation to_conversation(Row& row)
{
    Conversation conversation;
    conversation.id = ConversationId{row.id};
    conversation.account = AccountId{row.account};
    conversation.contact = {ContactId{row.contact}, std::move(row.external_id), std::move(row.name),
                            std::move(row.username), std::move(row.picture_url)};
    conversation.state = parse_conversation_state(row.state).value_or(ConversationState::open);
    conversation.last_message_at = from_micros(row.last_message_at);
    conversation.preview = clean(row.preview, 140);
    conversation.last_direction = row.last_direction == 0 ? Direction::inbound : Direction::outbound;
    conversation.unread = row.unread_count;
    conversation.last_customer_message_at = to_time(row.last_customer_message_at);
    if (row.referral_at) {
        conversation.referral = channel::Referral{std::move(row.referral_reference), std::move(row.referral_source),
                                                  std::move(row.referral_ad_id), std::move(row.referral_ad_title)};
    }
    return conversation;
}

template <class Row>
[[nodiscard]] Message to_message(Row& row)
{
    Message message;
    message.id = MessageId{row.id};
    message.conversation = ConversationId{row.conversation};
    message.account = AccountId{row.account};
    message.kind = parse_message_kind(row.kind).value_or(MessageKind::unsupported);
    message.direction = row.direction == 0 ? Direction::inbound : Direction::outbound;
    message.delivery = parse_delivery(row.delivery).value_or(Delivery::unknown);
    message.external_id = std::move(row.external_id).value_or("");
    message.text = std::move(row.text);
    message.at = from_micros(row.at);
    message.author = UserId{row.author.value_or(0)};
    message.reply_to = std::move(row.reply_to);
    message.story_id = std::move(row.story_id);
    message.payload = std::move(row.payload);
    message.comment_id = std::move(row.comment_id);
    message.post_id = std::move(row.post_id);
    message.raw = std::move(row.raw);
    message.edit_number = static_cast<int>(row.edit_number);
    message.human_agent = row.human_agent;
    message.unsent_at = to_time(row.unsent_at);
    message.read_at = to_time(row.read_at);
    if (!row.failure_code.empty()) {
        message.failure = Failure{std::move(row.failure_code), std::move(row.failure), std::move(row.failure_pt)};
    }
    return message;
}

/// Attachments and reactions of all of them, in two statements. Ids are taken from the messages.
[[nodiscard]] Result<void> fill(storage::Session& session, std::vector<Message>& messages);
/// Errors: not_found.
[[nodiscard]] Result<Message> load_message(storage::Session& session, WorkspaceId workspace, MessageId id);

}  // namespace ss::messaging

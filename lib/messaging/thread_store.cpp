// A conversation's row and the changes of its messages, inside the caller's transaction.
#include "thread_store.hpp"

#include <ss/sql/messaging.hpp>

#include <algorithm>

namespace ss::messaging {

namespace sql = ss::sql::messaging;

Result<Thread> Thread::open(storage::Session& session, Owner owner, const channel::Event& event, Timestamp now)
{
    const auto contact = TRY(session.one(sql::KeepContact{.workspace = owner.workspace.value,
                                                          .account = owner.account.value,
                                                          .external_id = clean(event.customer, 500),
                                                          .name = clean(event.customer_name, 500),
                                                          .now = to_micros(now)}));
    if (!contact) {
        return fail(Errc::internal, "a contact could not be stored");
    }
    const auto row = TRY(session.one(sql::KeepConversation{.workspace = owner.workspace.value,
                                                           .account = owner.account.value,
                                                           .contact = contact->id,
                                                           .at = to_micros(event.at),
                                                           .now = to_micros(now)}));
    if (!row) {
        return fail(Errc::internal, "a conversation could not be stored");
    }
    Thread thread;
    thread.owner_ = owner;
    thread.id_ = row->id;
    thread.contact_ = contact->id;
    thread.wants_profile_ = !contact->profile_at;
    thread.state_ = parse_conversation_state(row->state).value_or(ConversationState::open);
    thread.last_message_at_ = row->last_message_at;
    thread.last_customer_message_at_ = row->last_customer_message_at;
    thread.customer_read_at_ = row->customer_read_at;
    return thread;
}

Result<Thread> Thread::open(storage::Session& session, Owner owner, ConversationId id)
{
    const auto row = TRY(session.one(sql::LockThread{.id = id.value}));
    if (!row) {
        return fail(Errc::not_found, "there is no such conversation");
    }
    Thread thread;
    thread.owner_ = owner;
    thread.id_ = row->id;
    thread.state_ = parse_conversation_state(row->state).value_or(ConversationState::open);
    thread.last_message_at_ = row->last_message_at;
    thread.last_customer_message_at_ = row->last_customer_message_at;
    thread.customer_read_at_ = row->customer_read_at;
    return thread;
}

void Thread::arrived(std::int64_t at, bool answerable)
{
    ++arrived_;
    state_ = ConversationState::open;
    if (answerable) {
        last_customer_message_at_ = std::max(last_customer_message_at_.value_or(at), at);
    }
}

void Thread::seen_until(std::int64_t at)
{
    customer_read_at_ = std::max(customer_read_at_.value_or(at), at);
}

Result<bool> Thread::change(storage::Session& session, std::int64_t message, std::int64_t message_at,
                            const ChangeOf& change)
{
    if (change.kind == "edit") {
        const auto written = TRY(session.run(sql::EditMessage{.id = message,
                                                              .text = change.text,
                                                              .words = search_words(change.text),
                                                              .edit_number = change.edit_number}));
        return written > 0;
    }
    if (change.kind == "unsend") {
        for (auto& row : TRY(session.all(sql::DropAttachments{.message = message}))) {
            if (!row.blob.empty()) {
                freed_.push_back(std::move(row.blob));
            }
        }
        TRY(session.run(sql::DropReactions{.message = message}));
        const auto written = TRY(session.run(sql::UnsendMessage{.id = message, .at = change.at}));
        return written > 0;
    }
    if (change.kind == "reaction") {
        const auto written = TRY(session.run(sql::PutReaction{
            .message = message, .from_business = change.from_business, .reaction = change.text, .at = change.at}));
        return written > 0;
    }
    const auto before = customer_read_at_;
    seen_until(message_at);
    return customer_read_at_ != before;
}

Result<void> Thread::change_as_held(storage::Session& session, std::string_view external_id, std::int64_t message,
                                    std::int64_t message_at)
{
    const std::string external{external_id};
    const auto held = TRY(session.all(sql::HeldChanges{.account = owner_.account.value, .external_id = external}));
    for (const auto& row : held) {
        const ChangeOf held_change{row.kind, row.from_business, row.text, row.edit_number, row.at};
        TRY(change(session, message, message_at, held_change));
    }
    if (!held.empty()) {
        TRY(session.run(sql::DropHeldChanges{.account = owner_.account.value, .external_id = external}));
    }
    return {};
}

Result<void> Thread::close(storage::Session& session)
{
    std::int64_t last = 0;
    const auto newest = TRY(session.one(sql::NewestMessage{.conversation = id_}));
    if (newest) {
        last = newest->id;
        last_message_at_ = newest->at;
    }
    TRY(session.run(sql::UpdateConversation{.id = id_,
                                            .state = std::string{to_string(state_)},
                                            .last_message = last,
                                            .last_message_at = last_message_at_,
                                            .last_customer_message_at = last_customer_message_at_,
                                            .customer_read_at = customer_read_at_,
                                            .arrived = arrived_}));
    if (customer_read_at_) {
        TRY(session.run(sql::MarkSeen{.conversation = id_, .until = *customer_read_at_, .at = *customer_read_at_}));
    }
    return {};
}

}  // namespace ss::messaging

// Inbox::apply: events into rows, once each, whatever their order.
#include "notice.hpp"
#include "rules.hpp"
#include "thread_store.hpp"

#include <ss/copies.hpp>
#include <ss/jobs.hpp>
#include <ss/realtime.hpp>
#include <ss/sql/messaging.hpp>
#include <ss/storage.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

namespace ss::messaging {
namespace {

namespace sql = ss::sql::messaging;
using channel::Event, channel::EventKind;

/// One transaction's worth of events.
class Batch {
public:
    Batch(storage::Session& session, Owner owner, jobs::Queue& queue, const realtime::Stream& stream, Timestamp now)
        : session_{session}, owner_{owner}, queue_{queue}, stream_{stream}, now_{now}
    {
    }

    Result<Applied> run(std::span<const Event> events)
    {
        TRY(open_threads(events));
        for (const auto& event : events) {
            const auto thread = threads_.find(event.customer);
            if (thread == threads_.end()) {
                ++applied_.ignored;
                continue;
            }
            TRY(take(event, thread->second));
        }
        for (auto& [customer, thread] : threads_) {
            TRY(close(thread));
        }
        return applied_;
    }

private:
    /// In the order of the customers' ids, so that two batches never wait for each other in a circle.
    Result<void> open_threads(std::span<const Event> events)
    {
        std::map<std::string_view, const Event*> customers;
        for (const auto& event : events) {
            if (!event.customer.empty()) {
                customers.try_emplace(event.customer, &event);
            }
        }
        for (const auto& [customer, event] : customers) {
            auto thread = TRY(Thread::open(session_, owner_, *event, now_));
            threads_.emplace(customer, std::move(thread));
        }
        return {};
    }

    Result<void> take(const Event& event, Thread& thread)
    {
        if (event.referral) {
            TRY(refer(event, thread));
        }
        if (const auto kind = stored_as(event)) {
            return store(event, *kind, thread);
        }
        switch (event.kind) {
            case EventKind::edit:
                return change(event, thread,
                              {"edit", event.from_business, clean(event.text), std::max(1, event.edit_number),
                               to_micros(event.at)});
            case EventKind::unsend:
                return change(event, thread, {"unsend", false, "", 0, to_micros(event.at)});
            case EventKind::reaction:
                return change(event, thread,
                              {"reaction", event.from_business, clean(event.reaction, 200), 0, to_micros(event.at)});
            case EventKind::read:
                return read(event, thread);
            default:
                return {};
        }
    }

    Result<void> refer(const Event& event, const Thread& thread)
    {
        const auto changed = TRY(session_.run(sql::SetReferral{.id = thread.id(),
                                                               .reference = clean(event.referral->reference, 2'000),
                                                               .source = clean(event.referral->source, 200),
                                                               .ad_id = clean(event.referral->ad_id, 200),
                                                               .ad_title = clean(event.referral->ad_title, 1'000),
                                                               .at = to_micros(event.at)}));
        if (event.kind == EventKind::referral) {
            ++(changed > 0 ? applied_.changed : applied_.duplicates);
        }
        touched_.insert(thread.id());
        return {};
    }

    Result<void> store(const Event& event, MessageKind kind, Thread& thread)
    {
        const auto external = identity(event);
        const bool ours = TRY(event.from_business ? settled(event, external, thread) : Result<bool>{false});
        if (ours) {
            return {};
        }
        const auto id = TRY(insert(event, kind, external, thread));
        if (!id) {
            ++applied_.duplicates;
            return {};
        }
        TRY(attach(event, *id));
        if (!event.from_business) {
            thread.arrived(to_micros(event.at), opens_window(event));
        }
        TRY(thread.change_as_held(session_, external, *id, to_micros(event.at)));
        ++applied_.stored;
        touched_.insert(thread.id());
        return tell("message.received", thread, *id);
    }

    Result<void> attach(const Event& event, std::int64_t message)
    {
        std::int64_t position = 0;
        for (const auto& attachment : event.attachments) {
            const bool copied = is_copied(attachment);
            const auto row = TRY(session_.one(sql::AddAttachment{
                .message = message,
                .position = position++,
                .kind = std::string{channel::to_string(attachment.kind)},
                .url = clean(attachment.url),
                .title = clean(attachment.title),
                .media_id = clean(attachment.media_id, 500),
                .media_state = std::string{to_string(copied ? CopyState::pending : CopyState::none)}}));
            if (row && copied) {
                TRY(queue_.enqueue(session_, {.kind = std::string{kCopyJob},
                                              .payload = fmt::format(R"({{"attachment":{}}})", row->id),
                                              .priority = jobs::Priority::normal,
                                              .run_at = {},
                                              .unique_key = fmt::format("attachment:{}", row->id),
                                              .workspace = owner_.workspace}));
            }
        }
        return {};
    }

    Result<std::optional<std::int64_t>> insert(const Event& event, MessageKind kind, const std::string& external,
                                               const Thread& thread)
    {
        const auto text = clean(event.text);
        const auto row = TRY(session_.one(sql::StoreMessage{
            .workspace = owner_.workspace.value,
            .account = owner_.account.value,
            .conversation = thread.id(),
            .kind = std::string{to_string(kind)},
            .direction = static_cast<std::int64_t>(event.from_business ? Direction::outbound : Direction::inbound),
            .delivery = std::string{to_string(event.from_business ? Delivery::sent : Delivery::received)},
            .external_id = external,
            .text = text,
            .words = search_words(text),
            .at = to_micros(event.at),
            .now = to_micros(now_),
            .reply_to = clean(event.reply_to, 500),
            .story_id = clean(event.story_id, 500),
            .payload = clean(event.payload, 4'000),
            .comment_id = clean(event.comment_id, 500),
            .post_id = clean(event.post_id, 500),
            .raw = clean(event.raw),
            .read_at = {}}));
        return row ? std::optional{row->id} : std::nullopt;
    }

    /// An echo of something we sent ourselves: tells how that went, and is no message of its own.
    Result<bool> settled(const Event& event, const std::string& external, Thread& thread)
    {
        const auto at = to_micros(event.at);
        const auto known =
            TRY(session_.one(sql::FindMessage{.account = owner_.account.value, .external_id = external}));
        if (known) {
            const bool news =
                known->attempts > 0 && (known->at != at || (known->delivery != "sent" && known->delivery != "read"));
            return news ? settle(known->id, external, at, thread) : Result<bool>{false};
        }
        const auto rows = TRY(session_.all(sql::MessagesInDoubt{.conversation = thread.id()}));
        std::vector<InDoubt> sendings;
        for (const auto& row : rows) {
            sendings.push_back({row.id, row.text, from_micros(row.started_at)});
        }
        const auto* ours = sending_of(sendings, clean(event.text), event.at);
        return ours == nullptr ? Result<bool>{false} : settle(ours->id, external, at, thread);
    }

    Result<bool> settle(std::int64_t id, const std::string& external, std::int64_t at, Thread& thread)
    {
        TRY(session_.run(sql::SettleMessage{.id = id, .external_id = external, .at = at}));
        TRY(thread.change_as_held(session_, external, id, at));
        ++applied_.changed;
        touched_.insert(thread.id());
        TRY(tell("message.updated", thread, id));
        return true;
    }

    Result<void> change(const Event& event, Thread& thread, const ChangeOf& what)
    {
        const auto external = clean(event.message_id, 500);
        const auto found =
            TRY(session_.one(sql::FindMessage{.account = owner_.account.value, .external_id = external}));
        if (!found) {
            const auto held = TRY(session_.run(sql::HoldChange{.account = owner_.account.value,
                                                               .external_id = external,
                                                               .kind = what.kind,
                                                               .from_business = what.from_business,
                                                               .text = what.text,
                                                               .edit_number = what.edit_number,
                                                               .at = what.at}));
            ++(held > 0 ? applied_.pending : applied_.duplicates);
            return {};
        }
        if (found->conversation != thread.id()) {  // ids are unique in an account: this is somebody's mistake
            ++applied_.ignored;
            return {};
        }
        const bool news = TRY(thread.change(session_, found->id, found->at, what));
        if (!news) {
            ++applied_.duplicates;
            return {};
        }
        ++applied_.changed;
        touched_.insert(thread.id());
        return tell("message.updated", thread, found->id);
    }

    Result<void> read(const Event& event, Thread& thread)
    {
        if (event.from_business) {
            ++applied_.ignored;
            return {};
        }
        if (!event.message_id.empty()) {
            return change(event, thread, {"read", false, "", 0, to_micros(event.at)});
        }
        ++applied_.changed;
        thread.seen_until(to_micros(event.at));
        touched_.insert(thread.id());
        return {};
    }

    Result<void> close(Thread& thread)
    {
        if (!touched_.contains(thread.id())) {
            return {};
        }
        TRY(thread.close(session_));
        for (const auto& blob : thread.freed()) {
            TRY(queue_.enqueue(session_, forget_copy(blob)));
        }
        TRY(stream_.append(session_, owner_.workspace, "conversation.updated",
                           conversation_notice(owner_.account, thread.id()), now_));
        if (!thread.wants_profile()) {
            return {};
        }
        TRY(queue_.enqueue(session_, {.kind = std::string{kProfileJob},
                                      .payload = fmt::format(R"({{"contact":{}}})", thread.contact()),
                                      .priority = jobs::Priority::normal,
                                      .run_at = {},
                                      .unique_key = fmt::format("contact:{}", thread.contact()),
                                      .serial_key = fmt::format("account:{}", owner_.account.value),
                                      .max_attempts = 5,
                                      .workspace = owner_.workspace}));
        return {};
    }

    Result<void> tell(std::string_view kind, const Thread& thread, std::int64_t message)
    {
        TRY(stream_.append(session_, owner_.workspace, kind, message_notice(owner_.account, thread.id(), message),
                           now_));
        return {};
    }

    storage::Session& session_;
    Owner owner_;
    jobs::Queue& queue_;
    const realtime::Stream& stream_;
    Timestamp now_;
    std::map<std::string, Thread, std::less<>> threads_;
    std::set<std::int64_t> touched_;
    Applied applied_;
};

}  // namespace

Result<Applied> Inbox::apply(WorkspaceId workspace, AccountId account, std::span<const channel::Event> events)
{
    Applied total;
    while (!events.empty()) {
        const auto part = events.first(std::min(kBatch, events.size()));
        const auto applied = TRY(database_.write([&](storage::Session& session) {
            return Batch{session, {workspace, account}, queue_, stream_, clock_.now()}.run(part);
        }));
        total.stored += applied.stored;
        total.changed += applied.changed;
        total.pending += applied.pending;
        total.duplicates += applied.duplicates;
        total.ignored += applied.ignored;
        events = events.subspan(part.size());
    }
    return total;
}

}  // namespace ss::messaging

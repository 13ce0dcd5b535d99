// The rows of a message on its way out: attempt, outcome, and the meeting with its echo.
#include "delivery_store.hpp"

#include "notice.hpp"
#include "rows_store.hpp"
#include "thread_store.hpp"

#include <ss/realtime.hpp>
#include <ss/sql/messaging.hpp>
#include <ss/storage.hpp>

namespace ss::messaging {
namespace {

namespace sql = ss::sql::messaging;
using storage::Session;

/// Our row took the echo of a message somebody wrote on the phone at the same time with the same words: that one gets
/// a row of its own.
Result<void> give_back_echo(Session& session, const Outgoing& message, const std::string& external_id, Timestamp now)
{
    TRY(session.run(sql::ClearExternalId{.id = message.id.value}));
    TRY(session.one(sql::StoreMessage{.workspace = message.workspace.value,
                                      .account = message.account.value,
                                      .conversation = message.conversation.value,
                                      .kind = std::string{to_string(MessageKind::message)},
                                      .direction = static_cast<std::int64_t>(Direction::outbound),
                                      .delivery = std::string{to_string(Delivery::sent)},
                                      .external_id = external_id,
                                      .text = message.text,
                                      .words = search_words(message.text),
                                      .at = to_micros(message.at),
                                      .now = to_micros(now),
                                      .reply_to = {},
                                      .story_id = {},
                                      .payload = {},
                                      .comment_id = {},
                                      .post_id = {},
                                      .raw = {},
                                      .read_at = {}}));
    return {};
}

/// The echo came first and did not look like ours: its row becomes part of ours.
Result<void> take_over_echo(Session& session, std::int64_t echo, MessageId ours)
{
    TRY(session.run(sql::DropAttachments{.message = echo}));
    TRY(session.run(sql::MoveReactions{.source = echo, .target = ours.value}));
    TRY(session.run(sql::DeleteMessage{.id = echo}));
    return {};
}

}  // namespace

Result<std::optional<Outgoing>> DeliveryStore::load(MessageId id)
{
    return database_.read([&](Session& session) -> Result<std::optional<Outgoing>> {
        auto row = TRY(session.one(sql::Delivery{.id = id.value}));
        if (!row) {
            return std::nullopt;
        }
        return Outgoing{.id = id,
                        .workspace = WorkspaceId{row->workspace},
                        .account = AccountId{row->account},
                        .conversation = ConversationId{row->conversation},
                        .customer = std::move(row->customer),
                        .text = std::move(row->text),
                        .reply_to = std::move(row->reply_to),
                        .delivery = parse_delivery(row->delivery).value_or(Delivery::unknown),
                        .human = row->human,
                        .at = from_micros(row->at),
                        .last_customer_message_at = to_time(row->last_customer_message_at),
                        .attempt = row->attempt.value_or(0),
                        .attempts = static_cast<int>(row->attempts),
                        .checks = static_cast<int>(row->checks.value_or(0)),
                        .started_at = from_micros(row->started_at.value_or(0))};
    });
}

Result<std::optional<std::int64_t>> DeliveryStore::begin(const Outgoing& message, bool human_agent)
{
    return database_.write([&](Session& session) -> Result<std::optional<std::int64_t>> {
        const auto mine = TRY(session.one(sql::BeginSending{.id = message.id.value, .human_agent = human_agent}));
        if (!mine) {
            return std::nullopt;
        }
        const auto attempt = TRY(session.one(sql::StartAttempt{
            .message = message.id.value, .number = message.attempts + 1, .at = to_micros(clock_.now())}));
        return attempt ? std::optional{attempt->id} : std::nullopt;
    });
}

Result<void> DeliveryStore::finish(const Outgoing& message, std::int64_t attempt, Delivery delivery,
                                   const Failure& failure)
{
    return database_.write([&](Session& session) -> Result<void> {
        const auto now = clock_.now();
        TRY(session.run(sql::FinishAttempt{
            .id = attempt,
            .at = to_micros(now),
            .outcome = failure.code.empty() ? std::string{to_string(delivery)} : clean(failure.code, 200)}));
        const bool is_final = delivery == Delivery::failed || delivery == Delivery::unknown;
        const auto written = TRY(
            session.run(sql::SetDelivery{.id = message.id.value,
                                         .delivery = std::string{to_string(delivery)},
                                         .failure_code = is_final ? clean(failure.code, 200) : std::string{},
                                         .failure = is_final ? clean(failure.sentence, 2'000) : std::string{},
                                         .failure_pt = is_final ? clean(failure.sentence_pt, 2'000) : std::string{}}));
        if (written > 0 && (is_final || delivery != message.delivery)) {
            TRY(stream_.append(session, message.workspace, "message.updated",
                               message_notice(message.account, message.conversation.value, message.id.value), now));
        }
        return {};
    });
}

Result<void> DeliveryStore::count_check(const Outgoing& message)
{
    return database_.write([&](Session& session) -> Result<void> {
        TRY(session.run(sql::AddCheck{.id = message.attempt}));
        return {};
    });
}

Result<void> DeliveryStore::sent(const Outgoing& message, std::int64_t attempt, const std::string& external_id,
                                 std::optional<Timestamp> at)
{
    return database_.write([&](Session& session) -> Result<void> {
        const auto now = clock_.now();
        auto thread = TRY(Thread::open(session, {message.workspace, message.account}, message.conversation));
        const auto row = TRY(session.one(sql::Delivery{.id = message.id.value}));
        if (!row) {
            return {};
        }
        TRY(session.run(sql::FinishAttempt{.id = attempt, .at = to_micros(now), .outcome = "sent"}));
        const auto known = row->external_id.value_or("");
        if (known == external_id) {
            return {};  // the echo was quicker
        }
        if (!known.empty()) {
            TRY(give_back_echo(session, message, known, now));
        }
        const auto other =
            TRY(session.one(sql::FindMessage{.account = message.account.value, .external_id = external_id}));
        if (other) {
            TRY(take_over_echo(session, other->id, message.id));
        }
        const auto when = other ? other->at : at ? to_micros(*at) : row->at;
        TRY(session.run(sql::SettleMessage{.id = message.id.value, .external_id = external_id, .at = when}));
        TRY(thread.change_as_held(session, external_id, message.id.value, when));
        TRY(thread.close(session));
        TRY(stream_.append(session, message.workspace, "message.updated",
                           message_notice(message.account, message.conversation.value, message.id.value), now));
        return {};
    });
}

Result<std::vector<std::string>> DeliveryStore::taken(const Outgoing& message, const std::vector<std::string>& ids)
{
    return database_.read([&](Session& session) -> Result<std::vector<std::string>> {
        std::vector<std::string> result;
        for (const auto& id : ids) {
            const auto row = TRY(session.one(sql::FindMessage{.account = message.account.value, .external_id = id}));
            if (row && row->id != message.id.value) {
                result.push_back(id);
            }
        }
        return result;
    });
}

Result<std::optional<Named>> DeliveryStore::contact(ContactId id)
{
    return database_.read([&](Session& session) -> Result<std::optional<Named>> {
        auto row = TRY(session.one(sql::Contact{.id = id.value}));
        if (!row) {
            return std::nullopt;
        }
        return Named{AccountId{row->account}, std::move(row->external_id)};
    });
}

Result<void> DeliveryStore::store_profile(ContactId id, AccountId account, const channel::CustomerProfile& profile)
{
    return database_.write([&](Session& session) -> Result<void> {
        const auto now = clock_.now();
        TRY(session.run(sql::StoreProfile{.id = id.value,
                                          .name = clean(profile.name, 500),
                                          .username = clean(profile.username, 500),
                                          .picture_url = clean(profile.picture_url, 4'000),
                                          .at = to_micros(now)}));
        const auto row = TRY(session.one(sql::ConversationOfContact{.contact = id.value}));
        if (row) {
            TRY(stream_.append(session, WorkspaceId{row->workspace}, "conversation.updated",
                               conversation_notice(account, row->id), now));
        }
        return {};
    });
}

}  // namespace ss::messaging

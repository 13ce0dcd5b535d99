// Outbox::deliver: attempt committed, channel called, outcome committed; what is in doubt is settled, not repeated.
#include "delivery_store.hpp"
#include "notice.hpp"
#include "rules.hpp"

#include <ss/connect.hpp>

#include <algorithm>

namespace ss::messaging {
namespace {

using Again = std::optional<Timestamp>;
using channel::Access, channel::Channel;

const Failure kGone{"not_sent", "The message could not be sent after several tries.",
                    "A mensagem não pôde ser enviada depois de várias tentativas."};
const Failure kInDoubt{"unknown_outcome",
                       "Whether the message arrived could not be learned: look at the conversation in the app.",
                       "Não foi possível saber se a mensagem chegou: veja a conversa no aplicativo."};

Failure as_failure(const channel::Failure& failure)
{
    return {failure.code.empty() ? std::string{to_string(failure.kind)} : failure.code, failure.sentence,
            failure.sentence_pt};
}

/// Everything one run needs.
struct Run {
    DeliveryStore& store;
    channel::Accounts& accounts;
    Channel& service;
    const Access& access;
    const Clock& clock;

    [[nodiscard]] Again in(std::chrono::seconds wait) const { return clock.now() + wait; }
};

Result<void> note_account(const Run& run, const Outgoing& message, const channel::Failure& failure)
{
    if (const auto state = channel::state_after(failure)) {
        return run.accounts.set_state(message.account, *state, failure.sentence);
    }
    return {};
}

Result<Again> call(const Run& run, const Outgoing& message, bool human_agent)
{
    const auto attempt = TRY(run.store.begin(message, human_agent));
    if (!attempt) {
        return run.in(std::chrono::seconds{1});
    }
    const auto outcome = run.service.send(
        run.access,
        {.customer = message.customer, .text = message.text, .reply_to = message.reply_to, .human_agent = human_agent});
    if (outcome) {
        TRY(run.store.sent(message, *attempt, outcome->message_id, std::nullopt));
        return Again{};
    }
    const auto& failure = outcome.error();
    const auto next = after_failure(failure, message.attempts + 1);
    TRY(run.store.finish(message, *attempt, next.delivery, as_failure(failure)));
    TRY(note_account(run, message, failure));
    return next.again.count() > 0 ? run.in(next.again) : Again{};
}

Result<Again> settle_doubt(const Run& run, const Outgoing& message)
{
    auto answer = run.service.recent_messages(run.access, message.customer);
    std::optional<std::vector<channel::RemoteMessage>> history;
    std::vector<std::string> ids;
    if (answer) {
        history = std::move(*answer);
        for (const auto& remote : *history) {
            ids.push_back(remote.message_id);
        }
    }
    const auto taken = TRY(run.store.taken(message, ids));
    const InDoubt doubt{message.id.value, message.text, message.started_at};
    const auto decided = settle(doubt, history, taken, message.checks, run.clock.now());
    switch (decided.kind) {
        case Settling::Kind::found:
            TRY(run.store.sent(message, message.attempt, decided.message_id, decided.at));
            return Again{};
        case Settling::Kind::not_sent: {
            const auto next = after_failure({.kind = channel::FailureClass::transient}, message.attempts);
            TRY(run.store.finish(message, message.attempt, next.delivery, kGone));
            return next.delivery == Delivery::queued ? run.in(std::chrono::seconds{0}) : Again{};
        }
        case Settling::Kind::not_yet:
            TRY(run.store.count_check(message));
            return run.in(decided.again);
        case Settling::Kind::gives_up:
            break;
    }
    TRY(run.store.finish(message, message.attempt, Delivery::unknown, kInDoubt));
    return Again{};
}

bool is_over(Delivery delivery)
{
    return delivery == Delivery::sent || delivery == Delivery::read || delivery == Delivery::failed ||
           delivery == Delivery::received;
}

}  // namespace

Result<std::optional<Timestamp>> Outbox::deliver(MessageId id)
{
    DeliveryStore store{database_, stream_, clock_};
    auto loaded = TRY(store.load(id));
    if (!loaded || is_over(loaded->delivery)) {
        return Again{};
    }
    auto& message = *loaded;
    if (message.delivery == Delivery::sending) {  // the run that began it did not come back
        TRY(store.finish(message, message.attempt, Delivery::unknown, kInDoubt));
        message.delivery = Delivery::unknown;
    }
    const bool in_doubt = message.delivery == Delivery::unknown;
    const auto account = TRY(accounts_.get(message.account));
    auto* service = channels_(account.channel);
    const auto verdict = messaging::may_send({.account = account.state,
                                              .last_customer_message_at = message.last_customer_message_at,
                                              .human = message.human,
                                              .human_agent_on = options_.human_agent,
                                              .text = message.text},
                                             service == nullptr ? channel::Rules{} : service->rules(), clock_.now());
    if (!in_doubt && !verdict.allowed) {
        TRY(store.finish(message, message.attempt, Delivery::failed,
                         {std::string{to_string(verdict.reason)}, verdict.sentence, verdict.sentence_pt}));
        return Again{};
    }
    const auto access = accounts_.access(message.account);
    if (!access || service == nullptr) {
        if (access || access.error().code == Errc::account_disconnected) {
            TRY(store.finish(message, message.attempt, in_doubt ? Delivery::unknown : Delivery::failed,
                             in_doubt ? kInDoubt : kGone));
            return Again{};
        }
        return std::unexpected(access.error());
    }
    const Run run{store, accounts_, *service, *access, clock_};
    return in_doubt ? settle_doubt(run, message) : call(run, message, verdict.human_agent);
}

Result<std::optional<Timestamp>> Outbox::deliver_job(std::string_view payload)
{
    const auto id = TRY(payload_id(payload, "message"));
    return deliver(MessageId{id});
}

Result<std::optional<Timestamp>> Outbox::refresh_profile(ContactId id)
{
    DeliveryStore store{database_, stream_, clock_};
    const auto contact = TRY(store.contact(id));
    if (!contact) {
        return Again{};
    }
    const auto account = TRY(accounts_.get(contact->account));
    auto* service = channels_(account.channel);
    const auto access = accounts_.access(contact->account);
    if (!access || service == nullptr) {
        return Again{};  // the next message asks again
    }
    const auto profile = service->customer(*access, contact->external_id);
    if (!profile && profile.error().kind == channel::FailureClass::throttled) {
        return clock_.now() + std::max(profile.error().retry_after, std::chrono::seconds{30});
    }
    if (!profile && profile.error().kind == channel::FailureClass::transient) {
        return fail(Errc::unavailable, profile.error().sentence);
    }
    TRY(store.store_profile(id, contact->account, profile.value_or(channel::CustomerProfile{})));
    return Again{};
}

Result<std::optional<Timestamp>> Outbox::refresh_profile_job(std::string_view payload)
{
    const auto id = TRY(payload_id(payload, "contact"));
    return refresh_profile(ContactId{id});
}

}  // namespace ss::messaging

#pragma once
/// The rows of a message on its way out. Each function is one transaction.

#include "rules.hpp"

#include <ss/messaging.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ss::messaging {

/// A message on its way out and its latest attempt.
struct Outgoing {
    MessageId id;
    WorkspaceId workspace;
    AccountId account;
    ConversationId conversation;
    std::string customer;
    std::string text;
    std::string reply_to;
    Delivery delivery = Delivery::queued;
    bool human = false;
    Timestamp at;
    std::optional<Timestamp> last_customer_message_at;
    std::int64_t attempt = 0;  ///< Row id; 0: never tried.
    int attempts = 0;
    int checks = 0;
    Timestamp started_at;
};

struct Named {
    AccountId account;
    std::string external_id;
};

class DeliveryStore {
public:
    DeliveryStore(storage::Database& database, const realtime::Stream& stream, const Clock& clock)
        : database_{database}, stream_{stream}, clock_{clock}
    {
    }

    [[nodiscard]] Result<std::optional<Outgoing>> load(MessageId id);
    /// queued → sending, and the attempt's row. Nothing when somebody else was quicker.
    [[nodiscard]] Result<std::optional<std::int64_t>> begin(const Outgoing& message, bool human_agent);
    /// What the attempt came to: `delivery` and, for failed and unknown, why.
    [[nodiscard]] Result<void> finish(const Outgoing& message, std::int64_t attempt, Delivery delivery,
                                      const Failure& failure);
    [[nodiscard]] Result<void> count_check(const Outgoing& message);
    /// The channel has it as `external_id`, whatever its echo did meanwhile. `at` when the channel told.
    [[nodiscard]] Result<void> sent(const Outgoing& message, std::int64_t attempt, const std::string& external_id,
                                    std::optional<Timestamp> at);
    /// Those of `ids` that belong to another message of the account.
    [[nodiscard]] Result<std::vector<std::string>> taken(const Outgoing& message, const std::vector<std::string>& ids);

    [[nodiscard]] Result<std::optional<Named>> contact(ContactId id);
    [[nodiscard]] Result<void> store_profile(ContactId id, AccountId account, const channel::CustomerProfile& profile);

private:
    storage::Database& database_;
    const realtime::Stream& stream_;
    const Clock& clock_;
};

}  // namespace ss::messaging

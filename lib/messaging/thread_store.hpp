#pragma once
/// One conversation inside a transaction: its row is locked, changes are applied, and the row is written at the end.

#include "rules.hpp"

#include <ss/messaging.hpp>
#include <ss/storage.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ss::messaging {

struct Owner {
    WorkspaceId workspace;
    AccountId account;
};

/// A change of a message, now or held until the message comes.
struct ChangeOf {
    std::string kind;  ///< edit, unsend, reaction, read.
    bool from_business = false;
    std::string text;  ///< The new text, or the reaction.
    std::int64_t edit_number = 0;
    std::int64_t at = 0;
};

class Thread {
public:
    /// The customer's conversation, made when it is new. Locked until the transaction ends.
    [[nodiscard]] static Result<Thread> open(storage::Session& session, Owner owner, const channel::Event& event,
                                             Timestamp now);
    [[nodiscard]] static Result<Thread> open(storage::Session& session, Owner owner, ConversationId id);

    [[nodiscard]] std::int64_t id() const { return id_; }
    [[nodiscard]] bool wants_profile() const { return wants_profile_; }
    [[nodiscard]] std::int64_t contact() const { return contact_; }
    [[nodiscard]] std::optional<Timestamp> last_customer_message_at() const
    {
        return last_customer_message_at_ ? std::optional{from_micros(*last_customer_message_at_)} : std::nullopt;
    }

    /// An inbound message was stored: counted as unread; `answerable` opens the reply window.
    void arrived(std::int64_t at, bool answerable);
    void seen_until(std::int64_t at);

    /// Applies a change to a stored message. False: it said nothing new.
    [[nodiscard]] Result<bool> change(storage::Session& session, std::int64_t message, std::int64_t message_at,
                                      const ChangeOf& change);
    /// Applies what was held for a message that has now come.
    [[nodiscard]] Result<void> change_as_held(storage::Session& session, std::string_view external_id,
                                              std::int64_t message, std::int64_t message_at);
    /// Copies of media that no row names any more.
    [[nodiscard]] const std::vector<std::string>& freed() const { return freed_; }
    /// Writes the row. Call once, last.
    [[nodiscard]] Result<void> close(storage::Session& session);

private:
    Owner owner_;
    std::int64_t id_ = 0;
    std::int64_t contact_ = 0;
    bool wants_profile_ = false;
    ConversationState state_ = ConversationState::open;
    std::int64_t last_message_at_ = 0;
    std::optional<std::int64_t> last_customer_message_at_;
    std::optional<std::int64_t> customer_read_at_;
    std::int64_t arrived_ = 0;
    std::vector<std::string> freed_;
};

}  // namespace ss::messaging

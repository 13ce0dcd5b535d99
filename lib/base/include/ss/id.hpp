#pragma once
/// Typed row ids: a ConversationId is not a MessageId. 0 means "none"; ids start at 1.

#include <compare>
#include <cstdint>
#include <functional>

namespace ss {

template <class Tag>
struct Id {
    std::int64_t value = 0;

    friend constexpr auto operator<=>(Id, Id) = default;
    [[nodiscard]] constexpr explicit operator bool() const { return value != 0; }
};

using WorkspaceId = Id<struct WorkspaceTag>;  ///< A shop: everything belongs to one.
using UserId = Id<struct UserTag>;            ///< A person who logs in.
using AccountId = Id<struct AccountTag>;      ///< A connected Instagram (later WhatsApp) account.
using ContactId = Id<struct ContactTag>;      ///< A customer, as one account knows them.
using ConversationId = Id<struct ConversationTag>;
using MessageId = Id<struct MessageTag>;
using PostId = Id<struct PostTag>;
using MediaId = Id<struct MediaTag>;
using JobId = Id<struct JobTag>;
using JournalId = Id<struct JournalTag>;  ///< A stored webhook body.
using ApiKeyId = Id<struct ApiKeyTag>;

}  // namespace ss

template <class Tag>
struct std::hash<ss::Id<Tag>> {
    std::size_t operator()(ss::Id<Tag> id) const noexcept { return std::hash<std::int64_t>{}(id.value); }
};

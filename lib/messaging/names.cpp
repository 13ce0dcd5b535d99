// The words of messaging's enums, as the database, the API and logs spell them.
#include <ss/messaging.hpp>

#include "rules.hpp"

#include <algorithm>
#include <array>

namespace ss::messaging {
namespace {

constexpr std::array kDirections{std::string_view{"inbound"}, std::string_view{"outbound"}};
constexpr std::array kStates{std::string_view{"open"}, std::string_view{"archived"}};
constexpr std::array kKinds{std::string_view{"message"}, std::string_view{"postback"}, std::string_view{"comment"},
                            std::string_view{"unsupported"}};
constexpr std::array kDeliveries{std::string_view{"received"}, std::string_view{"queued"}, std::string_view{"sending"},
                                 std::string_view{"sent"},     std::string_view{"read"},   std::string_view{"failed"},
                                 std::string_view{"unknown"}};
constexpr std::array kCopies{std::string_view{"none"},        std::string_view{"pending"},
                             std::string_view{"stored"},      std::string_view{"too_large"},
                             std::string_view{"unsupported"}, std::string_view{"refused"},
                             std::string_view{"gone"},        std::string_view{"failed"}};

template <class Enum, std::size_t N>
std::string_view name(const std::array<std::string_view, N>& names, Enum value)
{
    return names.at(static_cast<std::size_t>(value));
}

template <class Enum, std::size_t N>
std::optional<Enum> value(const std::array<std::string_view, N>& names, std::string_view text)
{
    const auto found = std::ranges::find(names, text);
    if (found == names.end()) {
        return std::nullopt;
    }
    return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view to_string(Direction direction)
{
    return name(kDirections, direction);
}
std::string_view to_string(ConversationState state)
{
    return name(kStates, state);
}
std::string_view to_string(MessageKind kind)
{
    return name(kKinds, kind);
}
std::string_view to_string(Delivery delivery)
{
    return name(kDeliveries, delivery);
}
std::string_view to_string(CopyState state)
{
    return name(kCopies, state);
}
CopyState parse_copy_state(std::string_view text)
{
    return value<CopyState>(kCopies, text).value_or(CopyState::none);
}
std::optional<Direction> parse_direction(std::string_view text)
{
    return value<Direction>(kDirections, text);
}
std::optional<ConversationState> parse_conversation_state(std::string_view text)
{
    return value<ConversationState>(kStates, text);
}
std::optional<MessageKind> parse_message_kind(std::string_view text)
{
    return value<MessageKind>(kKinds, text);
}
std::optional<Delivery> parse_delivery(std::string_view text)
{
    return value<Delivery>(kDeliveries, text);
}

}  // namespace ss::messaging

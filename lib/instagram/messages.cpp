// Direct messages: sending one, reading back the newest, and who the customer is.

#include "errors.hpp"
#include "graph.hpp"

#include <ss/text.hpp>

namespace ss::instagram {
namespace {

using channel::Access, channel::FailureClass, channel::Outcome, channel::RemoteMessage;

constexpr int kNewest = 20;  // Meta gives details of no more

std::optional<channel::Failure> unsendable(std::string_view text, std::size_t max_bytes)
{
    if (trim(text).empty()) {
        return failure(FailureClass::permanent, "local/empty", "The message is empty.", "A mensagem está vazia.");
    }
    if (text.size() > max_bytes) {
        return failure(FailureClass::permanent, "local/too_long", "The message is longer than Instagram's 1,000 bytes.",
                       "A mensagem passa dos 1.000 bytes que o Instagram permite.");
    }
    if (!is_valid_utf8(text)) {
        return failure(FailureClass::permanent, "local/utf8", "The message holds characters that cannot be read.",
                       "A mensagem contém caracteres ilegíveis.");
    }
    return std::nullopt;
}

RemoteMessage remote_message(const json& item, std::string_view account)
{
    RemoteMessage message;
    message.message_id = text_of(item, "id");
    message.from_business = text_of(member(item, "from"), "id") == account;
    message.text = text_of(item, "message");
    message.at = time_of(item, "created_time").value_or(Timestamp{});
    return message;
}

}  // namespace

Outcome<channel::Sent> Instagram::send(const Access& access, const channel::OutgoingMessage& message)
{
    if (auto refused = unsendable(message.text, rules().max_text_bytes)) {
        return std::unexpected(*std::move(refused));
    }
    json body{{"recipient", {{"id", message.customer}}}, {"message", {{"text", message.text}}}};
    if (!message.reply_to.empty()) {
        body["reply_to"] = {{"mid", message.reply_to}};
    }
    if (message.human_agent) {
        body["messaging_type"] = "MESSAGE_TAG";
        body["tag"] = "HUMAN_AGENT";
    }
    const auto answer = TRY(graph_->post(access, account_path(access) + "/messages", body, Effect::once_only));
    auto id = text_of(answer, "message_id");
    if (id.empty()) {
        return std::unexpected(incomplete(Effect::once_only));
    }
    return channel::Sent{std::move(id)};
}

Outcome<std::vector<RemoteMessage>> Instagram::recent_messages(const Access& access, std::string_view customer)
{
    const auto answer = TRY(graph_->get(access, "me/conversations",
                                        {{"platform", "instagram"},
                                         {"user_id", std::string{customer}},
                                         {"fields", "id,messages.limit(20){id,created_time,from,message}"}}));
    std::vector<RemoteMessage> messages;
    for (const auto& conversation : member(answer, "data").is_array() ? answer["data"] : json::array()) {
        const auto& edge = member(member(conversation, "messages"), "data");
        for (const auto& item : edge.is_array() ? edge : json::array()) {
            messages.push_back(remote_message(item, access.external_id));
        }
    }
    std::ranges::stable_sort(messages, std::greater{}, &RemoteMessage::at);
    messages.resize(std::min<std::size_t>(messages.size(), kNewest));
    return messages;
}

Outcome<channel::CustomerProfile> Instagram::customer(const Access& access, std::string_view customer)
{
    const auto answer = TRY(graph_->get(access, percent_encode(customer), {{"fields", "name,username,profile_pic"}}));
    return channel::CustomerProfile{text_of(answer, "name"), text_of(answer, "username"),
                                    text_of(answer, "profile_pic")};
}

}  // namespace ss::instagram

// Sending with Meta's rules, and the Conversations API with its limits.

#include "core.hpp"

#include <ss/text.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace ss::sandbox {
namespace {

constexpr std::size_t kMaxText = 1'000;
constexpr std::size_t kDetailed = 20;  // older messages of a thread have no details
constexpr std::chrono::hours kWindow{24};
constexpr std::chrono::hours kHumanWindow{24 * 7};

using Checked = std::expected<void, GraphError>;

std::unexpected<GraphError> refuse(int code, int subcode, std::string message)
{
    return std::unexpected(GraphError{.code = code, .subcode = subcode, .message = std::move(message)});
}

Checked check_tag(const Call& call, std::chrono::microseconds silence)
{
    const auto tag = call.text("tag");
    if (!tag.empty() && tag != "HUMAN_AGENT") {
        return refuse(100, 0, "(#100) Param tag must be one of {HUMAN_AGENT}");
    }
    if (silence > (tag == "HUMAN_AGENT" ? kHumanWindow : kWindow)) {
        return refuse(10, 2'534'022, "(#10) This message is sent outside of allowed window.");
    }
    return {};
}

Checked check_content(const json& message)
{
    const auto text = message.is_object() ? message.value("text", std::string{}) : std::string{};
    const bool has_attachment =
        message.is_object() && (message.contains("attachment") || message.contains("attachments"));
    if (text.empty() && !has_attachment) {
        return refuse(100, 2'534'015, "(#100) Invalid message data");
    }
    if (text.size() > kMaxText) {  // Meta's own code for this is not known for sure
        return refuse(100, 2'534'015, "(#100) Length of param message[text] must be less than or equal to 1000");
    }
    return {};
}

json party(const World& world, const Customer& who, bool business)
{
    return business ? json{{"username", world.business.username}, {"id", world.business.id}}
                    : json{{"username", who.username}, {"id", who.id}};
}

json message_object(const World& world, const Customer& who, const ChatMessage& message)
{
    const auto at = to_rfc3339(std::chrono::floor<std::chrono::seconds>(message.at));
    json object{{"id", message.mid},
                {"created_time", at.substr(0, at.size() - 1) + "+0000"},
                {"from", party(world, who, message.from_business)},
                {"to", {{"data", json::array({party(world, who, !message.from_business)})}}},
                {"message", message.text}};
    if (!message.attachments.empty()) {
        object["attachments"] = {{"data", message.attachments}};
    }
    return object;
}

json messages_edge(const World& world, const Customer& who)
{
    json data = json::array();
    const auto found = world.threads.find(who.id);
    if (found != world.threads.end()) {
        for (auto message = found->second.rbegin(); message != found->second.rend() && data.size() < kDetailed;
             ++message) {
            if (!message->is_deleted) {
                data.push_back(message_object(world, who, *message));
            }
        }
    }
    return {{"data", data}};
}

json conversation_object(const World& world, const Customer& who)
{
    const auto& messages = world.threads.find(who.id)->second;
    const auto at = to_rfc3339(std::chrono::floor<std::chrono::seconds>(messages.back().at));
    return {{"id", World::conversation_of(who.id)},
            {"updated_time", at.substr(0, at.size() - 1) + "+0000"},
            {"participants", {{"data", json::array({party(world, who, true), party(world, who, false)})}}},
            {"messages", messages_edge(world, who)}};
}

bool is_too_often(World& world)
{
    const auto limit = world.options.conversations_per_second;
    auto& calls = world.conversation_calls;
    const auto now = world.now();
    while (!calls.empty() && calls.front() <= now - std::chrono::seconds{1}) {
        calls.pop_front();
    }
    calls.push_back(now);
    return limit > 0 && calls.size() > static_cast<std::size_t>(limit);
}

constexpr std::string_view kScope = "instagram_business_manage_messages";

Answer check_conversation_call(World& world, const Call& call)
{
    if (const auto token = authorize(world, call, kScope); !token) {
        return answer(token.error());
    }
    if (is_too_often(world)) {
        return answer(GraphError{
            .code = 613, .subcode = 2'534'040, .message = "(#613) Calls to this api have exceeded the rate limit."});
    }
    return {};
}

}  // namespace

Answer send_message(Core& core, const Call& call, const std::string&)
{
    auto world = core.world.lock();
    if (const auto token = authorize(*world, call, kScope); !token) {
        return answer(token.error());
    }
    const auto recipient = call.object("recipient");
    const auto customer = recipient.is_object() ? recipient.value("id", std::string{}) : std::string{};
    auto* person = world->find_person(customer);
    if (person == nullptr) {
        return answer(GraphError{.code = 100, .subcode = 2'534'014, .message = "(#100) No matching Instagram user"});
    }
    const auto message = call.object("message");
    const auto action = call.text("sender_action");
    if (!action.empty()) {
        return message.is_null()
                   ? answer(json{{"recipient_id", customer}})
                   : answer(GraphError{.code = 100,
                                       .subcode = 2'018'014,
                                       .message = "(#100) Cannot send both message and state at the same time"});
    }
    if (world->is_restricted) {
        return answer(GraphError{.code = 10,
                                 .subcode = 1'893'063,
                                 .message = "(#10) This account is temporarily restricted from sending messages"});
    }
    if (const auto checked = check_content(message); !checked) {
        return answer(checked.error());
    }
    const auto silence = person->last_wrote ? world->now() - *person->last_wrote : std::chrono::microseconds::max();
    if (const auto checked = check_tag(call, silence); !checked) {
        return answer(checked.error());
    }
    json attachments = message.contains("attachment") ? json::array({message["attachment"]}) : json::array();
    if (message.contains("attachments")) {
        attachments = message["attachments"];
    }
    const auto mid =
        business_writes(core, *world, customer, message.value("text", std::string{}), call.text("tag"), attachments);
    return answer(json{{"recipient_id", customer}, {"message_id", mid}});
}

Answer list_conversations(Core& core, const Call& call, const std::string&)
{
    auto world = core.world.lock();
    if (auto refused = check_conversation_call(*world, call); refused.status != 200) {
        return refused;
    }
    const auto only = call.text("user_id");
    auto fields = parse_fields(call.text("fields"));
    if (fields.empty()) {
        fields = parse_fields("id,updated_time");
    }
    std::vector<std::pair<Timestamp, json>> found;
    for (const auto& person : world->people) {
        const auto thread = world->threads.find(person.who.id);
        if (thread == world->threads.end() || (!only.empty() && only != person.who.id)) {
            continue;
        }
        auto object = select_fields(conversation_object(*world, person.who), fields,
                                    {"id", "updated_time", "participants", "messages", "name", "is_owner"});
        if (!object) {
            return answer(object.error());
        }
        found.emplace_back(thread->second.back().at, std::move(*object));
    }
    std::ranges::sort(found, std::greater{}, [](const auto& row) { return row.first; });
    json data = json::array();
    std::ranges::transform(found, std::back_inserter(data), [](auto& row) { return std::move(row.second); });
    return answer(json{{"data", data}, {"paging", json::object()}});
}

Answer show_conversation(Core& core, const Call& call, const std::string& id)
{
    auto world = core.world.lock();
    if (auto refused = check_conversation_call(*world, call); refused.status != 200) {
        return refused;
    }
    for (const auto& person : world->people) {
        if (World::conversation_of(person.who.id) == id && world->threads.contains(person.who.id)) {
            const auto object =
                select_fields(conversation_object(*world, person.who), parse_fields(call.text("fields")),
                              {"id", "updated_time", "participants", "messages", "name", "is_owner"});
            return object ? answer(*object) : answer(object.error());
        }
    }
    return answer(GraphError{.code = 100,
                             .subcode = 33,
                             .message = fmt::format("Unsupported get request. Object with ID '{}' does not exist", id),
                             .type = "GraphMethodException"});
}

Answer show_message(Core& core, const Call& call, const std::string& id)
{
    auto world = core.world.lock();
    if (auto refused = check_conversation_call(*world, call); refused.status != 200) {
        return refused;
    }
    for (const auto& person : world->people) {
        const auto edge = messages_edge(*world, person.who);
        for (const auto& message : edge["data"]) {
            if (message["id"] == id) {
                const auto object = select_fields(message, parse_fields(call.text("fields")),
                                                  {"id", "created_time", "from", "to", "message", "attachments",
                                                   "shares", "story", "reactions", "is_unsupported", "reply_to"});
                return object ? answer(*object) : answer(object.error());
            }
        }
    }
    return answer(
        GraphError{.code = 9'000'001, .message = "This Message has been deleted by the user or the business."});
}

}  // namespace ss::sandbox

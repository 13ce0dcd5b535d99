// What an event becomes, which sending an echo belongs to, what follows a failed call.
#include "rules.hpp"

#include <ss/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace ss::messaging {
namespace {

using namespace std::chrono_literals;
using channel::EventKind;
using channel::FailureClass;

constexpr std::array kRetry{5s, 15s, 60s, 300s, 900s, 1'800s, 3'600s};
constexpr std::array kCheck{15s, 60s, 120s, 300s, 900s, 1'800s};
/// After this no time-out of a call can still be running, and the history shows what was taken.
constexpr auto kAttemptOver = 90s;
/// The channel shows at most this many messages; a shorter history is the whole one.
constexpr std::size_t kHistory = 20;

/// Length of the well-formed UTF-8 character at the front; 0 when there is none.
std::size_t character(std::string_view text)
{
    for (std::size_t length = 1; length <= std::min<std::size_t>(4, text.size()); ++length) {
        if (is_valid_utf8(text.substr(0, length))) {
            return length;
        }
    }
    return 0;
}

std::uint64_t fnv1a(std::string_view text)
{
    std::uint64_t hash = 14'695'981'039'346'656'037ULL;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211ULL;
    }
    return hash;
}

}  // namespace

std::string clean(std::string_view text, std::size_t max_bytes)
{
    const bool plain = text.find('\0') == std::string_view::npos && is_valid_utf8(text);
    if (plain && text.size() <= max_bytes) {
        return std::string{text};
    }
    std::string result;
    while (!text.empty()) {
        const auto length = character(text);
        const bool good = length > 0 && text.front() != '\0';
        const std::string_view next = good ? text.substr(0, length) : std::string_view{"\xEF\xBF\xBD"};
        if (result.size() + next.size() > max_bytes) {
            break;
        }
        result += next;
        text.remove_prefix(std::max<std::size_t>(1, length));
    }
    return result;
}

std::string identity(const channel::Event& event)
{
    if (event.kind == EventKind::comment) {
        return clean("comment:" + event.comment_id, 500);
    }
    if (!event.message_id.empty()) {
        return clean(event.message_id, 500);
    }
    const auto content = fnv1a(event.text + '\x1F' + event.payload + '\x1F' + event.raw);
    return fmt::format("derived:{}:{}:{}:{:016x}", static_cast<int>(event.kind), clean(event.customer, 100),
                       to_micros(event.at), content);
}

std::optional<MessageKind> stored_as(const channel::Event& event)
{
    switch (event.kind) {
        case EventKind::message:
            return MessageKind::message;
        case EventKind::postback:
            return MessageKind::postback;
        case EventKind::comment:
            return MessageKind::comment;
        case EventKind::unsupported:
            return MessageKind::unsupported;
        default:
            return std::nullopt;
    }
}

bool is_copied(const channel::Attachment& attachment)
{
    using channel::AttachmentKind;
    switch (attachment.kind) {
        case AttachmentKind::image:
        case AttachmentKind::video:
        case AttachmentKind::audio:
        case AttachmentKind::file:
        case AttachmentKind::sticker:
            return !attachment.url.empty();
        default:
            return false;
    }
}

bool opens_window(const channel::Event& event)
{
    return !event.from_business && (event.kind == EventKind::message || event.kind == EventKind::postback);
}

const InDoubt* sending_of(std::span<const InDoubt> sendings, std::string_view text, Timestamp at)
{
    const auto match = std::ranges::find_if(sendings, [&](const InDoubt& sending) {
        return trim(sending.text) == trim(text) && at >= sending.started_at - kSkew;
    });
    return match == sendings.end() ? nullptr : &*match;
}

AfterFailure after_failure(const channel::Failure& failure, int attempts)
{
    switch (failure.kind) {
        case FailureClass::transient:
        case FailureClass::not_ready: {
            const auto next = static_cast<std::size_t>(std::max(1, attempts)) - 1;
            return next < kRetry.size() ? AfterFailure{Delivery::queued, kRetry.at(next)} : AfterFailure{};
        }
        case FailureClass::throttled:
            return {Delivery::queued, std::max<std::chrono::seconds>(failure.retry_after, 5s)};
        case FailureClass::unknown_outcome:
            return {Delivery::unknown, kCheck.front()};
        default:
            return {};
    }
}

Settling settle(const InDoubt& attempt, const std::optional<std::vector<channel::RemoteMessage>>& history,
                std::span<const std::string> taken, int checks, Timestamp now)
{
    bool proves = false;
    if (history && !history->empty()) {
        const channel::RemoteMessage* found = nullptr;
        bool unexplained = false;
        for (const auto& remote : *history) {  // the last one seen is the oldest: as sending_of() prefers
            const bool ours = remote.from_business && std::ranges::find(taken, remote.message_id) == taken.end();
            unexplained = unexplained || (ours && remote.at >= attempt.started_at - kSkew);
            if (ours && sending_of({&attempt, 1}, remote.text, remote.at) != nullptr) {
                found = &remote;
            }
        }
        if (found != nullptr) {
            return {Settling::Kind::found, found->message_id, found->at, {}};
        }
        const bool is_whole = history->size() < kHistory;
        proves =
            !unexplained && history->back().at <= attempt.started_at - (is_whole ? std::chrono::minutes{0} : kSkew);
    }
    if (proves && now - attempt.started_at >= kAttemptOver) {
        return {Settling::Kind::not_sent, {}, {}, {}};
    }
    const auto next = static_cast<std::size_t>(std::max(0, checks));
    if (next >= kCheck.size()) {
        return {Settling::Kind::gives_up, {}, {}, {}};
    }
    return {Settling::Kind::not_yet, {}, {}, kCheck.at(next)};
}

}  // namespace ss::messaging

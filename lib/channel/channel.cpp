// The words of a channel as text: kinds, states, and what a failure means to the callers of our API.

#include <ss/channel.hpp>

namespace ss::channel {

std::string_view to_string(AttachmentKind kind)
{
    switch (kind) {
        case AttachmentKind::image:
            return "image";
        case AttachmentKind::video:
            return "video";
        case AttachmentKind::audio:
            return "audio";
        case AttachmentKind::file:
            return "file";
        case AttachmentKind::share:
            return "share";
        case AttachmentKind::post:
            return "post";
        case AttachmentKind::reel:
            return "reel";
        case AttachmentKind::story_mention:
            return "story_mention";
        case AttachmentKind::story_reply:
            return "story_reply";
        case AttachmentKind::sticker:
            return "sticker";
        case AttachmentKind::unsupported:
            break;
    }
    return "unsupported";
}

std::string_view to_string(EventKind kind)
{
    switch (kind) {
        case EventKind::message:
            return "message";
        case EventKind::edit:
            return "edit";
        case EventKind::unsend:
            return "unsend";
        case EventKind::reaction:
            return "reaction";
        case EventKind::read:
            return "read";
        case EventKind::postback:
            return "postback";
        case EventKind::referral:
            return "referral";
        case EventKind::comment:
            return "comment";
        case EventKind::unsupported:
            break;
    }
    return "unsupported";
}

std::string_view to_string(FailureClass failure)
{
    switch (failure) {
        case FailureClass::transient:
            return "transient";
        case FailureClass::throttled:
            return "throttled";
        case FailureClass::reconnect:
            return "reconnect";
        case FailureClass::permission:
            return "permission";
        case FailureClass::window_closed:
            return "window_closed";
        case FailureClass::not_ready:
            return "not_ready";
        case FailureClass::restricted:
            return "restricted";
        case FailureClass::unknown_outcome:
            return "unknown_outcome";
        case FailureClass::permanent:
            break;
    }
    return "permanent";
}

std::string_view to_string(AccountState state)
{
    switch (state) {
        case AccountState::connected:
            return "connected";
        case AccountState::not_receiving:
            return "not_receiving";
        case AccountState::expiring:
            return "expiring";
        case AccountState::expired:
            return "expired";
        case AccountState::revoked:
            return "revoked";
        case AccountState::checkpoint:
            return "checkpoint";
        case AccountState::restricted:
            return "restricted";
        case AccountState::disconnected:
            break;
    }
    return "disconnected";
}

std::string_view sentence(AccountState state)
{
    switch (state) {
        case AccountState::connected:
            break;
        case AccountState::not_receiving:
            return "New messages do not reach us: the subscription failed. Connect the account again.";
        case AccountState::expiring:
            return "The permission runs out soon and could not be renewed yet. Connect the account again to be safe.";
        case AccountState::expired:
            return "The permission has run out. Connect the account again.";
        case AccountState::revoked:
            return "The permission was withdrawn. Connect the account again.";
        case AccountState::checkpoint:
            return "The service asks the owner to confirm the account. Log in there, then connect it again.";
        case AccountState::restricted:
            return "The service has restricted the account. Open it there to see why; nothing is sent meanwhile.";
        case AccountState::disconnected:
            return "The account was disconnected. Its conversations stay; connect it again to go on.";
    }
    return "";
}

namespace {

Errc code_of(FailureClass failure)
{
    switch (failure) {
        case FailureClass::transient:
        case FailureClass::not_ready:
            return Errc::unavailable;
        case FailureClass::throttled:
            return Errc::limited;
        case FailureClass::reconnect:
            return Errc::account_disconnected;
        case FailureClass::window_closed:
            return Errc::window_closed;
        case FailureClass::unknown_outcome:
            return Errc::outcome_unknown;
        case FailureClass::permission:
        case FailureClass::restricted:
        case FailureClass::permanent:
            break;
    }
    return Errc::channel_rejected;
}

}  // namespace

Error to_error(const Failure& failure)
{
    const auto code = code_of(failure.kind);
    Error error{code, failure.sentence, {}, {}, failure.retry_after};
    if (error.message.empty()) {
        error.message = std::string{error_row(code).sentence};
    }
    return error;
}

}  // namespace ss::channel

// Direct messages and what happens around them.

#include "item.hpp"

#include <ss/crypto.hpp>

#include <algorithm>
#include <array>

namespace ss::instagram {
namespace {

using channel::Attachment, channel::AttachmentKind, channel::Event, channel::EventKind;

struct Named {
    std::string_view name;
    AttachmentKind kind;
};

constexpr std::array kAttachments{
    Named{"image", AttachmentKind::image},
    Named{"video", AttachmentKind::video},
    Named{"audio", AttachmentKind::audio},
    Named{"file", AttachmentKind::file},
    Named{"share", AttachmentKind::share},
    Named{"media", AttachmentKind::share},
    Named{"MEDIA_SHARE", AttachmentKind::share},
    Named{"story", AttachmentKind::share},
    Named{"ig_story", AttachmentKind::share},
    Named{"ig_post", AttachmentKind::post},
    Named{"ig_reel", AttachmentKind::reel},
    Named{"reel", AttachmentKind::reel},
    Named{"story_mention", AttachmentKind::story_mention},
    Named{"like_heart", AttachmentKind::sticker},
    Named{"sticker", AttachmentKind::sticker},
};

std::string first_text(const json& object, std::initializer_list<std::string_view> keys)
{
    for (const auto key : keys) {
        if (auto text = text_of(object, key); !text.empty()) {
            return text;
        }
    }
    return {};
}

Attachment attachment_of(const json& item)
{
    Attachment attachment;
    const auto type = text_of(item, "type");
    const auto* const known = std::ranges::find(kAttachments, type, &Named::name);
    attachment.kind = known == kAttachments.end() ? AttachmentKind::unsupported : known->kind;
    const auto& payload = member(item, "payload");
    attachment.url = text_of(payload, "url");
    attachment.title = text_of(payload, "title");
    attachment.media_id = first_text(payload, {"ig_post_media_id", "reel_video_id", "story_media_id", "id"});
    if (attachment.kind == AttachmentKind::image && member(payload, "sticker_id").is_number()) {
        attachment.kind = AttachmentKind::sticker;
    }
    if (attachment.kind == AttachmentKind::unsupported && attachment.title.empty()) {
        attachment.title = type;
    }
    return attachment;
}

// While Meta changes from `share` to `ig_post` it sends both for one post.
void drop_repeated_share(std::vector<Attachment>& attachments)
{
    const auto is_repeated = [&](const Attachment& share) {
        return share.kind == AttachmentKind::share && std::ranges::any_of(attachments, [&](const Attachment& other) {
                   const bool same_id = !share.media_id.empty() && other.media_id == share.media_id;
                   const bool same_url = !share.url.empty() && other.url == share.url;
                   return other.kind == AttachmentKind::post && (same_id || same_url);
               });
    };
    std::vector<Attachment> kept;
    std::ranges::copy_if(attachments, std::back_inserter(kept), std::not_fn(is_repeated));
    attachments = std::move(kept);
}

std::optional<channel::Referral> referral_of(const json& object)
{
    const auto& referral = member(object, "referral");
    if (!referral.is_object()) {
        return std::nullopt;
    }
    const auto source = first_text(referral, {"source", "type"});
    return channel::Referral{text_of(referral, "ref"), source, text_of(referral, "ad_id"),
                             text_of(member(referral, "ads_context_data"), "ad_title")};
}

void read_reply_to(const json& message, Event& event)
{
    const auto& reply = member(message, "reply_to");
    event.reply_to = text_of(reply, "mid");
    const auto& story = member(reply, "story");
    if (story.is_object()) {
        event.story_id = text_of(story, "id");
        event.attachments.push_back({AttachmentKind::story_reply, text_of(story, "url"), {}, event.story_id});
    }
}

void read_message(const json& item, const json& message, Event& event)
{
    event.message_id = text_of(message, "mid");
    if (flag_of(message, "is_deleted")) {
        event.kind = EventKind::unsend;
        return;
    }
    event.kind = EventKind::message;
    event.text = text_of(message, "text");
    auto attachments = member(message, "attachments");
    if (attachments.is_object()) {  // seen in the documentation for a single one
        attachments = json::array({attachments});
    }
    for (const auto& attachment : attachments.is_array() ? attachments : json::array()) {
        event.attachments.push_back(attachment_of(attachment));
    }
    drop_repeated_share(event.attachments);
    read_reply_to(message, event);
    event.payload = text_of(member(message, "quick_reply"), "payload");
    event.referral = referral_of(message);
    const bool is_empty = event.text.empty() && event.attachments.empty() && !event.referral;
    if (flag_of(message, "is_unsupported") || is_empty) {
        event.kind = EventKind::unsupported;
        event.raw = dump(item);
    }
    if (event.message_id.empty()) {
        event.message_id = derived_id(item);
    }
}

void read_reaction(const json&, const json& reaction, Event& event)
{
    event.kind = EventKind::reaction;
    event.message_id = text_of(reaction, "mid");
    if (text_of(reaction, "action") != "unreact") {
        event.reaction = first_text(reaction, {"emoji", "reaction"});
    }
}

void read_postback(const json& item, const json& postback, Event& event)
{
    event.kind = EventKind::postback;
    event.message_id = text_of(postback, "mid");
    event.text = text_of(postback, "title");
    event.payload = text_of(postback, "payload");
    event.referral = referral_of(postback);
    if (event.message_id.empty()) {
        event.message_id = derived_id(item);
    }
}

void read_referral(const json& item, const json&, Event& event)
{
    event.kind = EventKind::referral;
    event.referral = referral_of(item);
    event.message_id = derived_id(item);
}

void read_read(const json&, const json& read, Event& event)
{
    event.kind = EventKind::read;
    event.message_id = text_of(read, "mid");
    if (const auto watermark = time_of(read, "watermark"); event.message_id.empty() && watermark) {
        event.at = *watermark;
    }
}

void read_edit(const json&, const json& edit, Event& event)
{
    event.kind = EventKind::edit;
    event.message_id = text_of(edit, "mid");
    event.text = text_of(edit, "text");
    event.edit_number =
        static_cast<int>(std::clamp<std::int64_t>(integer_of(edit, "num_edit").value_or(1), 1, 1'000'000));
}

struct Kind {
    std::string_view key;
    void (*read)(const json& item, const json& content, Event& event);
    bool needs_message_id;
};

constexpr std::array kKinds{
    Kind{"message", read_message, true},   Kind{"reaction", read_reaction, true}, Kind{"postback", read_postback, true},
    Kind{"referral", read_referral, true}, Kind{"read", read_read, false},        Kind{"message_edit", read_edit, true},
};

// Who is who: an echo goes from the business to the customer.
Event frame_of(const Place& place, const json& item)
{
    const auto sender = text_of(member(item, "sender"), "id");
    const auto recipient = text_of(member(item, "recipient"), "id");
    Event event;
    event.from_business = flag_of(member(item, "message"), "is_echo") || (!sender.empty() && sender == place.account);
    event.customer = event.from_business ? recipient : sender;
    event.account = !place.account.empty() ? place.account : event.from_business ? sender : recipient;
    event.at = time_of(item, "timestamp").value_or(place.time.value_or(Timestamp{}));
    return event;
}

}  // namespace

std::string derived_id(const json& content)
{
    return "derived-" + crypto::sha256_hex(dump(content)).substr(0, 40);
}

void read_messaging(const Place& place, const json& item, channel::Parsed& parsed)
{
    if (!item.is_object()) {
        parsed.problems.emplace_back("an item of messaging is not an object");
        return;
    }
    const auto frame = frame_of(place, item);
    if (frame.customer.empty()) {
        parsed.problems.emplace_back("an item of messaging names no customer");
        return;
    }
    bool is_known = false;
    for (const auto& kind : kKinds) {
        const auto& content = member(item, kind.key);
        if (!content.is_object()) {
            continue;
        }
        is_known = true;
        auto event = frame;
        kind.read(item, content, event);
        if (kind.needs_message_id && event.message_id.empty()) {
            parsed.problems.push_back(std::string{kind.key} + " without the message it is about");
        } else {
            parsed.events.push_back(std::move(event));
        }
    }
    if (!is_known) {
        auto event = frame;
        event.raw = dump(item);
        event.message_id = derived_id(item);
        parsed.events.push_back(std::move(event));
    }
}

}  // namespace ss::instagram

// Captions, pictures, due times, and the publish state machine as pure functions.
#include "rules.hpp"

#include <ss/text.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace ss::posts {
namespace {

using namespace std::chrono_literals;
using channel::ContainerState, channel::FailureClass;

constexpr auto kPoll = 5s;
constexpr auto kProcessingLimit = 10min;
/// After this no time-out of a publish call can still be running.
constexpr auto kCallOver = 60s;
constexpr auto kContainerLife = 24h;
constexpr auto kMaxAhead = std::chrono::days{5 * 366};

std::chrono::seconds delay(int tries)
{
    return std::min<std::chrono::seconds>(600s, 5s * (1LL << std::min(tries, 7)));
}

const Failure kMediaFailed{"media_failed", "The channel could not process the picture.",
                           "O canal não conseguiu processar a imagem."};
const Failure kMediaSlow{"media_timeout", "The channel did not finish processing the picture in ten minutes.",
                         "O canal não terminou de processar a imagem em dez minutos."};
const Failure kTriedEnough{"not_published", "The post could not be published after several tries.",
                           "O post não pôde ser publicado depois de várias tentativas."};
const Failure kNobodyKnows{"unknown_outcome",
                           "Whether the post was published could not be learned: look at the profile in the app.",
                           "Não foi possível saber se o post foi publicado: veja o perfil no aplicativo."};

Step fails(Failure failure)
{
    return {Next::fails, 0s, std::move(failure)};
}

/// Publishing was called before: the container alone knows what came of it.
Step after_call(const Progress& post, ContainerState state, Timestamp now)
{
    if (state == ContainerState::failed) {
        return fails(post.refusal.code.empty() ? kMediaFailed : post.refusal);
    }
    if (state == ContainerState::expired) {
        const bool by_age = post.container_at && now - *post.container_at >= kContainerLife;
        return by_age ? Step{Next::stays_unknown, 0s, kNobodyKnows} : fails(kTriedEnough);
    }
    if (!post.refusal.code.empty()) {
        return fails(post.refusal);
    }
    if (now - *post.publish_called_at < kCallOver) {
        return {Next::wait, 15s, {}};
    }
    return post.tries + 1 >= kMaxTries ? fails(kTriedEnough) : Step{Next::republish, 0s, {}};
}

Step before_call(const Progress& post, ContainerState state, Timestamp now)
{
    switch (state) {
        case ContainerState::ready:
            return {Next::publish, 0s, {}};
        case ContainerState::failed:
            return fails(kMediaFailed);
        case ContainerState::expired:
            return post.tries + 1 >= kMaxTries ? fails(kTriedEnough) : Step{Next::forget, 0s, {}};
        default:
            break;
    }
    const bool late = post.container_at && now - *post.container_at >= kProcessingLimit;
    return late ? fails(kMediaSlow) : Step{Next::wait, kPoll, {}};
}

}  // namespace

Result<void> check_caption(std::string_view caption, const channel::Rules& rules)
{
    if (!is_valid_utf8(caption) || caption.find('\0') != std::string_view::npos) {
        return fail(Errc::invalid, "the caption is not valid UTF-8", {}, "/caption");
    }
    const auto over = [&](std::size_t found, std::size_t limit, std::string_view what) -> Result<void> {
        if (found <= limit) {
            return {};
        }
        return fail(Errc::invalid, fmt::format("the caption has {} {}, and at most {} are allowed", found, what, limit),
                    {}, "/caption");
    };
    TRY(over(count_code_points(caption), rules.max_caption_characters, "characters"));
    TRY(over(static_cast<std::size_t>(std::ranges::count(caption, '#')), rules.max_hashtags, "hashtags (#)"));
    TRY(over(static_cast<std::size_t>(std::ranges::count(caption, '@')), rules.max_mentions, "mentions (@)"));
    return {};
}

Result<void> check_publishable(const Media& media)
{
    if (media.kind != MediaKind::jpeg) {
        return fail(Errc::invalid, "the channel publishes JPEG pictures only", "save the picture as JPEG", "/media");
    }
    if (static_cast<std::size_t>(media.bytes) > kMaxImageBytes) {
        return fail(Errc::invalid, "the picture is larger than 8 MB", "make it smaller", "/media");
    }
    const double ratio = media.height == 0 ? 0 : static_cast<double>(media.width) / media.height;
    if (ratio < 0.795 || ratio > 1.915) {
        return fail(Errc::invalid,
                    fmt::format("the picture's shape ({} × {}) is outside 4:5 to 1.91:1", media.width, media.height),
                    "crop it", "/media");
    }
    return {};
}

Result<void> check_due(Timestamp at, Timestamp now)
{
    if (at < now - 5min) {
        return fail(Errc::invalid, "the time is in the past", {}, "/at");
    }
    if (at > now + kMaxAhead) {
        return fail(Errc::invalid, "the time is more than five years ahead", {}, "/at");
    }
    return {};
}

bool may_change(PostState state)
{
    return state == PostState::draft || state == PostState::scheduled || state == PostState::failed ||
           state == PostState::cancelled;
}

Failure as_failure(const channel::Failure& failure)
{
    return {failure.code.empty() ? std::string{channel::to_string(failure.kind)} : failure.code, failure.sentence,
            failure.sentence_pt};
}

Step after_look(const Progress& post, const channel::Outcome<ContainerState>& state, Timestamp now)
{
    if (state) {
        if (*state == ContainerState::published) {
            return {Next::is_published, 0s, {}};
        }
        return post.publish_called_at ? after_call(post, *state, now) : before_call(post, *state, now);
    }
    const auto& failure = state.error();
    if (failure.kind == FailureClass::throttled) {
        return {Next::wait, std::max<std::chrono::seconds>(failure.retry_after, kPoll), {}};
    }
    const bool may_pass = failure.kind == FailureClass::transient || failure.kind == FailureClass::unknown_outcome ||
                          failure.kind == FailureClass::not_ready;
    if (may_pass && post.checks < kMaxChecks) {
        return {Next::wait, delay(post.checks), {}};
    }
    if (post.publish_called_at) {
        return {Next::stays_unknown, 0s, kNobodyKnows};
    }
    return fails(may_pass ? kTriedEnough : as_failure(failure));
}

Step after_create_failed(const Progress& post, const channel::Failure& failure)
{
    switch (failure.kind) {
        case FailureClass::throttled:
            return {Next::wait, std::max<std::chrono::seconds>(failure.retry_after, kPoll), {}};
        case FailureClass::transient:
        case FailureClass::not_ready:
        case FailureClass::unknown_outcome:  // at worst a container nobody publishes
            return post.tries + 1 >= kMaxTries ? fails(kTriedEnough) : Step{Next::wait, delay(post.tries), {}};
        default:
            return fails(as_failure(failure));
    }
}

Step after_publish_failed(const channel::Failure& failure)
{
    switch (failure.kind) {
        case FailureClass::throttled:
            return {Next::republish, std::max<std::chrono::seconds>(failure.retry_after, kPoll), {}};
        case FailureClass::not_ready:
            return {Next::republish, 15s, {}};
        case FailureClass::transient:
        case FailureClass::unknown_outcome:
            return {Next::wait, 15s, {}};
        default:
            return {Next::wait, 0s, as_failure(failure)};
    }
}

}  // namespace ss::posts

// Planner::publish: container → look → publish → permalink; every id is committed before the next call.
#include "notice.hpp"
#include "progress_store.hpp"
#include "rules.hpp"

#include <ss/connect.hpp>

namespace ss::posts {
namespace {

using namespace std::chrono_literals;
using Again = std::optional<Timestamp>;
using channel::Access, channel::Channel;

constexpr int kMaxLinkChecks = 6;
constexpr auto kSkew = std::chrono::minutes{2};

const Failure kNotConnected{"account_disconnected", "The account has to be connected again before it can publish.",
                            "A conta precisa ser conectada de novo para publicar."};
const Failure kCannotAsk{"outcome_unknown",
                         "The account was disconnected while the post was being published: look at the profile.",
                         "A conta foi desconectada durante a publicação: veja o perfil no aplicativo."};

struct Run {
    ProgressStore& store;
    channel::Accounts& accounts;
    Channel& service;
    const Access& access;
    const PublicUrl& public_url;
    const Clock& clock;

    [[nodiscard]] Again in(std::chrono::seconds wait) const { return clock.now() + wait; }
};

Result<void> note_account(const Run& run, const Progress& post, const channel::Failure& failure)
{
    if (const auto state = channel::state_after(failure)) {
        return run.accounts.set_state(post.account, *state, failure.sentence);
    }
    return {};
}

Result<Again> make_container(const Run& run, const Progress& post)
{
    const auto made = run.service.create_container(
        run.access, {.image_url = run.public_url(post.media), .caption = post.caption, .alt_text = post.alt_text});
    if (made) {
        TRY(run.store.set_container(post, *made));
        return run.in(2s);
    }
    const auto step = after_create_failed(post, made.error());
    TRY(note_account(run, post, made.error()));
    if (step.next == Next::fails) {
        TRY(run.store.end(post, PostState::failed, step.failure));
        return Again{};
    }
    const bool counts = made.error().kind != channel::FailureClass::throttled;
    TRY(run.store.set_counts(post, post.tries + (counts ? 1 : 0), post.checks));
    return run.in(step.again);
}

Result<Again> call_publish(const Run& run, const Progress& post)
{
    TRY(run.store.set_publish_called(post, run.clock.now(), post.tries));
    const auto out = run.service.publish_container(run.access, post.container);
    if (out) {
        TRY(run.store.set_published(post, *out));
        return run.in(0s);
    }
    const auto step = after_publish_failed(out.error());
    TRY(note_account(run, post, out.error()));
    if (step.next == Next::republish) {  // refused for now: nothing was published
        const bool counts = out.error().kind != channel::FailureClass::throttled;
        TRY(run.store.set_publish_called(post, std::nullopt, post.tries + (counts ? 1 : 0)));
    } else if (!step.failure.code.empty()) {
        TRY(run.store.set_refusal(post, step.failure));
    }
    return run.in(step.again);
}

Result<Again> look(const Run& run, const Progress& post)
{
    const auto state = run.service.container_state(run.access, post.container);
    const auto step = after_look(post, state, run.clock.now());
    switch (step.next) {
        case Next::wait:
            if (!state && state.error().kind != channel::FailureClass::throttled) {
                TRY(run.store.set_counts(post, post.tries, post.checks + 1));
            }
            return run.in(step.again);
        case Next::publish:
            return call_publish(run, post);
        case Next::forget:
            TRY(run.store.set_container(post, ""));
            TRY(run.store.set_counts(post, post.tries + 1, 0));
            return run.in(0s);
        case Next::republish:
            TRY(run.store.set_publish_called(post, std::nullopt, post.tries + 1));
            return run.in(0s);
        case Next::is_published:
            TRY(run.store.set_published(post, ""));
            return run.in(0s);
        case Next::fails:
            TRY(run.store.end(post, PostState::failed, step.failure));
            return Again{};
        case Next::stays_unknown:
            break;
    }
    TRY(run.store.end(post, PostState::unknown, step.failure));
    return Again{};
}

/// The link is for people: a published post without it is published all the same.
Result<Again> find_link(const Run& run, const Progress& post)
{
    const auto since = post.publish_called_at.value_or(post.at) - kSkew;
    const auto found = run.service.find_post(run.access, post.external_id, since);
    if (found) {
        const bool ours = TRY(run.store.set_permalink(post, *found));
        if (ours) {
            return Again{};
        }
    }
    if (post.checks + 1 >= kMaxLinkChecks) {
        return Again{};
    }
    TRY(run.store.set_counts(post, post.tries, post.checks + 1));
    return run.in(std::chrono::seconds{10LL << post.checks});
}

}  // namespace

Planner::Planner(storage::Database& database, jobs::Queue& queue, const realtime::Stream& stream,
                 channel::Accounts& accounts, Channels channels, PublicUrl public_url, const Clock& clock)
    : database_{database},
      queue_{queue},
      stream_{stream},
      accounts_{accounts},
      channels_{std::move(channels)},
      public_url_{std::move(public_url)},
      clock_{clock}
{
}

Result<std::optional<Timestamp>> Planner::publish(PostId id)
{
    ProgressStore store{database_, stream_, clock_};
    auto loaded = TRY(store.load(id));
    if (!loaded) {
        return Again{};
    }
    auto& post = *loaded;
    const bool wants_link = post.state == PostState::published && post.permalink.empty();
    if (post.state != PostState::scheduled && post.state != PostState::publishing && !wants_link) {
        return Again{};
    }
    if (post.state == PostState::scheduled && post.at > clock_.now()) {
        return post.at;
    }
    const auto account = TRY(accounts_.get(post.account));
    auto* service = channels_(account.channel);
    const auto access = accounts_.access(post.account);
    if (!access && access.error().code != Errc::account_disconnected) {
        return std::unexpected(access.error());
    }
    if (!access || service == nullptr) {
        if (!wants_link) {
            const bool called = post.publish_called_at.has_value();
            TRY(store.end(post, called ? PostState::unknown : PostState::failed, called ? kCannotAsk : kNotConnected));
        }
        return Again{};
    }
    if (post.state == PostState::scheduled) {
        const bool begun = TRY(store.begin(post));
        if (!begun) {
            return Again{};
        }
    }
    const Run run{store, accounts_, *service, *access, public_url_, clock_};
    return wants_link ? find_link(run, post) : post.container.empty() ? make_container(run, post) : look(run, post);
}

Result<std::optional<Timestamp>> Planner::publish_job(std::string_view payload)
{
    const auto job = TRY(parse_payload(payload));
    ProgressStore store{database_, stream_, clock_};
    const auto post = TRY(store.load(job.post));
    if (!post || post->version != job.version) {  // it was moved: another job will act
        return Again{};
    }
    return publish(job.post);
}

}  // namespace ss::posts

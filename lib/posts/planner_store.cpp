// Planner: creating, changing, cancelling and listing posts, each with its job.
#include "notice.hpp"
#include "rules.hpp"

#include <ss/cursor.hpp>
#include <ss/jobs.hpp>
#include <ss/realtime.hpp>
#include <ss/sql/posts.hpp>
#include <ss/storage.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <limits>

namespace ss::posts {
namespace {

namespace sql = ss::sql::posts;
using storage::Session;

constexpr std::size_t kMaxAltCharacters = 1'000;

template <class Row>
Post to_post(Row& row)
{
    Post post{.id = PostId{row.id},
              .account = AccountId{row.account},
              .media = MediaId{row.media},
              .caption = std::move(row.caption),
              .alt_text = std::move(row.alt_text),
              .state = parse_post_state(row.state).value_or(PostState::unknown),
              .at = from_micros(row.at),
              .time_zone = std::move(row.time_zone),
              .external_id = std::move(row.external_id).value_or(""),
              .permalink = std::move(row.permalink),
              .published_at = {},
              .failure = {},
              .author = UserId{row.author.value_or(0)},
              .created_at = from_micros(row.created_at),
              .updated_at = from_micros(row.updated_at)};
    if (row.published_at) {
        post.published_at = from_micros(*row.published_at);
    }
    if (!row.failure_code.empty()) {
        post.failure = Failure{std::move(row.failure_code), std::move(row.failure), std::move(row.failure_pt)};
    }
    return post;
}

Result<Post> load(Session& session, WorkspaceId workspace, PostId id)
{
    auto row = TRY(session.one(sql::Post{.workspace = workspace.value, .id = id.value}));
    if (!row) {
        return fail(Errc::not_found, "there is no such post");
    }
    return to_post(*row);
}

Result<void> check_texts(std::string_view caption, std::string_view alt_text, const channel::Rules& rules)
{
    TRY(check_caption(caption, rules));
    if (!is_valid_utf8(alt_text) || alt_text.find('\0') != std::string_view::npos ||
        count_code_points(alt_text) > kMaxAltCharacters) {
        return fail(Errc::invalid,
                    fmt::format("the description is longer than {} characters or not valid UTF-8", kMaxAltCharacters),
                    {}, "/alt_text");
    }
    return {};
}

/// Errors: not_found, invalid when the post is to go out and the channel will not take the picture.
Result<void> check_media(Session& session, WorkspaceId workspace, MediaId id, bool goes_out)
{
    const auto row = TRY(session.one(sql::Media{.id = id.value}));
    if (!row || row->workspace != workspace.value) {
        return fail(Errc::not_found, "there is no such media", {}, "/media");
    }
    if (!goes_out) {
        return {};
    }
    Media media;
    media.kind = parse_media_kind(row->kind);
    media.bytes = row->bytes;
    media.width = static_cast<int>(row->width);
    media.height = static_cast<int>(row->height);
    return check_publishable(media);
}

Result<void> check_account(const channel::Account& account, bool goes_out)
{
    using channel::AccountState;
    const bool works = account.state == AccountState::connected || account.state == AccountState::not_receiving ||
                       account.state == AccountState::expiring;
    if (goes_out && !works) {
        return fail(Errc::account_disconnected, "the account has to be connected again before it can publish",
                    "connect the account again", "/account");
    }
    return {};
}

/// One job for each time a post was given: an earlier one finds another version and does nothing.
Result<void> enqueue(Session& session, jobs::Queue& queue, WorkspaceId workspace, AccountId account, PostId post,
                     std::int64_t version, Timestamp at)
{
    TRY(queue.enqueue(session, {.kind = std::string{kPublishJob},
                                .payload = job_payload(post, version),
                                .priority = jobs::Priority::normal,
                                .run_at = at,
                                .unique_key = fmt::format("post:{}:{}", post.value, version),
                                .serial_key = fmt::format("account:{}", account.value),
                                .workspace = workspace}));
    return {};
}

channel::Rules rules_of(const Channels& channels, std::string_view channel)
{
    const auto* service = channels(channel);
    return service == nullptr ? channel::Rules{} : service->rules();
}

}  // namespace

Result<Post> Planner::create(WorkspaceId workspace, UserId author, const Draft& draft)
{
    const auto account = TRY(accounts_.get(workspace, draft.account));
    const auto due = TRY(instant(draft.when));
    const auto now = clock_.now();
    TRY(check_texts(draft.caption, draft.alt_text, rules_of(channels_, account.channel)));
    TRY(check_account(account, due.has_value()));
    if (due) {
        TRY(check_due(*due, now));
    }
    return database_.write([&](Session& session) -> Result<Post> {
        TRY(check_media(session, workspace, draft.media, due.has_value()));
        const auto row = TRY(
            session.one(sql::CreatePost{.workspace = workspace.value,
                                        .account = draft.account.value,
                                        .media = draft.media.value,
                                        .author = author ? std::optional{author.value} : std::nullopt,
                                        .caption = draft.caption,
                                        .alt_text = draft.alt_text,
                                        .state = std::string{to_string(due ? PostState::scheduled : PostState::draft)},
                                        .at = to_micros(due.value_or(now)),
                                        .time_zone = draft.when.time_zone,
                                        .now = to_micros(now)}));
        const PostId id{row ? row->id : 0};
        if (due) {
            TRY(enqueue(session, queue_, workspace, draft.account, id, 1, *due));
        }
        TRY(stream_.append(session, workspace, "post.updated", notice(draft.account, id), now));
        return load(session, workspace, id);
    });
}

Result<Post> Planner::edit(WorkspaceId workspace, PostId id, const Change& change)
{
    const auto before = TRY(get(workspace, id));
    const auto account = TRY(accounts_.get(workspace, before.account));
    const auto wanted = change.when ? TRY(instant(*change.when)) : std::optional<Timestamp>{};
    const auto now = clock_.now();
    const auto rules = rules_of(channels_, account.channel);
    return database_.write([&](Session& session) -> Result<Post> {
        TRY(session.one(sql::LockPost{.workspace = workspace.value, .id = id.value}));
        const auto row = TRY(session.one(sql::Post{.workspace = workspace.value, .id = id.value}));
        const auto state = parse_post_state(row ? row->state : "");
        if (!row || !state || !may_change(*state)) {
            return fail(Errc::conflict, "the post is being or has been published");
        }
        const bool stays = !change.when && *state == PostState::scheduled;
        const bool goes_out = stays || wanted.has_value();
        const auto at = wanted ? *wanted : from_micros(row->at);
        const auto media = change.media.value_or(MediaId{row->media});
        const auto& caption = change.caption ? *change.caption : row->caption;
        const auto& alt_text = change.alt_text ? *change.alt_text : row->alt_text;
        TRY(check_texts(caption, alt_text, rules));
        TRY(check_account(account, goes_out));
        TRY(check_media(session, workspace, media, goes_out));
        const bool moved = goes_out && !(*state == PostState::scheduled && to_micros(at) == row->at);
        if (moved) {
            TRY(check_due(at, now));
        }
        const auto version = row->version + (moved || !goes_out ? 1 : 0);
        TRY(session.run(
            sql::ChangePost{.id = id.value,
                            .media = media.value,
                            .caption = caption,
                            .alt_text = alt_text,
                            .state = std::string{to_string(goes_out ? PostState::scheduled : PostState::draft)},
                            .at = to_micros(at),
                            .time_zone = change.when ? change.when->time_zone : row->time_zone,
                            .version = version,
                            .now = to_micros(now)}));
        if (moved) {
            TRY(enqueue(session, queue_, workspace, before.account, id, version, at));
        }
        TRY(stream_.append(session, workspace, "post.updated", notice(before.account, id), now));
        return load(session, workspace, id);
    });
}

Result<Post> Planner::cancel(WorkspaceId workspace, PostId id)
{
    return database_.write([&](Session& session) -> Result<Post> {
        TRY(session.one(sql::LockPost{.workspace = workspace.value, .id = id.value}));
        const auto row = TRY(session.one(sql::Post{.workspace = workspace.value, .id = id.value}));
        if (!row) {
            return fail(Errc::not_found, "there is no such post");
        }
        const auto state = parse_post_state(row->state);
        if (!state || !may_change(*state)) {
            return fail(Errc::conflict, "the post is being or has been published");
        }
        const auto now = clock_.now();
        TRY(session.run(sql::ChangePost{.id = id.value,
                                        .media = row->media,
                                        .caption = row->caption,
                                        .alt_text = row->alt_text,
                                        .state = std::string{to_string(PostState::cancelled)},
                                        .at = row->at,
                                        .time_zone = row->time_zone,
                                        .version = row->version + 1,
                                        .now = to_micros(now)}));
        TRY(stream_.append(session, workspace, "post.updated", notice(AccountId{row->account}, id), now));
        return load(session, workspace, id);
    });
}

Result<Post> Planner::get(WorkspaceId workspace, PostId id) const
{
    return database_.read([&](Session& session) { return load(session, workspace, id); });
}

namespace {

template <class Query>
Result<Page<Post>> page_of(Session& session, const Query& query, int size)
{
    auto rows = TRY(session.all(query));
    Page<Post> page;
    for (auto& row : rows) {
        if (page.items.size() == static_cast<std::size_t>(size)) {
            const auto& last = page.items.back();
            page.next = to_cursor("posts", {to_micros(last.at), last.id.value});
            break;
        }
        page.items.push_back(to_post(row));
    }
    return page;
}

}  // namespace

Result<Page<Post>> Planner::list(WorkspaceId workspace, const Filter& filter) const
{
    constexpr auto kEdge = std::numeric_limits<std::int64_t>::max();
    Place place{-kEdge, 0};
    if (!filter.cursor.empty()) {
        place = TRY(parse_cursor("posts", filter.cursor));
    }
    const auto from = filter.from ? to_micros(*filter.from) : -kEdge;
    const auto to = filter.to ? to_micros(*filter.to) : kEdge;
    if (from > to) {
        return fail(Errc::invalid, "the range ends before it begins", {}, "/to");
    }
    const auto size = std::clamp(filter.limit, 1, kMaxPageSize);
    const auto state = filter.state ? std::optional{std::string{to_string(*filter.state)}} : std::nullopt;
    return database_.read([&](Session& session) -> Result<Page<Post>> {
        if (!filter.account) {
            return page_of(session,
                           sql::PostsOfWorkspace{.workspace = workspace.value,
                                                 .from = from,
                                                 .to = to,
                                                 .state = state,
                                                 .after = place.first,
                                                 .after_id = place.second,
                                                 .limit = size + 1},
                           size);
        }
        const auto own = TRY(session.one(sql::OwnAccount{.id = filter.account->value, .workspace = workspace.value}));
        if (!own) {
            return fail(Errc::not_found, "there is no such account");
        }
        return page_of(session,
                       sql::PostsOfAccount{.workspace = workspace.value,
                                           .account = filter.account->value,
                                           .from = from,
                                           .to = to,
                                           .state = state,
                                           .after = place.first,
                                           .after_id = place.second,
                                           .limit = size + 1},
                       size);
    });
}

}  // namespace ss::posts

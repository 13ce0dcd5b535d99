// The row of a post on its way out.
#include "progress_store.hpp"

#include <ss/realtime.hpp>
#include <ss/sql/posts.hpp>
#include <ss/storage.hpp>

#include "notice.hpp"

namespace ss::posts {
namespace {

namespace sql = ss::sql::posts;
using storage::Session;

std::optional<Timestamp> to_time(const std::optional<std::int64_t>& micros)
{
    return micros ? std::optional{from_micros(*micros)} : std::nullopt;
}

}  // namespace

Result<std::optional<Progress>> ProgressStore::load(PostId id)
{
    return database_.read([&](Session& session) -> Result<std::optional<Progress>> {
        auto row = TRY(session.one(sql::PostOfJob{.id = id.value}));
        if (!row) {
            return std::nullopt;
        }
        return Progress{.id = id,
                        .workspace = WorkspaceId{row->workspace},
                        .account = AccountId{row->account},
                        .media = MediaId{row->media},
                        .caption = std::move(row->caption),
                        .alt_text = std::move(row->alt_text),
                        .state = parse_post_state(row->state).value_or(PostState::unknown),
                        .at = from_micros(row->at),
                        .version = row->version,
                        .container = std::move(row->container),
                        .container_at = to_time(row->container_at),
                        .publish_called_at = to_time(row->publish_called_at),
                        .tries = static_cast<int>(row->tries),
                        .checks = static_cast<int>(row->checks),
                        .external_id = std::move(row->external_id).value_or(""),
                        .permalink = std::move(row->permalink),
                        .refusal = {std::move(row->failure_code), std::move(row->failure), std::move(row->failure_pt)}};
    });
}

Result<bool> ProgressStore::begin(Progress& post)
{
    return database_.write([&](Session& session) -> Result<bool> {
        const auto now = clock_.now();
        auto row =
            TRY(session.one(sql::BeginPublishing{.id = post.id.value, .version = post.version, .now = to_micros(now)}));
        if (!row) {
            return false;
        }
        post.media = MediaId{row->media};
        post.caption = std::move(row->caption);
        post.alt_text = std::move(row->alt_text);
        TRY(stream_.append(session, post.workspace, "post.updated", notice(post.account, post.id), now));
        return true;
    });
}

Result<void> ProgressStore::set_container(const Progress& post, const std::string& container)
{
    return database_.write([&](Session& session) -> Result<void> {
        const auto now = to_micros(clock_.now());
        TRY(session.run(sql::SetContainer{.id = post.id.value,
                                          .container = container,
                                          .at = container.empty() ? std::nullopt : std::optional{now},
                                          .now = now}));
        return {};
    });
}

Result<void> ProgressStore::set_publish_called(const Progress& post, std::optional<Timestamp> at, int tries)
{
    return database_.write([&](Session& session) -> Result<void> {
        TRY(session.run(sql::SetPublishCalled{.id = post.id.value,
                                              .at = at ? std::optional{to_micros(*at)} : std::nullopt,
                                              .tries = tries,
                                              .now = to_micros(clock_.now())}));
        return {};
    });
}

Result<void> ProgressStore::set_counts(const Progress& post, int tries, int checks)
{
    return database_.write([&](Session& session) -> Result<void> {
        TRY(session.run(sql::SetCounts{.id = post.id.value, .tries = tries, .checks = checks}));
        return {};
    });
}

Result<void> ProgressStore::set_refusal(const Progress& post, const Failure& failure)
{
    return database_.write([&](Session& session) -> Result<void> {
        TRY(session.run(sql::SetRefusal{.id = post.id.value,
                                        .failure_code = failure.code,
                                        .failure = failure.sentence,
                                        .failure_pt = failure.sentence_pt}));
        return {};
    });
}

Result<void> ProgressStore::end(const Progress& post, PostState state, const Failure& failure)
{
    return database_.write([&](Session& session) -> Result<void> {
        const auto now = clock_.now();
        const auto written = TRY(session.run(sql::EndPost{.id = post.id.value,
                                                          .state = std::string{to_string(state)},
                                                          .failure_code = failure.code,
                                                          .failure = failure.sentence,
                                                          .failure_pt = failure.sentence_pt,
                                                          .now = to_micros(now)}));
        if (written > 0) {
            TRY(stream_.append(session, post.workspace, "post.updated", notice(post.account, post.id), now));
        }
        return {};
    });
}

Result<void> ProgressStore::set_published(const Progress& post, const std::string& external_id)
{
    return database_.write([&](Session& session) -> Result<void> {
        const auto now = clock_.now();
        const auto written = TRY(session.run(
            sql::SetPublished{.id = post.id.value,
                              .external_id = external_id.empty() ? std::nullopt : std::optional{external_id},
                              .now = to_micros(now)}));
        if (written > 0) {
            TRY(stream_.append(session, post.workspace, "post.updated", notice(post.account, post.id), now));
        }
        return {};
    });
}

Result<bool> ProgressStore::set_permalink(const Progress& post, const channel::Published& found)
{
    return database_.write([&](Session& session) -> Result<bool> {
        const auto other = TRY(session.one(sql::PostWith{.account = post.account.value, .external_id = found.post_id}));
        if (other && other->id != post.id.value) {
            return false;
        }
        const auto now = clock_.now();
        TRY(session.run(sql::SetPermalink{
            .id = post.id.value, .external_id = found.post_id, .permalink = found.permalink, .now = to_micros(now)}));
        TRY(stream_.append(session, post.workspace, "post.updated", notice(post.account, post.id), now));
        return true;
    });
}

}  // namespace ss::posts

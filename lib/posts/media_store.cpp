// Library: uploaded media.
#include "rules.hpp"

#include <ss/cursor.hpp>
#include <ss/posts.hpp>
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

constexpr std::size_t kMaxNameBytes = 200;

template <class Row>
Media to_media(Row& row)
{
    return {.id = MediaId{row.id},
            .kind = parse_media_kind(row.kind),
            .name = std::move(row.name),
            .bytes = row.bytes,
            .width = static_cast<int>(row.width),
            .height = static_cast<int>(row.height),
            .blob = std::move(row.blob),
            .author = UserId{row.author.value_or(0)},
            .created_at = from_micros(row.created_at)};
}

/// The last part of whatever path a browser sent, without control characters.
std::string plain_name(std::string_view name)
{
    const auto slash = name.find_last_of("/\\");
    if (slash != std::string_view::npos) {
        name.remove_prefix(slash + 1);
    }
    auto shown = is_valid_utf8(name) ? printable(name) : std::string{};
    return shown.empty() || shown.size() > kMaxNameBytes ? "upload" : shown;
}

Result<Media> load(storage::Database& database, MediaId id, std::optional<WorkspaceId> workspace)
{
    return database.read([&](Session& session) -> Result<Media> {
        auto row = TRY(session.one(sql::Media{.id = id.value}));
        if (!row || (workspace && row->workspace != workspace->value)) {
            return fail(Errc::not_found, "there is no such media");
        }
        return to_media(*row);
    });
}

}  // namespace

Result<Media> Library::upload(WorkspaceId workspace, UserId author, std::string_view name, std::string_view bytes)
{
    if (bytes.empty()) {
        return fail(Errc::invalid, "the file is empty");
    }
    const auto found = sniff(bytes);
    if (!found) {
        return fail(Errc::unsupported, "the file is not a JPEG, PNG, WebP or MP4, or its header is broken");
    }
    const auto limit = found->kind == MediaKind::mp4 ? kMaxVideoBytes : kMaxImageBytes;
    if (bytes.size() > limit) {
        return fail(Errc::too_large,
                    fmt::format("the file has {} bytes, and at most {} are allowed", bytes.size(), limit));
    }
    auto blob = TRY(blobs_.put(bytes));
    Media media{.id = {},
                .kind = found->kind,
                .name = plain_name(name),
                .bytes = static_cast<std::int64_t>(bytes.size()),
                .width = found->width,
                .height = found->height,
                .blob = std::move(blob.key),
                .author = author,
                .created_at = clock_.now()};
    return database_.write([&](Session& session) -> Result<Media> {
        const auto row = TRY(session.one(sql::StoreMedia{.workspace = workspace.value,
                                                         .author = author ? std::optional{author.value} : std::nullopt,
                                                         .kind = std::string{to_string(media.kind)},
                                                         .name = media.name,
                                                         .bytes = media.bytes,
                                                         .width = media.width,
                                                         .height = media.height,
                                                         .blob = media.blob,
                                                         .now = to_micros(media.created_at)}));
        media.id = MediaId{row ? row->id : 0};
        return media;
    });
}

Result<Media> Library::get(WorkspaceId workspace, MediaId id) const
{
    return load(database_, id, workspace);
}

Result<Media> Library::get(MediaId id) const
{
    return load(database_, id, std::nullopt);
}

Result<std::string> Library::read(const Media& media) const
{
    return blobs_.get(media.blob);
}

Result<Page<Media>> Library::list(WorkspaceId workspace, std::string_view cursor, int limit) const
{
    Place place{0, std::numeric_limits<std::int64_t>::max()};
    if (!cursor.empty()) {
        place = TRY(parse_cursor("media", cursor));
    }
    const auto size = std::clamp(limit, 1, kMaxPageSize);
    return database_.read([&](Session& session) -> Result<Page<Media>> {
        auto rows = TRY(
            session.all(sql::MediaList{.workspace = workspace.value, .before_id = place.second, .limit = size + 1}));
        Page<Media> page;
        for (auto& row : rows) {
            if (page.items.size() == static_cast<std::size_t>(size)) {
                page.next = to_cursor("media", {0, page.items.back().id.value});
                break;
            }
            page.items.push_back(to_media(row));
        }
        return page;
    });
}

}  // namespace ss::posts

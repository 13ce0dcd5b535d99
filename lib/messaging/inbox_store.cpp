// Inbox: lists, search and marking as read.
#include "notice.hpp"
#include "rows_store.hpp"

#include <ss/cursor.hpp>
#include <ss/realtime.hpp>
#include <ss/sql/messaging.hpp>
#include <ss/storage.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <limits>

namespace ss::messaging {
namespace {

namespace sql = ss::sql::messaging;
using storage::Session;

constexpr Place kTop{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max()};

Result<Place> place_of(std::string_view list, const std::string& cursor)
{
    return cursor.empty() ? Result<Place>{kTop} : parse_cursor(list, cursor);
}

int page_size(int limit)
{
    return std::clamp(limit, 1, kMaxPageSize);
}

Result<void> must_own(Session& session, WorkspaceId workspace, const std::optional<AccountId>& account)
{
    if (account) {
        const auto found = TRY(session.one(sql::OwnAccount{.id = account->value, .workspace = workspace.value}));
        if (!found) {
            return fail(Errc::not_found, "there is no such account");
        }
    }
    return {};
}

Result<Conversation> load_conversation(Session& session, WorkspaceId workspace, ConversationId id)
{
    auto row = TRY(session.one(sql::Conversation{.workspace = workspace.value, .id = id.value}));
    if (!row) {
        return fail(Errc::not_found, "there is no such conversation");
    }
    return to_conversation(*row);
}

/// Asked with one row more than the page holds: whether there is a next page is known without counting.
template <class Query>
Result<Page<Conversation>> conversation_page(Session& session, const Query& query, int size)
{
    auto rows = TRY(session.all(query));
    Page<Conversation> page;
    for (auto& row : rows) {
        if (page.items.size() == static_cast<std::size_t>(size)) {
            const auto& last = page.items.back();
            page.next = to_cursor("conversations", {to_micros(last.last_message_at), last.id.value});
            break;
        }
        page.items.push_back(to_conversation(row));
    }
    return page;
}

template <class Query>
Result<Page<Message>> message_page(Session& session, const Query& query, int size, std::string_view list)
{
    auto rows = TRY(session.all(query));
    Page<Message> page;
    for (auto& row : rows) {
        if (page.items.size() == static_cast<std::size_t>(size)) {
            const auto& last = page.items.back();
            page.next = to_cursor(list, {to_micros(last.at), last.id.value});
            break;
        }
        page.items.push_back(to_message(row));
    }
    TRY(fill(session, page.items));
    return page;
}

Result<Page<Message>> search(Session& session, WorkspaceId workspace, const MessageFilter& filter,
                             std::int64_t direction)
{
    const auto place = TRY(place_of("search", filter.cursor));
    const auto scope = filter.conversation ? fmt::format("#c{}", filter.conversation->value)
                       : filter.account    ? fmt::format("#a{}", filter.account->value)
                                           : fmt::format("#w{}", workspace.value);
    auto query =
        session.engine() == storage::Engine::sqlite ? fts5_query(scope, filter.words) : ts_query(scope, filter.words);
    const auto size = page_size(filter.limit);
    return message_page(session,
                        sql::SearchMessages{.workspace = workspace.value,
                                            .query = std::move(query),
                                            .direction = direction,
                                            .before_id = place.second,
                                            .limit = size + 1},
                        size, "search");
}

Result<Page<Message>> list(Session& session, WorkspaceId workspace, const MessageFilter& filter, std::int64_t direction)
{
    const auto place = TRY(place_of("messages", filter.cursor));
    const auto size = page_size(filter.limit);
    if (filter.conversation) {
        return message_page(session,
                            sql::MessagesOfConversation{.workspace = workspace.value,
                                                        .conversation = filter.conversation->value,
                                                        .direction = direction,
                                                        .before = place.first,
                                                        .before_id = place.second,
                                                        .limit = size + 1},
                            size, "messages");
    }
    if (filter.account) {
        return message_page(session,
                            sql::MessagesOfAccount{.workspace = workspace.value,
                                                   .account = filter.account->value,
                                                   .direction = direction,
                                                   .before = place.first,
                                                   .before_id = place.second,
                                                   .limit = size + 1},
                            size, "messages");
    }
    return message_page(session,
                        sql::MessagesOfWorkspace{.workspace = workspace.value,
                                                 .direction = direction,
                                                 .before = place.first,
                                                 .before_id = place.second,
                                                 .limit = size + 1},
                        size, "messages");
}

template <class Query, class OfAccount>
Result<Page<Conversation>> conversations_by(Session& session, WorkspaceId workspace, const ConversationFilter& filter,
                                            const Place& place)
{
    const auto size = page_size(filter.limit);
    const auto state = filter.state ? std::optional{std::string{to_string(*filter.state)}} : std::nullopt;
    if (filter.account) {
        return conversation_page(session,
                                 OfAccount{.workspace = workspace.value,
                                           .account = filter.account->value,
                                           .state = state,
                                           .before = place.first,
                                           .before_id = place.second,
                                           .limit = size + 1},
                                 size);
    }
    return conversation_page(session,
                             Query{.workspace = workspace.value,
                                   .state = state,
                                   .before = place.first,
                                   .before_id = place.second,
                                   .limit = size + 1},
                             size);
}

}  // namespace

Result<Page<Conversation>> Inbox::conversations(WorkspaceId workspace, const ConversationFilter& filter) const
{
    const auto place = TRY(place_of("conversations", filter.cursor));
    return database_.read([&](Session& session) -> Result<Page<Conversation>> {
        TRY(must_own(session, workspace, filter.account));
        return filter.unread_only
                   ? conversations_by<sql::ConversationsOfWorkspaceUnread, sql::ConversationsOfAccountUnread>(
                         session, workspace, filter, place)
                   : conversations_by<sql::ConversationsOfWorkspace, sql::ConversationsOfAccount>(session, workspace,
                                                                                                  filter, place);
    });
}

Result<Conversation> Inbox::conversation(WorkspaceId workspace, ConversationId id) const
{
    return database_.read([&](Session& session) { return load_conversation(session, workspace, id); });
}

Result<Page<Message>> Inbox::messages(WorkspaceId workspace, const MessageFilter& filter) const
{
    const auto direction = filter.direction ? static_cast<std::int64_t>(*filter.direction) : std::int64_t{-1};
    const bool searching = !search_words(filter.words.substr(0, 4'096)).empty();
    return database_.read([&](Session& session) -> Result<Page<Message>> {
        TRY(must_own(session, workspace, filter.account));
        if (filter.conversation) {
            TRY(load_conversation(session, workspace, *filter.conversation));
        }
        return searching ? search(session, workspace, filter, direction) : list(session, workspace, filter, direction);
    });
}

Result<Message> Inbox::message(WorkspaceId workspace, MessageId id) const
{
    return database_.read([&](Session& session) { return load_message(session, workspace, id); });
}

Result<Conversation> Inbox::mark_read(WorkspaceId workspace, ConversationId id, MessageId up_to)
{
    return database_.write([&](Session& session) -> Result<Conversation> {
        const auto row = TRY(session.one(sql::LockConversation{.workspace = workspace.value, .id = id.value}));
        if (!row) {
            return fail(Errc::not_found, "there is no such conversation");
        }
        const auto newest = TRY(session.one(sql::NewestArrival{.conversation = id.value}));
        const auto limit = newest ? newest->id : 0;
        const auto wanted = up_to ? std::min(up_to.value, limit) : limit;
        TRY(session.run(sql::MarkRead{.id = id.value, .up_to = std::max(wanted, row->read_up_to)}));
        auto conversation = TRY(load_conversation(session, workspace, id));
        TRY(stream_.append(session, workspace, "conversation.updated",
                           conversation_notice(conversation.account, id.value), clock_.now()));
        return conversation;
    });
}

Result<Conversation> Inbox::set_state(WorkspaceId workspace, ConversationId id, ConversationState state)
{
    return database_.write([&](Session& session) -> Result<Conversation> {
        const auto row = TRY(session.one(sql::LockConversation{.workspace = workspace.value, .id = id.value}));
        if (!row) {
            return fail(Errc::not_found, "there is no such conversation");
        }
        TRY(session.run(sql::SetState{.id = id.value, .state = std::string{to_string(state)}}));
        auto conversation = TRY(load_conversation(session, workspace, id));
        TRY(stream_.append(session, workspace, "conversation.updated",
                           conversation_notice(conversation.account, id.value), clock_.now()));
        return conversation;
    });
}

Result<std::int64_t> Inbox::unread(WorkspaceId workspace) const
{
    return database_.read([&](Session& session) -> Result<std::int64_t> {
        const auto row = TRY(session.one(sql::Unread{.workspace = workspace.value}));
        return row ? row->unread : 0;
    });
}

}  // namespace ss::messaging

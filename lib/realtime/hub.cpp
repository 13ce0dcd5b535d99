// One thread reads each workspace's stream once and hands it to all sockets that follow it.
#include <ss/realtime.hpp>

#include "event_store.hpp"
#include "tickets.hpp"

#include <ss/guarded.hpp>
#include <ss/log.hpp>
#include <ss/storage.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <optional>
#include <set>
#include <thread>
#include <utility>

namespace ss::realtime {
namespace {

/// A socket and how far it has come. Touched by the hub's thread alone, but for the identity fields.
struct Follower {
    std::shared_ptr<http::Socket> socket;
    WorkspaceId workspace;
    UserId user;
    std::string session;
    std::optional<std::int64_t> after;  ///< As the browser said; nothing: from now on.
    std::int64_t delivered = 0;
    bool is_greeted = false;
};
using Followers = std::vector<std::shared_ptr<Follower>>;

std::string frame(const Event& event)
{
    // The payload is JSON already: it goes in as it is.
    return fmt::format(R"({{"number":{},"kind":{},"at":"{}","data":{}}})", event.number,
                       nlohmann::json(event.kind).dump(), to_rfc3339(event.at), event.payload);
}

void tell_to_reload(Follower& follower, std::int64_t head)
{
    follower.delivered = head;
    follower.socket->send(fmt::format(R"({{"kind":"reload","number":{}}})", head));
}

/// Where a new follower starts, and the frame that says so.
void greet(Follower& follower, const Slice& slice, int replay)
{
    follower.is_greeted = true;
    const bool is_known = follower.after && *follower.after <= slice.head && *follower.after + 1 >= slice.oldest &&
                          slice.head - *follower.after <= replay;
    if (follower.after && !is_known) {
        return tell_to_reload(follower, slice.head);
    }
    follower.delivered = is_known ? *follower.after : slice.head;
    if (!is_known) {
        follower.socket->send(fmt::format(R"({{"kind":"hello","number":{}}})", slice.head));
    }
}

}  // namespace

struct Hub::State {
    storage::Database& database;
    storage::KeyValue& key_value;
    const Clock& clock;
    Options options;
    Tickets tickets{key_value, clock, options.ticket_lifetime};

    struct Shared {
        std::map<std::int64_t, Followers> by_workspace;
        std::set<std::int64_t> woken;
    };
    Guarded<Shared> shared;
    std::condition_variable wake;
    std::atomic<bool> is_stopping{false};
    std::thread thread;
    std::unique_ptr<storage::KeyValue::Subscription> events;
    std::unique_ptr<storage::KeyValue::Subscription> ends;

    void run();
    void serve(std::int64_t workspace, const Followers& followers);
    void close(UserId user, std::string_view session);
    bool add(const std::shared_ptr<Follower>& follower);
    void remove(const std::shared_ptr<Follower>& follower);
};

void Hub::State::run()
{
    while (!is_stopping) {
        std::vector<std::pair<std::int64_t, Followers>> work;
        {
            auto locked = shared.lock();
            const bool was_woken =
                wake.wait_for(locked.guard(), options.poll, [&] { return is_stopping || !locked->woken.empty(); });
            for (const auto& [workspace, followers] : locked->by_workspace) {
                if (!was_woken || locked->woken.contains(workspace)) {
                    work.emplace_back(workspace, followers);
                }
            }
            locked->woken.clear();
        }
        for (const auto& [workspace, followers] : work) {
            if (!is_stopping) {
                serve(workspace, followers);
            }
        }
    }
}

void Hub::State::serve(std::int64_t workspace, const Followers& followers)
{
    for (bool is_behind = true; is_behind && !is_stopping;) {
        std::int64_t after = INT64_MAX;
        for (const auto& follower : followers) {
            after = std::min(after, follower->is_greeted ? follower->delivered : follower->after.value_or(INT64_MAX));
        }
        const auto slice = read_slice(database, WorkspaceId{workspace}, after, options.batch);
        if (!slice) {
            observe::log_warning("events cannot be read; browsers wait",
                                 {{"workspace", workspace}, {"error", slice.error().message}});
            return;  // the next poll tries again; nothing is skipped
        }
        for (const auto& follower : followers) {
            if (!follower->is_greeted) {
                greet(*follower, *slice, options.replay);
            }
        }
        for (const auto& event : slice->events) {
            std::optional<std::string> text;
            for (const auto& follower : followers) {
                if (follower->delivered + 1 == event.number) {
                    text = text ? text : frame(event);
                    follower->socket->send(*text);
                    follower->delivered = event.number;
                } else if (follower->delivered < event.number) {
                    tell_to_reload(*follower, slice->head);  // what lies between has been pruned
                }
            }
        }
        is_behind =
            std::ranges::any_of(followers, [&](const auto& follower) { return follower->delivered < slice->head; }) &&
            !slice->events.empty();
    }
}

void Hub::State::close(UserId user, std::string_view session)
{
    Followers ending;
    shared.with([&](Shared& state) {
        for (const auto& [workspace, followers] : state.by_workspace) {
            std::ranges::copy_if(followers, std::back_inserter(ending), [&](const auto& follower) {
                return follower->user == user && (session.empty() || follower->session == session);
            });
        }
    });
    for (const auto& follower : ending) {
        follower->socket->close(4401, "the session has ended");
    }
}

bool Hub::State::add(const std::shared_ptr<Follower>& follower)
{
    return shared.with([&](Shared& state) {
        auto& followers = state.by_workspace[follower->workspace.value];
        const auto open = std::ranges::count(followers, follower->user, [](const auto& other) { return other->user; });
        if (open >= options.per_user) {
            return false;
        }
        followers.push_back(follower);
        state.woken.insert(follower->workspace.value);
        return true;
    });
}

void Hub::State::remove(const std::shared_ptr<Follower>& follower)
{
    shared.with([&](Shared& state) {
        const auto found = state.by_workspace.find(follower->workspace.value);
        if (found != state.by_workspace.end()) {
            std::erase(found->second, follower);
            if (found->second.empty()) {
                state.by_workspace.erase(found);
            }
        }
    });
}

Hub::Hub(storage::Database& database, storage::KeyValue& key_value, const Clock& clock, Options options)
    : state_{new State{.database = database, .key_value = key_value, .clock = clock, .options = options}}
{
}

Hub::~Hub()
{
    stop();
}

std::string Hub::issue_ticket(const http::Caller& caller)
{
    return state_->tickets.issue(caller);
}

Result<http::SocketEvents> Hub::open(const http::Request& request, std::shared_ptr<http::Socket> socket)
{
    auto follower = std::make_shared<Follower>();
    if (const auto after = request.optional_text("after")) {
        follower->after = to_integer(*after);
        if (!follower->after || *follower->after < 0) {
            return fail(Errc::invalid, "`after` is the number of an event", {}, "after");
        }
    }
    const auto ticket = TRY(state_->tickets.redeem(request.text("ticket")));
    follower->socket = std::move(socket);
    follower->workspace = ticket.caller.workspace;
    follower->user = ticket.caller.user;
    follower->session = ticket.caller.session;
    if (!state_->add(follower)) {
        return fail(Errc::limited, "too many windows are open", "close some");
    }
    // A log-out between the ticket's check and the book of followers would have missed this socket.
    if (state_->tickets.is_revoked(ticket)) {
        state_->close(follower->user, follower->session);
    }
    state_->wake.notify_one();
    return http::SocketEvents{.message = [](std::string_view) {},
                              .closed = [state = state_.get(), follower] { state->remove(follower); }};
}

void Hub::disconnect(UserId user, std::string_view session)
{
    state_->tickets.revoke(user, session);
    state_->close(user, session);  // here at once, even when the key-value store is away
    state_->key_value.publish("events-end", fmt::format("{} {}", user.value, session));
}

void Hub::start()
{
    auto* const state = state_.get();
    state->events = state->key_value.subscribe("events", [state](std::string_view workspace) {
        if (const auto id = to_integer(workspace)) {
            state->shared.with([&](State::Shared& shared) { shared.woken.insert(*id); });
            state->wake.notify_one();
        }
    });
    state->ends = state->key_value.subscribe("events-end", [state](std::string_view text) {
        const auto space = text.find(' ');
        if (const auto user = to_integer(text.substr(0, space)); user && space != std::string_view::npos) {
            state->close(UserId{*user}, text.substr(space + 1));
        }
    });
    state->thread = std::thread{[state] { state->run(); }};
}

void Hub::stop()
{
    state_->events.reset();
    state_->ends.reset();
    state_->shared.with([&](State::Shared&) { state_->is_stopping = true; });
    state_->wake.notify_all();
    if (state_->thread.joinable()) {
        state_->thread.join();
    }
}

Result<std::int64_t> Hub::prune()
{
    return delete_before(state_->database, state_->clock.now() - state_->options.keep);
}

std::size_t Hub::connected() const
{
    return state_->shared.with([](const State::Shared& shared) {
        std::size_t count = 0;
        for (const auto& [workspace, followers] : shared.by_workspace) {
            count += followers.size();
        }
        return count;
    });
}

}  // namespace ss::realtime

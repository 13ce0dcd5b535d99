// Listening: subscribe to what is wanted, hand over what comes, prove now and then that the server is alive.

#include "kv_listener.hpp"

#include <algorithm>
#include <utility>

namespace ss::storage {
namespace {
constexpr std::chrono::milliseconds kFirstBackOff{50};
constexpr std::chrono::milliseconds kLongestBackOff{1'000};
constexpr std::chrono::seconds kSilence{10};
}  // namespace

RedisListener::RedisListener(RedisTarget target, Receive receive)
    : target_{std::move(target)},
      receive_{std::move(receive)},
      thread_{[this](const std::stop_token& stop) { run(stop); }}
{
}

RedisListener::~RedisListener()
{
    thread_.request_stop();
    state_.with([](State& state) {
        if (state.connection != nullptr) {
            state.connection->wake();
        }
    });
}

void RedisListener::add(const std::string& channel)
{
    auto state = state_.lock();
    ++state->wanted[channel];
    if (state->connection != nullptr) {
        state->connection->wake();
    }
    changed_.notify_all();
    changed_.wait_for(state.guard(), target_.timeout,
                      [&] { return state->away || state->confirmed.contains(channel); });
}

void RedisListener::remove(const std::string& channel)
{
    auto state = state_.lock();
    const auto found = state->wanted.find(channel);
    if (found != state->wanted.end() && --found->second == 0) {
        state->wanted.erase(found);
        if (state->connection != nullptr) {
            state->connection->wake();
        }
    }
}

void RedisListener::run(const std::stop_token& stop)
{
    auto back_off = kFirstBackOff;
    auto state = state_.lock();
    while (changed_.wait(state.guard(), stop, [&] { return !state->wanted.empty(); }) && !stop.stop_requested()) {
        state.guard().unlock();
        auto connection = RedisConnection::open(target_);
        if (connection) {
            back_off = kFirstBackOff;
            state_.with([&](State& now) {
                now.connection = connection->get();
                now.away = false;
            });
            static_cast<void>(listen(**connection, stop));
        }
        state.guard().lock();
        state->connection = nullptr;
        state->confirmed.clear();
        state->away = true;
        changed_.notify_all();
        changed_.wait_for(state.guard(), stop, back_off, [] { return false; });
        back_off = std::min(back_off * 2, kLongestBackOff);
    }
}

Result<void> RedisListener::listen(RedisConnection& connection, const std::stop_token& stop)
{
    std::set<std::string> asked;
    bool asked_for_life = false;
    while (!stop.stop_requested()) {
        TRY(follow_wishes(connection, asked));
        const auto now = std::chrono::steady_clock::now();
        auto reply = connection.receive(now + (asked_for_life ? target_.timeout : kSilence));
        if (reply) {
            asked_for_life = false;
            if (*reply) {
                handle(**reply);
            }
            continue;
        }
        if (reply.error().code != Errc::timeout || asked_for_life) {
            return std::unexpected(std::move(reply).error());
        }
        TRY(connection.send({"PING"}, now + target_.timeout));
        asked_for_life = true;
    }
    return {};
}

Result<void> RedisListener::follow_wishes(RedisConnection& connection, std::set<std::string>& asked)
{
    std::set<std::string> wanted;
    state_.with([&](State& state) {
        for (const auto& [channel, count] : state.wanted) {
            wanted.insert(channel);
        }
        std::erase_if(state.confirmed, [&](const auto& channel) { return !wanted.contains(channel); });
    });
    const auto deadline = std::chrono::steady_clock::now() + target_.timeout;
    for (const auto& channel : wanted) {
        if (!asked.contains(channel)) {
            TRY(connection.send({"SUBSCRIBE", channel}, deadline));
        }
    }
    for (const auto& channel : asked) {
        if (!wanted.contains(channel)) {
            TRY(connection.send({"UNSUBSCRIBE", channel}, deadline));
        }
    }
    asked = std::move(wanted);
    return {};
}

void RedisListener::handle(const Reply& reply)
{
    if (reply.items.size() < 3) {
        return;  // the answer to PING
    }
    const auto& kind = reply.items[0].text;
    if (kind == "message") {
        receive_(reply.items[1].text, reply.items[2].text);
    } else if (kind == "subscribe") {
        state_.with([&](State& state) {
            if (state.wanted.contains(reply.items[1].text)) {
                state.confirmed.insert(reply.items[1].text);
            }
        });
        changed_.notify_all();
    }
}

}  // namespace ss::storage

#pragma once
/// Browsers without a network: a socket that remembers what it was sent.

#include <ss/realtime.hpp>
#include <ss/storage.hpp>
#include <ss/testing/migrated.hpp>
#include <ss/time.hpp>

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace ss::realtime::test {

using namespace std::chrono_literals;

class FakeSocket final : public http::Socket {
public:
    void send(std::string text) override
    {
        const std::lock_guard hold{mutex_};
        if (close_code_ == 0) {
            frames_.push_back(nlohmann::json::parse(text));
            changed_.notify_all();
        }
    }
    void close(std::uint16_t code, std::string_view) override
    {
        const std::lock_guard hold{mutex_};
        close_code_ = code;
        changed_.notify_all();
    }

    /// Waits for what other threads do; false after a long time.
    bool wait(const std::function<bool(const std::vector<nlohmann::json>&, int)>& condition)
    {
        std::unique_lock hold{mutex_};
        return changed_.wait_for(hold, 20s, [&] { return condition(frames_, close_code_); });
    }
    bool wait_for_frames(std::size_t count)
    {
        return wait([&](const auto& frames, int) { return frames.size() >= count; });
    }
    std::vector<nlohmann::json> frames()
    {
        const std::lock_guard hold{mutex_};
        return frames_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<nlohmann::json> frames_;
    int close_code_ = 0;
};

class RealtimeTest : public ::testing::TestWithParam<storage::Engine> {
protected:
    RealtimeTest()
    {
        auto opened = storage::KeyValue::open({.url = Secret{"memory:"}, .ca_file = {}}, clock);
        key_value = std::move(*opened);
        stream = std::make_unique<Stream>(*key_value);
    }

    std::unique_ptr<Hub> make_hub(Hub::Options options = {})
    {
        auto hub = std::make_unique<Hub>(*database, *key_value, clock, options);
        hub->start();
        return hub;
    }

    /// Appends and commits one event.
    std::int64_t happen(WorkspaceId workspace, std::string_view kind = "message.received")
    {
        const auto number = database->write([&](storage::Session& session) {
            return stream->append(session, workspace, kind, R"({"text":"olá"})", clock.now());
        });
        EXPECT_TRUE(number) << number.error().message;
        return number.value_or(0);
    }

    static http::Caller caller(WorkspaceId workspace, std::int64_t user = 1, std::string session = "session-1")
    {
        return {.workspace = workspace,
                .user = UserId{user},
                .level = http::Access::agent,
                .session = std::move(session),
                .api_key = {}};
    }

    static Result<http::SocketEvents> open_with(Hub& hub, const std::string& ticket,
                                                const std::shared_ptr<FakeSocket>& socket,
                                                const std::string& after = {})
    {
        http::Request request;
        request.query_values = {{"ticket", ticket}};
        if (!after.empty()) {
            request.query_values.emplace_back("after", after);
        }
        return hub.open(request, socket);
    }

    static Result<http::SocketEvents> open(Hub& hub, const http::Caller& who, const std::shared_ptr<FakeSocket>& socket,
                                           const std::string& after = {})
    {
        return open_with(hub, hub.issue_ticket(who), socket, after);
    }

    ManualClock clock;
    ss::testing::MigratedDatabase database{GetParam()};
    std::unique_ptr<storage::KeyValue> key_value;
    std::unique_ptr<Stream> stream;
    WorkspaceId shop{1};
};

}  // namespace ss::realtime::test

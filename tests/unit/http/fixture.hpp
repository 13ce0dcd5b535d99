#pragma once
/// A running server with a few routes, on a port of its own.

#include "raw_client.hpp"

#include <ss/http.hpp>

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace ss::http::test {

using namespace std::chrono_literals;

/// Opens once.
class Latch {
public:
    void open()
    {
        const std::lock_guard hold{mutex_};
        is_open_ = true;
        changed_.notify_all();
    }
    bool wait(std::chrono::milliseconds longest = 5s)
    {
        std::unique_lock hold{mutex_};
        return changed_.wait_for(hold, longest, [this] { return is_open_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_open_ = false;
};

/// How long is patience only; what is waited for is bounded by the server's own, far shorter limits.
inline bool eventually(const std::function<bool()>& condition)
{
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (!condition() && std::chrono::steady_clock::now() < until) {
        std::this_thread::yield();
    }
    return condition();
}

class ServerTest : public testing::Test {
protected:
    ServerTest()
    {
        add(Method::get, "/ping", [](const Request&) { return json_response(200, {{"pong", true}}); });
        add(Method::get, "/who", [](const Request& request) {
            return json_response(200, {{"remote", request.remote}, {"secure", request.secure}, {"id", request.id}});
        });
        add(Method::get, "/big", [](const Request&) { return json_response(200, std::string(100'000, 'a')); });
        add(Method::get, "/huge", [](const Request&) { return json_response(200, std::string(32'000'000, 'a')); });
        add(Method::get, "/none", [](const Request&) { return Response{.status = 204, .content_type = {}}; });
        add(Method::get, "/wait", [this](const Request&) {
            ++waiting;
            gate.wait();
            return json_response(200, "waited");
        });
        add(Method::post, "/echo", [](const Request& request) {
            return Response{.body = request.body, .content_type = "application/octet-stream"};
        });
    }

    ~ServerTest() override
    {
        gate.open();
        server.reset();
    }

    void add(Method method, std::string_view path, std::function<Response(const Request&)> handler)
    {
        Route route{.method = method, .path = path, .about = "Test.", .tag = "test", .access = Access::open};
        route.handler = [handler = std::move(handler)](const Request& request) -> Result<Response> {
            return handler(request);
        };
        route.raw_body = method == Method::post;
        route.body_limit = 100'000;
        router.add(std::move(route));
    }

    void start()
    {
        server = std::make_unique<Server>(options, router);
        for (auto& route : socket_routes) {
            server->add(route);
        }
        const auto started = server->start();
        ASSERT_TRUE(started) << started.error().message;
    }

    [[nodiscard]] std::uint16_t port() const { return server->port(); }

    static std::string get(std::string_view path, std::string_view headers = {})
    {
        return "GET " + std::string{path} + " HTTP/1.1\r\nHost: x\r\n" + std::string{headers} + "\r\n";
    }

    static std::string post(std::string_view path, std::string_view body, std::string_view headers = {})
    {
        return "POST " + std::string{path} + " HTTP/1.1\r\nHost: x\r\n" + std::string{headers} +
               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
    }

    Latch gate;
    std::atomic<int> waiting{0};
    ServerOptions options{.workers = 4, .trusted_proxies = {}, .cors_origins = {}};
    Router router;
    std::vector<SocketRoute> socket_routes;
    std::unique_ptr<Server> server;
};

}  // namespace ss::http::test

#pragma once
/// One client connection: reads a request, has it answered, writes, and again.

#include "answer.hpp"
#include "core.hpp"
#include "head.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ss::http {

class WebSocket;

/// In its coroutines co_await stands only as a whole initialiser or statement, never in a condition: g++ 12 compiles
/// `if (!co_await send(…))` to a frame that overwrites itself. Nor is anything with a destructor made beside it.
/// Lives on its loop's thread; every call must come from there. Shared because its coroutine and its timer hold it.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(Core& core, Loop& loop, asio::ip::tcp::socket socket, std::string address);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void start();
    /// Ends an idle connection now, a busy one after its answer; a WebSocket stays.
    void drain();
    /// 1001 for a WebSocket.
    void go_away();
    void cut();
    [[nodiscard]] bool is_websocket() const { return websocket_ != nullptr; }

private:
    using Time = std::chrono::steady_clock::time_point;
    enum class Next { request, linger, close };

    asio::awaitable<void> run();
    asio::awaitable<Next> one_request();
    asio::awaitable<bool> read_head(HeadReader& reader);
    asio::awaitable<Next> dispatch(Head& head);
    asio::awaitable<Next> take_request(Head& head, Request& request);
    asio::awaitable<std::optional<Refusal>> read_body(const Head& head, std::size_t limit, std::string& body);
    asio::awaitable<std::optional<Refusal>> fill_body(const Head& head, std::size_t limit, std::string& body);
    asio::awaitable<Next> upgrade(const Head& head, const Request& request, const SocketRoute& route);
    asio::awaitable<Next> send_answer(const Answer& answer);
    asio::awaitable<Next> send_last(Answer answer, bool unread);
    asio::awaitable<bool> send_stream(const Answer& answer);
    // Not coroutines themselves: what they are given is used up before they return.
    asio::awaitable<Next> refuse(const Request& request, Refusal refusal);
    asio::awaitable<Next> refuse(const Request& request, Refusal refusal, const Header& header);
    asio::awaitable<Next> answer_here(const Request& request, Response response, bool unread);
    asio::awaitable<void> linger();

    asio::awaitable<std::size_t> receive(std::string& into, std::size_t most);
    asio::awaitable<bool> send(std::string_view first, std::string_view second);

    void begin_request(const Head& head, Request& request);
    [[nodiscard]] std::optional<Refusal> read_request(Head& head, Request& request);
    [[nodiscard]] const SocketRoute* socket_route(std::string_view path) const;
    [[nodiscard]] std::string allowed_methods(std::string_view path) const;
    void update_body_deadline(Time started, std::size_t received);

    void set_deadline(Time deadline);
    void arm();
    void close();

    Core& core_;
    Loop& loop_;
    asio::ip::tcp::socket socket_;
    std::string address_;
    asio::steady_timer timer_;
    Time deadline_ = Time::max();
    Time armed_ = Time::max();
    bool is_armed_ = false;
    bool timed_out_ = false;
    bool idle_ = false;
    bool first_ = true;
    unsigned reads_ = 0;
    std::string in_;
    Asked asked_;
    std::shared_ptr<WebSocket> websocket_;
};

}  // namespace ss::http

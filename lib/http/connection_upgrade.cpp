// A connection that becomes a WebSocket, and its end.
#include "connection.hpp"
#include "on_worker.hpp"
#include "refusal.hpp"
#include "websocket.hpp"

#include <algorithm>
#include <exception>

namespace ss::http {

const SocketRoute* Connection::socket_route(std::string_view path) const
{
    const auto found = std::ranges::find(core_.socket_routes, path, &SocketRoute::path);
    return found == core_.socket_routes.end() ? nullptr : &*found;
}

void Connection::cut()
{
    close();
    if (websocket_) {
        websocket_->cut();
    }
}

void Connection::go_away()
{
    if (websocket_) {
        websocket_->close(1001, "the server is going away");
    }
}

asio::awaitable<Connection::Next> Connection::upgrade(const Head& head, const Request& request,
                                                      const SocketRoute& route)
{
    const bool sound = list_members(head.headers, "upgrade") == std::vector<std::string>{"websocket"} &&
                       !head.header("sec-websocket-key").empty() && !head.has_body() && in_.empty();
    if (!sound) {
        co_return co_await refuse(request, {400, "this is not a WebSocket handshake"});
    }
    if (head.header("sec-websocket-version") != "13") {
        const Header extra{"Sec-WebSocket-Version", "13"};
        co_return co_await refuse(request, {426, "only WebSocket version 13 is spoken"}, extra);
    }
    const auto origin = head.header("origin");
    if (!origin.empty() && std::ranges::find(route.origins, origin) == route.origins.end()) {
        co_return co_await refuse(request, {403, "this origin may not connect"});
    }
    websocket_ = std::make_shared<WebSocket>(core_, socket_.get_executor(), route);
    auto open = [&route, websocket = websocket_, request]() -> Result<SocketEvents> {
        try {
            return route.open(request, websocket);
        } catch (const std::exception&) {
            return fail(Errc::internal, "opening the WebSocket failed");
        }
    };
    auto opening =
        on_worker<Result<SocketEvents>>(core_.workers, socket_.get_executor(), Admission::bounded, std::move(open));
    auto opened = co_await std::move(opening);
    if (!opened || !*opened) {
        websocket_->abandon();
        websocket_ = nullptr;
        if (!opened) {
            ++core_.refused;
            co_return co_await refuse(request, {503, "there are too many requests at once"});
        }
        auto response = problem(opened->error(), request.id);
        auto answering = answer_here(request, std::move(response), true);
        co_return co_await std::move(answering);
    }
    core_.router.report(request, 101, {});
    auto serving = websocket_->serve(std::move(socket_), head, request, std::move(**opened));
    co_await std::move(serving);
    co_return Next::close;
}

}  // namespace ss::http

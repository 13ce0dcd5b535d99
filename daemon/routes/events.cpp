// /api/v1/events: a ticket, and the WebSocket it opens.
#include "../routes.hpp"

#include <ss/http.hpp>
#include <ss/realtime.hpp>

#include <nlohmann/json.hpp>

namespace ss::daemon {

void add_event_routes(http::Router& router, realtime::Hub& hub)
{
    router.add(http::Schema{.name = "EventTicket",
                            .about = "Opens the WebSocket /api/v1/events?ticket=… once, within 30 seconds.",
                            .fields = {{.name = "ticket"}}});
    router.add(
        {.method = http::Method::post,
         .path = "/api/v1/events/ticket",
         .about = "A single-use ticket for the WebSocket of events (a browser cannot send Authorization with one).",
         .tag = "auth",
         .access = http::Access::viewer,
         .returns = "EventTicket",
         .success = 201,
         .handler = [&hub](const http::Request& request) -> Result<http::Response> {
             return http::json_response(201, {{"ticket", hub.issue_ticket(request.caller)}});
         },
         .holds_secret = true,
         .per_minute = 60});
}

http::SocketRoute event_socket(realtime::Hub& hub, std::vector<std::string> origins)
{
    return {.path = "/api/v1/events",
            .open = [&hub](const http::Request& request,
                           std::shared_ptr<http::Socket> socket) { return hub.open(request, std::move(socket)); },
            .origins = std::move(origins)};
}

}  // namespace ss::daemon

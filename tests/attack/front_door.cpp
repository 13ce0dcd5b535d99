// A server with nothing behind it, so that the front door can be attacked and measured by itself.
//   ss_front_door [PORT]     prints "listening on 127.0.0.1:PORT" and serves until SIGTERM
#include <ss/http.hpp>

#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace {

using namespace ss;

http::Route route(http::Method method, std::string_view path, http::Handler handler)
{
    return {.method = method,
            .path = path,
            .about = "For attacks.",
            .tag = "attack",
            .access = http::Access::open,
            .scope = {},
            .fields = {},
            .returns = {},
            .errors = {},
            .handler = std::move(handler),
            .aliases = {}};
}

http::Router make_router()
{
    http::Router router;
    router.add(route(http::Method::get, "/health/live", [](const http::Request&) -> Result<http::Response> {
        return http::json_response(200, {{"status", "ok"}});
    }));
    auto echo = route(http::Method::post, "/echo", [](const http::Request& request) -> Result<http::Response> {
        return http::Response{.status = 200,
                              .body = request.body,
                              .content_type = "application/octet-stream",
                              .headers = {},
                              .stream = {}};
    });
    echo.raw_body = true;
    echo.body_limit = 1024 * 1024;
    router.add(std::move(echo));
    router.add(route(http::Method::get, "/big",
                     [big = std::string(256'000, 'a')](const http::Request&) -> Result<http::Response> {
                         return http::Response{
                             .status = 200, .body = big, .content_type = "text/plain", .headers = {}, .stream = {}};
                     }));
    return router;
}

}  // namespace

int main(int argc, char** argv)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, nullptr);

    const auto router = make_router();
    http::ServerOptions options;
    options.port = argc > 1 ? static_cast<std::uint16_t>(std::atoi(argv[1])) : 0;
    http::Server server{options, router};
    if (const auto started = server.start(); !started) {
        fmt::print(stderr, "{}\n", to_string(started.error()));
        return 1;
    }
    fmt::print("listening on 127.0.0.1:{}\n", server.port());
    std::fflush(stdout);
    int signal = 0;
    sigwait(&signals, &signal);
    server.stop(std::chrono::seconds{5});
    return 0;
}

// The HTTP side: one handler for everything, faults first.

#include "server.hpp"

#include <ss/crypto.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace ss::sandbox {
namespace {

constexpr std::size_t kHuge = 1'000'000'000;

std::optional<Fault> take_fault(World& world, std::string_view route)
{
    for (auto fault = world.faults.begin(); fault != world.faults.end(); ++fault) {
        if (fault->route != "*" && fault->route != route) {
            continue;
        }
        if (fault->skip > 0) {
            --fault->skip;
            continue;
        }
        const auto taken = *fault;
        if (fault->times > 0 && --fault->times == 0) {
            world.faults.erase(fault);
        }
        return taken;
    }
    return std::nullopt;
}

void write(const Answer& answer, httplib::Response& response)
{
    response.status = answer.status;
    if (!answer.location.empty()) {
        response.set_header("Location", answer.location);
    }
    response.set_content(answer.body, answer.content_type);
}

// What Meta's answers carry besides the body.
void add_usual_headers(const World& world, httplib::Response& response)
{
    response.set_header("facebook-api-version", "v25.0");
    response.set_header("x-fb-request-id", "A" + crypto::random_token(16));
    response.set_header("Cache-Control", "private, no-cache, no-store, must-revalidate");
    if (world.usage_percent < 0) {
        return;
    }
    const json app{{"call_count", world.usage_percent},
                   {"total_time", world.usage_percent},
                   {"total_cputime", world.usage_percent}};
    json use = app;
    use["type"] = "instagram";
    use["estimated_time_to_regain_access"] = world.minutes_to_regain;
    response.set_header("x-app-usage", app.dump());
    response.set_header("x-business-use-case-usage", json{{world.business.id, json::array({use})}}.dump());
}

Answer no_such_object(const Call& call)
{
    return answer(GraphError{
        .code = 100,
        .subcode = 33,
        .message =
            fmt::format("Unsupported {} request. Object with ID '{}' does not exist, cannot be loaded due to missing "
                        "permissions, or does not support this operation",
                        call.method == "POST" ? "post" : "get", call.path.empty() ? "" : call.path[0]),
        .type = "GraphMethodException"});
}

Answer failure_of(const Fault& fault)
{
    if (!fault.body.empty()) {
        return {.status = fault.status, .body = fault.body};
    }
    const GraphError error{
        .code = fault.code,
        .subcode = fault.subcode,
        .message = fault.message.empty() ? fmt::format("(#{}) An error made on purpose", fault.code) : fault.message,
        .status = fault.status};
    return answer(error);
}

}  // namespace

Server::Server(Core& core, std::function<Answer(const httplib::Request&)> control)
    : core_{core}, control_{std::move(control)}
{
    const auto handler = [this](const httplib::Request& request, httplib::Response& response) {
        serve(request, response);
    };
    listener_.Get(".*", handler).Post(".*", handler).Delete(".*", handler);
    listener_.set_exception_handler(
        [](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
            write(answer(GraphError{.code = 1, .message = "An unknown error occurred", .status = 500}), response);
        });
}

Server::~Server()
{
    stop();
}

Result<int> Server::start(const std::string& host, int port)
{
    const int bound = port == 0 ? listener_.bind_to_any_port(host) : listener_.bind_to_port(host, port) ? port : -1;
    if (bound < 0) {
        return fail(Errc::unavailable, fmt::format("{}:{} cannot be listened on", host, port),
                    "is another program using the port?");
    }
    core_.world.lock()->options.port = bound;
    thread_ = std::thread{[this] { listener_.listen_after_bind(); }};
    while (!listener_.is_running()) {
        std::this_thread::yield();
    }
    return bound;
}

void Server::stop()
{
    is_stopping_ = true;
    if (thread_.joinable()) {
        listener_.close_connections();
        listener_.stop();
        thread_.join();
    }
}

void Server::pause(std::chrono::milliseconds time) const
{
    const auto end = std::chrono::steady_clock::now() + time;
    while (!is_stopping_ && std::chrono::steady_clock::now() < end) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        std::this_thread::sleep_for(std::min(left, std::chrono::milliseconds{20}));
    }
}

void Server::serve(const httplib::Request& request, httplib::Response& response)
{
    if (request.path.starts_with("/__sandbox/")) {
        write(control_(request), response);
    } else if (request.path.starts_with("/cdn/")) {
        write({.body = sample_picture(), .content_type = "image/jpeg"}, response);
    } else {
        serve_graph(request, response);
    }
}

void Server::serve_graph(const httplib::Request& request, httplib::Response& response)
{
    const Call call{request};
    const auto route = find_route(core_, call);
    std::optional<Fault> fault;
    {
        auto world = core_.world.lock();
        ++world->calls[route.handler == nullptr ? std::string{"unknown"} : std::string{route.name}];
        fault = take_fault(*world, route.name);
        add_usual_headers(*world, response);
    }
    if (fault) {
        pause(fault->latency);
    }
    if (fault && !fault->only_latency) {
        misbehave(*fault, route, call, request, response);
    } else {
        write(route.handler == nullptr ? no_such_object(call) : route.handler(core_, call, route.id), response);
    }
}

void Server::misbehave(const Fault& fault, const Route& route, const Call& call, const httplib::Request& request,
                       httplib::Response& response)
{
    const auto done = [&] {
        return route.handler == nullptr ? no_such_object(call) : route.handler(core_, call, route.id);
    };
    switch (fault.effect) {
        case Effect::answer:
            if (fault.retry_after > 0) {
                response.set_header("Retry-After", std::to_string(fault.retry_after));
            }
            return write(failure_of(fault), response);
        case Effect::reset_after:
            write(done(), response);
            return listener_.reset_connection(request);
        case Effect::reset_before:
            return listener_.reset_connection(request);
        case Effect::error_in_200:
            return write({.status = 200, .body = failure_of(fault).body}, response);
        case Effect::html:
            return write({.status = 502, .body = "<html><h1>502 Bad Gateway</h1></html>", .content_type = "text/html"},
                         response);
        case Effect::not_json:
            return write({.status = 200, .body = "for (;;);{\"error\":"}, response);
        case Effect::truncated: {
            const auto whole = done();
            response.status = whole.status;
            response.set_content_provider(
                whole.body.size(), whole.content_type,
                [body = whole.body](std::size_t offset, std::size_t, httplib::DataSink& sink) {
                    return offset == 0 && sink.write(body.data(), body.size() / 2);
                });
            return;
        }
        case Effect::drip:
            response.set_chunked_content_provider("application/json", [this](std::size_t, httplib::DataSink& sink) {
                pause(std::chrono::milliseconds{100});
                return !is_stopping_ && sink.write(" ", 1);
            });
            return;
        case Effect::huge:
            response.set_content_provider(
                kHuge, "application/json", [this](std::size_t offset, std::size_t, httplib::DataSink& sink) {
                    static const std::string kBlock(65'536, ' ');
                    return !is_stopping_ && sink.write(kBlock.data(), std::min(kBlock.size(), kHuge - offset));
                });
            return;
    }
}

}  // namespace ss::sandbox

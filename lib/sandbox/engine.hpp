#pragma once
/// What is behind the public class.

#include "control.hpp"
#include "core.hpp"
#include "server.hpp"

#include <ss/guarded.hpp>

#include <string>
#include <string_view>
#include <thread>

namespace ss::sandbox {

class Sandbox::Engine {
public:
    Engine(Sandbox& owner, const Options& options)
        : core{options}, server{core, [&owner](const httplib::Request& request) { return control(owner, request); }}
    {
    }

    /// A webhook about `mid` from a customer, as one member of a messaging item.
    std::string tell(std::string_view customer, const std::string& mid, const json& kind);
    void run_stream(const std::stop_token& stop, double per_second, int batch, std::int64_t count);

    Core core;
    Server server;
    int port = 0;
    Guarded<std::jthread> stream;
};

}  // namespace ss::sandbox

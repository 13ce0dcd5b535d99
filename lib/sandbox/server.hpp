#pragma once
/// From an HTTP request to a route, through the faults that were asked for.

#include "core.hpp"
#include "listener.hpp"

#include <atomic>
#include <functional>
#include <thread>

namespace ss::sandbox {

class Server {
public:
    /// Borrows the core. `control` answers `/__sandbox/…`.
    Server(Core& core, std::function<Answer(const httplib::Request&)> control);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] Result<int> start(const std::string& host, int port);
    void stop();

private:
    void serve(const httplib::Request& request, httplib::Response& response);
    void serve_graph(const httplib::Request& request, httplib::Response& response);
    void misbehave(const Fault& fault, const Route& route, const Call& call, const httplib::Request& request,
                   httplib::Response& response);
    void pause(std::chrono::milliseconds time) const;

    Core& core_;
    std::function<Answer(const httplib::Request&)> control_;
    Listener listener_;
    std::atomic<bool> is_stopping_ = false;
    std::thread thread_;
};

}  // namespace ss::sandbox

#pragma once
/// A shop's webhook callback, as simple as can be.

#include <ss/guarded.hpp>

#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace ss::sandbox::test {

struct Received {
    std::string body;
    std::string signature;  ///< Of /form: its content type.
};

class Callback {
public:
    Callback()
    {
        server_.set_tcp_nodelay(true);
        server_.set_keep_alive_timeout(0);
        server_.Post("/hook", [this](const httplib::Request& request, httplib::Response& response) {
            response.status = refuse > 0 && refuse-- > 0 ? 500 : 200;
            if (response.status == 200) {
                received_.lock()->push_back({request.body, request.get_header_value("X-Hub-Signature-256")});
            }
        });
        server_.Post("/form", [this](const httplib::Request& request, httplib::Response& response) {
            received_.lock()->push_back({request.body, request.get_header_value("Content-Type")});
            response.set_content(R"({"url":"https://shop/deletion/1","confirmation_code":"1"})", "application/json");
        });
        server_.Get("/hook", [](const httplib::Request& request, httplib::Response& response) {
            const bool right = request.get_param_value("hub.verify_token") == "sandbox-verify-token";
            response.status = right ? 200 : 403;
            response.set_content(right ? request.get_param_value("hub.challenge") : "", "text/plain");
        });
        port_ = server_.bind_to_any_port("127.0.0.1");
        thread_ = std::thread{[this] { server_.listen_after_bind(); }};
        while (!server_.is_running()) {
            std::this_thread::yield();
        }
    }
    ~Callback()
    {
        server_.stop();
        thread_.join();
    }
    Callback(const Callback&) = delete;
    Callback& operator=(const Callback&) = delete;

    [[nodiscard]] std::string url(const std::string& path = "/hook") const
    {
        return "http://127.0.0.1:" + std::to_string(port_) + path;
    }
    [[nodiscard]] std::vector<Received> received() { return *received_.lock(); }

    std::atomic<int> refuse = 0;  ///< So many answers are 500.

private:
    httplib::Server server_;
    Guarded<std::vector<Received>> received_;
    int port_ = 0;
    std::thread thread_;
};

}  // namespace ss::sandbox::test

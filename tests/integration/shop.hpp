#pragma once
/// A whole shop for a test: a migrated database, the pretend Instagram, the real daemon, and clients that call it.

#include <ss/net.hpp>
#include <ss/sandbox.hpp>
#include <ss/testing/daemon.hpp>
#include <ss/testing/redis.hpp>
#include <ss/testing/temp_dir.hpp>
#include <ss/time.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ss::testing {

struct Answer {
    int status = 0;  ///< 0: there was no answer.
    net::Response response;
    std::string body;
    nlohmann::json json;  ///< Null when the body is none.

    [[nodiscard]] std::string header(std::string_view lower_case_name) const
    {
        return std::string{response.header(lower_case_name)};
    }
    [[nodiscard]] std::string code() const { return json.is_object() ? json.value("code", "") : ""; }
};

/// Calls the API as one user or as nobody. Safe to share between threads once `token` is set.
class Api {
public:
    explicit Api(std::string url) : url_{std::move(url)} {}

    using Headers = net::Fields;
    [[nodiscard]] Answer call(std::string_view method, std::string_view path, std::optional<nlohmann::json> body = {},
                              Headers headers = {}) const;
    [[nodiscard]] Answer raw(std::string_view method, std::string_view path, std::string_view content_type,
                             std::string body, Headers headers = {}) const;
    [[nodiscard]] Answer get(std::string_view path) const { return call("GET", path); }
    [[nodiscard]] Answer post(std::string_view path, nlohmann::json body = nlohmann::json::object(),
                              Headers headers = {}) const
    {
        return call("POST", path, std::move(body), std::move(headers));
    }

    [[nodiscard]] const std::string& url() const { return url_; }
    std::string token;
    std::string refresh_token;
    std::string session;

private:
    std::string url_;
    /// Shared by the copies of a client: connections are kept alive over calls.
    struct Wire {
        SystemClock clock;
        net::HttpClient client{clock};
    };
    std::shared_ptr<Wire> wire_ = std::make_shared<Wire>();
};

enum class Backend { sqlite, postgres_and_redis };
[[nodiscard]] std::string name_of(const ::testing::TestParamInfo<Backend>& info);

/// Waits until `condition` holds, looking every few milliseconds. False when it does not within `patience`.
[[nodiscard]] bool eventually(const std::function<bool()>& condition,
                              std::chrono::milliseconds patience = std::chrono::seconds{20});

class Shop {
public:
    /// `settings` by environment name; they win over the shop's own.
    explicit Shop(Backend backend, std::map<std::string, std::string> settings = {},
                  sandbox::Options sandbox_options = {});
    ~Shop();

    /// Migrates and starts. A failure fails the test.
    void open();
    /// SIGKILL and a new start on the same data.
    void crash_and_restart();

    [[nodiscard]] Api api() const { return Api{daemon->url()}; }
    /// A registered user of a new workspace, logged in.
    [[nodiscard]] Api owner(std::string_view email = "maria@loja.example");
    /// The Instagram account connected through the OAuth pages of the sandbox. Returns our account's id.
    std::int64_t connect(const Api& api);
    /// A workspace with a connected account and one conversation.
    struct Ready {
        Api api;
        std::int64_t account = 0;
        std::int64_t conversation = 0;
        sandbox::Customer customer;
    };
    [[nodiscard]] Ready ready(std::string_view email = "maria@loja.example");

    /// What ssctl does with the same settings.
    [[nodiscard]] Finished ssctl(const std::vector<std::string>& arguments) const;

    /// Runs SQL on the shop's database, in the words of its engine. A failure fails the test.
    void script(std::string_view sqlite, std::string_view postgres) const;
    void script(std::string_view sql) const { script(sql, sql); }

    Backend backend;
    TempDir folder;
    std::string database_url;
    std::unique_ptr<RedisServer> redis;
    std::unique_ptr<sandbox::Sandbox> sandbox;
    std::unique_ptr<Daemon> daemon;
};

inline constexpr std::string_view kPassword = "girassol amarelo na janela";

}  // namespace ss::testing

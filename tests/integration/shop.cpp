// Puts a shop together: database, sandbox, daemon; and the client calls that tests share.
#include "shop.hpp"

#include <ss/storage.hpp>
#include <ss/testing/postgres.hpp>

#include <fmt/core.h>

#include <chrono>
#include <utility>

#include <poll.h>

namespace ss::testing {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

/// The path and query of an absolute address.
std::string path_of(std::string_view url)
{
    const auto begin = url.find('/', url.find("://") + 3);
    auto path = std::string{url.substr(begin)};
    return path.substr(0, path.find('#'));
}

std::map<std::string, std::string> settings_of(const Shop& shop, std::uint16_t port)
{
    const auto base = shop.sandbox->base_url();
    const auto self = fmt::format("http://127.0.0.1:{}", port);
    const auto hook = shop.sandbox->webhook();
    std::map<std::string, std::string> settings{
        {"SS_MODE", "development"},
        {"SS_DATA_DIR", shop.folder.path().string()},
        {"SS_DATABASE_URL", shop.database_url},
        {"SS_PUBLIC_URL", self},
        {"SS_AUTH_JWT_SECRET", "a-secret-for-access-tokens-of-tests-0001"},
        {"SS_AUTH_REFRESH_SECRET", "a-secret-for-refresh-tokens-of-tests-0002"},
        {"SS_CRYPTO_DATA_KEYS", "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="},
        {"SS_INSTAGRAM_APP_ID", "990000000000001"},
        {"SS_INSTAGRAM_APP_SECRET", hook.app_secret},
        {"SS_INSTAGRAM_VERIFY_TOKEN", hook.verify_token},
        {"SS_INSTAGRAM_AUTHORIZE_URL", base + "/oauth/authorize"},
        {"SS_INSTAGRAM_API_URL", base},
        {"SS_INSTAGRAM_GRAPH_URL", base},
        {"SS_INSTAGRAM_UPLOAD_URL", base},
        {"SS_LOG_FORMAT", "text"},
    };
    if (shop.redis) {
        settings["SS_REDIS_URL"] = shop.redis->url().reveal();
    }
    return settings;
}

}  // namespace

std::string name_of(const ::testing::TestParamInfo<Backend>& info)
{
    return info.param == Backend::sqlite ? "sqlite" : "postgres_and_redis";
}

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds patience)
{
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        poll(nullptr, 0, 10);
    }
    return true;
}

Answer Api::raw(std::string_view method, std::string_view path, std::string_view content_type, std::string body,
                Headers headers) const
{
    net::Request request;
    request.method = method;
    request.url = path.starts_with("http://") ? std::string{path} : url_ + std::string{path};
    request.headers = std::move(headers);
    if (!token.empty()) {
        request.headers.emplace_back("Authorization", "Bearer " + token);
    }
    if (!content_type.empty()) {
        request.body = {std::string{content_type}, std::move(body)};
    }
    request.max_answer = std::size_t{16} << 20U;
    Answer answer;
    if (auto reply = wire_->client.send(request)) {
        answer.status = reply->status;
        answer.body = reply->body;
        answer.json = json::parse(answer.body, nullptr, false);
        if (answer.json.is_discarded()) {
            answer.json = nullptr;
        }
        answer.response = std::move(*reply);
    } else {
        answer.body = reply.error().message;
    }
    return answer;
}

Answer Api::call(std::string_view method, std::string_view path, std::optional<json> body, Headers headers) const
{
    return body ? raw(method, path, "application/json", body->dump(), std::move(headers))
                : raw(method, path, "", "", std::move(headers));
}

Shop::Shop(Backend which, std::map<std::string, std::string> settings, sandbox::Options sandbox_options)
    : backend{which}
{
    if (backend == Backend::postgres_and_redis) {
        database_url = fresh_postgres_database();
        redis = std::make_unique<RedisServer>();
    } else {
        database_url = "sqlite:" + (folder / "shop.db").string();
    }
    sandbox = std::make_unique<sandbox::Sandbox>(std::move(sandbox_options));
    EXPECT_TRUE(sandbox->start());
    daemon = std::make_unique<Daemon>(std::map<std::string, std::string>{});
    daemon->environment() = settings_of(*this, daemon->port());
    for (auto& [name, value] : settings) {
        daemon->environment()[name] = value;
    }
    auto hook = sandbox->webhook();
    hook.callback_url = daemon->url() + "/webhooks/instagram";
    hook.retry_base = 100ms;
    sandbox->set_webhook(hook);
}

Shop::~Shop()
{
    daemon.reset();
    sandbox.reset();
    if (backend == Backend::postgres_and_redis) {
        drop_postgres_database(database_url);
    }
}

void Shop::script(std::string_view sqlite, std::string_view postgres) const
{
    const auto database = storage::Database::open({.url = Secret{database_url}});
    ASSERT_TRUE(database) << database.error().message;
    const auto done = (*database)->connect().value()->script(backend == Backend::sqlite ? sqlite : postgres);
    ASSERT_TRUE(done) << done.error().message;
}

Finished Shop::ssctl(const std::vector<std::string>& arguments) const
{
    return run_program("ssctl", arguments, daemon->environment());
}

void Shop::open()
{
    const auto migrated = ssctl({"migrate", "up"});
    ASSERT_EQ(migrated.exit_code, 0) << migrated.output;
    ASSERT_TRUE(daemon->start()) << daemon->log();
}

void Shop::crash_and_restart()
{
    daemon->kill();
    ASSERT_TRUE(daemon->start()) << daemon->log();
}

Api Shop::owner(std::string_view email)
{
    auto client = api();
    const auto answer =
        client.post("/api/v1/auth/register",
                    {{"email", email}, {"password", kPassword}, {"name", "Maria"}, {"workspace", "Loja da Maria"}});
    EXPECT_EQ(answer.status, 201) << answer.body;
    if (answer.status == 201) {
        client.token = answer.json.at("access_token");
        client.refresh_token = answer.json.at("refresh_token");
        client.session = answer.json.at("session");
    }
    return client;
}

std::int64_t Shop::connect(const Api& client)
{
    const auto begun = client.post("/api/v1/accounts/connect");
    EXPECT_EQ(begun.status, 200) << begun.body;
    if (begun.status != 200) {
        return 0;
    }
    const auto cookie = begun.header("set-cookie");
    const Api browser{client.url()};
    const auto page = browser.get(begun.json.at("authorize_url").get<std::string>());
    EXPECT_EQ(page.status, 302) << page.body;
    const auto back =
        browser.call("GET", path_of(page.header("location")), {}, {{"Cookie", cookie.substr(0, cookie.find(';'))}});
    EXPECT_EQ(back.status, 200) << back.body;
    return back.status == 200 ? back.json.at("account").get<std::int64_t>() : 0;
}

Shop::Ready Shop::ready(std::string_view email)
{
    Ready shop{.api = owner(email), .customer = sandbox->customers().front()};
    shop.account = connect(shop.api);
    sandbox->write(shop.customer.id, "Oi, ainda tem?");
    EXPECT_TRUE(eventually([&] {
        const auto list = shop.api.get("/api/v1/conversations");
        if (list.status != 200 || list.json.at("items").empty()) {
            return false;
        }
        shop.conversation = list.json.at("items").at(0).at("id");
        return true;
    }));
    return shop;
}

}  // namespace ss::testing

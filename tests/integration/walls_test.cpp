// Walls between workspaces, and between roles: every route of the table with somebody else's ids, with no credentials,
// and with too small a role.
#include "shop.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <vector>

namespace ss::testing {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

/// What another workspace's user tries: `{…}` in path and body is replaced by the victim's ids.
struct Try {
    std::string method;
    std::string path;
    json body = nullptr;
};

const std::vector<Try>& tries()
{
    static const std::vector<Try> all{
        {"GET", "/api/v1/accounts/{account}"},
        {"DELETE", "/api/v1/accounts/{account}"},
        {"GET", "/api/v1/conversations/{conversation}"},
        {"GET", "/api/v1/conversations/{conversation}/messages"},
        {"GET", "/api/v1/conversations/{conversation}/policy"},
        {"POST", "/api/v1/conversations/{conversation}/read", json::object()},
        {"PATCH", "/api/v1/conversations/{conversation}", {{"state", "archived"}}},
        {"GET", "/api/v1/conversations?account={account}"},
        {"GET", "/api/v1/messages?account={account}"},
        {"GET", "/api/v1/messages?conversation={conversation}"},
        {"GET", "/api/v1/messages/{message}"},
        {"POST", "/api/v1/messages", {{"conversation", "{conversation}"}, {"text", "roubado"}}},
        {"GET", "/api/v1/attachments/{attachment}"},
        {"GET", "/api/v1/media/{media}"},
        {"GET", "/api/v1/media/{media}/content"},
        {"POST", "/api/v1/posts", {{"account", "{account}"}, {"media", "{media}"}, {"caption", "roubado"}}},
        {"GET", "/api/v1/posts?account={account}"},
        {"GET", "/api/v1/posts/{post}"},
        {"PATCH", "/api/v1/posts/{post}", {{"caption", "roubado"}}},
        {"POST", "/api/v1/posts/{post}/cancel", json::object()},
        {"GET", "/api/v1/analytics/dashboard?account={account}"},
        {"GET", "/api/v1/users/{user}"},
        {"PATCH", "/api/v1/users/{user}", {{"role", "viewer"}}},
        {"DELETE", "/api/v1/api-keys/{key}"},
        {"DELETE", "/api/v1/auth/sessions/{session}"},
    };
    return all;
}

/// Routes of the document whose path names something that belongs to a workspace, as "GET /api/v1/…".
std::set<std::string> routes_with_ids(const json& openapi)
{
    std::set<std::string> found;
    for (const auto& [path, operations] : openapi.at("paths").items()) {
        if (!path.starts_with("/api/v1/") || path.find('{') == std::string::npos) {
            continue;
        }
        for (const auto& [method, operation] : operations.items()) {
            std::string upper = method;
            std::ranges::transform(upper, upper.begin(),
                                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
            found.insert(upper + " " + path);
        }
    }
    return found;
}

/// "{conversation}" → "{id}", as the table names it.
std::string as_row(const Try& attempt)
{
    auto path = attempt.path.substr(0, attempt.path.find('?'));
    const auto begin = path.find('{');
    if (begin != std::string::npos) {
        const auto end = path.find('}', begin);
        const auto name = path.substr(begin + 1, end - begin - 1);
        path.replace(begin, end - begin + 1, name == "session" ? "{session}" : "{id}");
    }
    return attempt.method + " " + path;
}

class Walls : public ::testing::TestWithParam<Backend> {
protected:
    void SetUp() override
    {
        shop.open();
        victim = shop.ready();
        shop.sandbox->write(victim.customer.id, sandbox::Writing{.attachments = {{"image", ""}}});
        ASSERT_TRUE(eventually([&] {
            const auto newest = victim.api.get("/api/v1/messages").json.at("items").at(0);
            const auto files = newest.at("attachments");
            ids["attachment"] = files.empty() ? "" : files.at(0).at("id").dump();
            return !files.empty() && files.at(0).at("media_state") == "stored";
        }));
        EXPECT_EQ(victim.api.get(filled("/api/v1/attachments/{attachment}")).status, 200);
        const auto picture = Api{shop.sandbox->base_url()}.get("/cdn/walls.jpg").body;
        ids["account"] = std::to_string(victim.account);
        ids["conversation"] = std::to_string(victim.conversation);
        const auto messages = victim.api.get("/api/v1/messages").json;
        ids["message"] = messages.at("items").at(0).at("id").dump();
        const auto media = victim.api.raw("POST", "/api/v1/media?name=a.jpg", "image/jpeg", picture);
        ASSERT_EQ(media.status, 201) << media.body;
        ids["media"] = media.json.at("id").dump();
        const auto post = victim.api.post(
            "/api/v1/posts", {{"account", victim.account}, {"media", media.json.at("id")}, {"caption", "meu"}});
        ASSERT_EQ(post.status, 201) << post.body;
        ids["post"] = post.json.at("id").dump();
        ids["user"] = victim.api.get("/api/v1/auth/me").json.at("id").dump();
        const auto key = victim.api.post("/api/v1/api-keys", {{"name", "x"}, {"scopes", {"messages:read"}}});
        ASSERT_EQ(key.status, 201) << key.body;
        ids["key"] = key.json.at("id").dump();
        ids["session"] = victim.api.session;
    }

    std::string filled(std::string text) const
    {
        for (const auto& [name, value] : ids) {
            const auto wanted = "{" + name + "}";
            if (const auto at = text.find(wanted); at != std::string::npos) {
                text.replace(at, wanted.size(), value);
            }
        }
        return text;
    }

    json filled_body(json body) const
    {
        for (auto& [name, value] : body.items()) {
            if (value.is_string() && value.get<std::string>().starts_with("{")) {
                value = std::stoll(filled(value.get<std::string>()));
            }
        }
        return body;
    }

    Answer attempt(const Api& api, const Try& what) const
    {
        return what.body.is_null() ? api.call(what.method, filled(what.path))
                                   : api.call(what.method, filled(what.path), filled_body(what.body));
    }

    Shop shop{GetParam()};
    Shop::Ready victim{.api = Api{""}};
    std::map<std::string, std::string> ids;
};

TEST_P(Walls, every_route_answers_404_to_another_workspaces_ids)
{
    const auto thief = shop.owner("ladrao@outra.example");
    const auto before = victim.api.get("/api/v1/audit").json.at("items").size();
    auto missing = routes_with_ids(shop.api().get("/api/openapi.json").json);
    for (const auto& what : tries()) {
        const auto answer = attempt(thief, what);
        EXPECT_EQ(answer.status, 404) << what.method << " " << what.path << ": " << answer.body;
        EXPECT_EQ(answer.code(), "not_found") << what.path;
        missing.erase(as_row(what));
    }
    for (const auto& row : missing) {
        ADD_FAILURE() << "this route names something of a workspace and is not tried: " << row;
    }
    EXPECT_EQ(victim.api.get("/api/v1/audit").json.at("items").size(), before) << "nothing happened";
    EXPECT_EQ(victim.api.get(filled("/api/v1/posts/{post}")).json.at("caption"), "meu");
    EXPECT_EQ(victim.api.get("/api/v1/auth/me").status, 200);
}

TEST_P(Walls, every_route_that_is_not_open_wants_a_good_token)
{
    const auto document = shop.api().get("/api/openapi.json").json;
    int closed = 0;
    for (const auto& [path, operations] : document.at("paths").items()) {
        for (const auto& [method, operation] : operations.items()) {
            const bool is_the_operators = path == "/health" || path == "/metrics";  // loopback may ask
            if (operation.value("security", json::array()).empty() || is_the_operators) {
                continue;
            }
            ++closed;
            auto address = path;
            while (address.find('{') != std::string::npos) {
                address.replace(address.find('{'), address.find('}') - address.find('{') + 1, "1");
            }
            std::string upper = method;
            std::ranges::transform(upper, upper.begin(), [](char c) { return static_cast<char>(c - 32); });
            auto nobody = shop.api();
            EXPECT_EQ(nobody.call(upper, address, upper == "GET" ? std::optional<json>{} : json::object()).status, 401)
                << upper << address;
            nobody.token = "garbage";
            EXPECT_EQ(nobody.call(upper, address, upper == "GET" ? std::optional<json>{} : json::object()).status, 401)
                << upper << address;
        }
    }
    EXPECT_GT(closed, 25);
}

TEST_P(Walls, a_role_may_do_what_its_level_says)
{
    const auto made =
        victim.api.post("/api/v1/users", {{"email", "ve@loja.example"}, {"role", "viewer"}, {"password", kPassword}});
    ASSERT_EQ(made.status, 201) << made.body;
    auto viewer = shop.api();
    viewer.token = shop.api()
                       .post("/api/v1/auth/login", {{"email", "ve@loja.example"}, {"password", kPassword}})
                       .json.at("access_token");
    EXPECT_EQ(viewer.get("/api/v1/conversations").status, 200);
    EXPECT_EQ(viewer.post("/api/v1/messages", {{"conversation", victim.conversation}, {"text", "oi"}}).status, 403);
    EXPECT_EQ(viewer.post("/api/v1/accounts/connect").status, 403);
    EXPECT_EQ(viewer.get("/api/v1/users").status, 403);
    EXPECT_EQ(viewer.call("DELETE", filled("/api/v1/accounts/{account}")).status, 403);
    EXPECT_EQ(victim.api.call("PATCH", "/api/v1/users/" + made.json.at("id").dump(), json{{"is_locked", true}}).status,
              200);
    EXPECT_EQ(viewer.get("/api/v1/conversations").status, 401) << "a locked user is out at once";
}

TEST_P(Walls, a_deleted_workspace_leaves_no_row_and_no_session)
{
    EXPECT_EQ(victim.api.call("DELETE", "/api/v1/workspace", json{{"confirm", "wrong"}}).status, 400);
    EXPECT_EQ(victim.api.call("DELETE", "/api/v1/workspace", json{{"confirm", "Loja da Maria"}}).status, 204);
    EXPECT_EQ(victim.api.get("/api/v1/auth/me").status, 401);
    const auto again = shop.owner();
    EXPECT_EQ(again.get("/api/v1/conversations").json.at("items").size(), 0U);
    EXPECT_EQ(again.get("/api/v1/accounts").json.at("items").size(), 0U);
    EXPECT_GT(shop.connect(again), 0) << "the account is free again";
}

TEST_P(Walls, unknown_fields_are_refused)
{
    EXPECT_EQ(
        victim.api.post("/api/v1/messages", {{"conversation", victim.conversation}, {"text", "oi"}, {"workspace", 1}})
            .status,
        400);
    EXPECT_EQ(victim.api.get("/api/v1/messages?workspace=2").status, 400);
    EXPECT_EQ(victim.api.call("PATCH", filled("/api/v1/users/{user}"), json{{"email", "x@y.example"}}).status, 400);
}

INSTANTIATE_TEST_SUITE_P(Storage, Walls, ::testing::Values(Backend::sqlite, Backend::postgres_and_redis), name_of);

}  // namespace
}  // namespace ss::testing

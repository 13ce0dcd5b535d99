// Idempotency-Key against the real sssd: one effect, whatever comes how often, also when the daemon is killed between
// the effect and its stored answer (D3).
#include "shop.hpp"

#include "idempotency.hpp"
#include "marked_database.hpp"

#include <ss/jobs.hpp>
#include <ss/storage.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include <poll.h>

namespace ss::testing {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class IdempotencyKey : public ::testing::TestWithParam<Backend> {
protected:
    void SetUp() override
    {
        shop.open();
        ready = shop.ready();
        const auto picture = Api{shop.sandbox->base_url()}.get("/cdn/key.jpg").body;
        const auto upload = ready.api.raw("POST", "/api/v1/media?name=a.jpg", "image/jpeg", picture);
        ASSERT_EQ(upload.status, 201) << upload.body;
        media = upload.json.at("id");
    }

    [[nodiscard]] static Api::Headers with(std::string key) { return {{"Idempotency-Key", std::move(key)}}; }

    [[nodiscard]] Answer send(const Api& api, std::string_view text, std::string key) const
    {
        return api.post("/api/v1/messages", {{"conversation", ready.conversation}, {"text", text}},
                        with(std::move(key)));
    }
    [[nodiscard]] Answer send(std::string_view text, std::string key) const
    {
        return send(ready.api, text, std::move(key));
    }
    [[nodiscard]] Answer plan(std::string_view caption, std::string key) const
    {
        return ready.api.post("/api/v1/posts", {{"account", ready.account}, {"media", media}, {"caption", caption}},
                              with(std::move(key)));
    }

    [[nodiscard]] std::int64_t count(const std::string& path, const char* field, std::string_view value) const
    {
        const auto page = ready.api.get(path);
        EXPECT_EQ(page.status, 200) << page.body;
        const auto items = page.status == 200 ? page.json.at("items") : json::array();
        return std::ranges::count_if(items, [&](const json& item) { return item.at(field) == value; });
    }
    [[nodiscard]] std::int64_t messages(std::string_view text) const
    {
        return count("/api/v1/messages?limit=100", "text", text);
    }
    [[nodiscard]] std::int64_t posts(std::string_view caption) const
    {
        return count("/api/v1/posts?limit=100", "caption", caption);
    }

    [[nodiscard]] std::unique_ptr<storage::Database> database() const
    {
        auto opened = storage::Database::open({.url = Secret{shop.database_url}});
        EXPECT_TRUE(opened) << opened.error().message;
        return std::move(*opened);
    }

    /// From now on effects are committed and their answers cannot be stored: what a kill between the two leaves behind.
    void lose_answers() const
    {
        shop.script(
            "create trigger lose before update of status on idempotency begin select raise(abort, 'lost'); end",
            "create function lose() returns trigger language plpgsql as $$ begin raise exception 'lost'; end $$; "
            "create trigger lose before update of status on idempotency for each row execute function lose()");
    }
    void keep_answers() const
    {
        shop.script("drop trigger lose", "drop trigger lose on idempotency; drop function lose()");
    }

    /// Repeats while the answer is "still runs".
    template <class Call>
    [[nodiscard]] static Answer settled(Call&& call)
    {
        Answer answer;
        EXPECT_TRUE(eventually([&] {
            answer = call();
            return answer.status != 0 && answer.status < 500 && answer.code() != "idempotency_in_flight";
        })) << answer.status
            << answer.body;
        return answer;
    }

    Shop shop{GetParam()};
    Shop::Ready ready{.api = Api{""}};
    std::int64_t media = 0;
};

TEST_P(IdempotencyKey, of_a_hundred_parallel_requests_one_has_an_effect)
{
    const auto storm = [](auto&& call) {
        std::vector<Answer> answers(100);
        std::vector<std::jthread> threads;
        for (auto& answer : answers) {
            threads.emplace_back([&] { answer = call(); });
        }
        threads.clear();
        return answers;
    };
    const auto judge = [&](const std::vector<Answer>& answers, int made, const Answer& later) {
        for (const auto& answer : answers) {
            if (answer.status == made) {
                EXPECT_EQ(answer.body, later.body);
            } else {
                EXPECT_EQ(answer.status, 409) << answer.body;
                EXPECT_EQ(answer.code(), "idempotency_in_flight");
            }
        }
        EXPECT_EQ(later.status, made);
        EXPECT_EQ(later.header("idempotent-replayed"), "true");
    };
    const auto sent = storm([&] { return send("cem vezes", "storm-message"); });
    judge(sent, 202, settled([&] { return send("cem vezes", "storm-message"); }));
    EXPECT_EQ(messages("cem vezes"), 1);

    const auto planned = storm([&] { return plan("cem posts", "storm-post"); });
    judge(planned, 201, settled([&] { return plan("cem posts", "storm-post"); }));
    EXPECT_EQ(posts("cem posts"), 1);
}

TEST_P(IdempotencyKey, the_kept_answer_comes_again_byte_for_byte_and_belongs_to_one_request)
{
    const auto first = plan("um", "k");
    ASSERT_EQ(first.status, 201) << first.body;
    EXPECT_EQ(first.header("idempotent-replayed"), "");
    const auto again = plan("um", "k");
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(again.header("content-type"), first.header("content-type"));
    EXPECT_EQ(again.header("idempotent-replayed"), "true");

    const auto other = plan("dois", "k");
    EXPECT_EQ(other.status, 422);
    EXPECT_EQ(other.code(), "idempotency_mismatch");
    EXPECT_EQ(posts("um") + posts("dois"), 1);

    const auto refused = plan(std::string(2'300, 'x'), "bad");  // an answer of the domain is kept as well
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(plan(std::string(2'300, 'x'), "bad").body, refused.body);
}

TEST_P(IdempotencyKey, has_1_to_255_visible_characters)
{
    EXPECT_EQ(plan("longo", std::string(255, 'k')).status, 201);
    EXPECT_EQ(plan("longo", std::string(255, 'k')).header("idempotent-replayed"), "true");
    EXPECT_EQ(plan("longo", std::string(256, 'k')).status, 400);
    EXPECT_EQ(plan("longo", "").status, 400);
    EXPECT_EQ(plan("longo", "a b").status, 400);
    EXPECT_EQ(plan("longo", "ção").status, 400);
    EXPECT_EQ(posts("longo"), 1);
}

TEST_P(IdempotencyKey, is_taken_with_an_upload_and_refused_where_a_secret_would_be_kept)
{
    const auto before = count("/api/v1/media", "name", "a.jpg");
    const auto picture = Api{shop.sandbox->base_url()}.get("/cdn/upload.jpg").body;
    const auto upload = [&](std::string bytes) {
        return ready.api.raw("POST", "/api/v1/media?name=a.jpg", "image/jpeg", std::move(bytes), with("picture"));
    };
    const auto first = upload(picture);
    ASSERT_EQ(first.status, 201) << first.body;
    EXPECT_EQ(upload(picture).body, first.body);
    EXPECT_EQ(upload(picture + "x").code(), "idempotency_mismatch");
    EXPECT_EQ(count("/api/v1/media", "name", "a.jpg"), before + 1);

    const auto key = ready.api.post("/api/v1/api-keys", {{"name", "k"}, {"scopes", {"posts:read"}}}, with("key"));
    EXPECT_EQ(key.status, 400) << key.body;
    EXPECT_TRUE(ready.api.get("/api/v1/api-keys").json.at("items").empty());
    EXPECT_EQ(ready.api.post("/api/v1/accounts/connect", json::object(), with("key")).status, 400);
    EXPECT_EQ(ready.api.post("/api/v1/events/ticket", json::object(), with("key")).status, 400);
}

TEST_P(IdempotencyKey, is_one_users_own)
{
    const auto made =
        ready.api.post("/api/v1/users", {{"email", "joao@loja.example"}, {"role", "agent"}, {"password", kPassword}});
    ASSERT_EQ(made.status, 201) << made.body;
    auto colleague = shop.api();
    colleague.token = colleague.post("/api/v1/auth/login", {{"email", "joao@loja.example"}, {"password", kPassword}})
                          .json.at("access_token");
    const auto first = send("de cada um", "same");
    const auto second = send(colleague, "de cada um", "same");
    EXPECT_EQ(first.status, 202) << first.body;
    EXPECT_EQ(second.status, 202) << second.body;
    EXPECT_NE(first.json.at("id"), second.json.at("id"));
    EXPECT_EQ(second.header("idempotent-replayed"), "");
    EXPECT_EQ(messages("de cada um"), 2);
}

TEST_P(IdempotencyKey, in_flight_is_409_until_its_owner_is_gone)
{
    ASSERT_EQ(plan("em voo", "fly").status, 201);
    const auto alive = jobs::process_owner() + ":test";
    shop.script(fmt::format("update idempotency set status = null, effect_at = null, owner = '{}'", alive));
    const auto waits = plan("em voo", "fly");
    EXPECT_EQ(waits.status, 409);
    EXPECT_EQ(waits.code(), "idempotency_in_flight");
    EXPECT_EQ(posts("em voo"), 1);
    // A minute later the owner counts as gone, and the row says that it had no effect: begun again.
    shop.script("update idempotency set created_at = created_at - 61000000");
    EXPECT_EQ(plan("em voo", "fly").status, 201);
    EXPECT_EQ(posts("em voo"), 2) << "the test itself took the first one's effect out of the row";
}

TEST_P(IdempotencyKey, killed_between_effect_and_answer_a_repetition_has_no_second_effect)
{
    lose_answers();
    const auto message = send("uma só", "dead-message");
    const auto post = plan("um só", "dead-post");
    ASSERT_EQ(message.status, 202) << message.body;
    ASSERT_EQ(post.status, 201) << post.body;
    shop.daemon->kill();
    keep_answers();
    ASSERT_TRUE(shop.daemon->start()) << shop.daemon->log();

    const auto message_again = send("uma só", "dead-message");
    EXPECT_EQ(message_again.status, 202) << message_again.body;
    EXPECT_EQ(message_again.json.at("id"), message.json.at("id"));
    EXPECT_EQ(messages("uma só"), 1);
    EXPECT_EQ(send("uma só", "dead-message").header("idempotent-replayed"), "true") << "kept this time";

    const auto post_again = plan("um só", "dead-post");
    EXPECT_EQ(post_again.status, 409) << post_again.body;
    EXPECT_EQ(post_again.code(), "conflict");
    EXPECT_EQ(posts("um só"), 1);
    EXPECT_EQ(plan("outro", "dead-post").status, 422);
}

TEST_P(IdempotencyKey, killed_before_the_effect_a_repetition_has_it)
{
    ASSERT_EQ(plan("antes", "early").status, 201);
    shop.daemon->kill();
    shop.script("update idempotency set status = null, effect_at = null; delete from post");
    ASSERT_TRUE(shop.daemon->start()) << shop.daemon->log();
    EXPECT_EQ(plan("antes", "early").status, 201) << "at once: the process that held the key is known to be dead";
    EXPECT_EQ(posts("antes"), 1);
}

TEST_P(IdempotencyKey, killed_at_any_moment_there_is_one_effect)
{
    std::mt19937 random{20'261'126};  // the same moments in every run
    int conflicts = 0;
    for (int round = 0; round < 15 && !HasFailure(); ++round) {
        const auto text = fmt::format("rodada {}", round);
        const auto key = fmt::format("round-{}", round);
        std::jthread first{[&] { (void)send(text, key); }};
        std::jthread second{[&] { (void)plan(text, key + "-post"); }};
        poll(nullptr, 0, std::uniform_int_distribution{0, 25}(random));
        shop.crash_and_restart();
        first.join();
        second.join();
        EXPECT_EQ(settled([&] { return send(text, key); }).status, 202);
        const auto post = settled([&] { return plan(text, key + "-post"); });
        EXPECT_TRUE(post.status == 201 || post.code() == "conflict") << post.body;
        conflicts += post.status == 409 ? 1 : 0;
        EXPECT_EQ(messages(text), 1);
        EXPECT_EQ(posts(text), 1);
    }
    RecordProperty("conflicts", conflicts);
}

// The rest looks at the class itself, on the shop's database.

http::Request keyed(std::string key)
{
    http::Request request;
    request.route = "/api/v1/posts";
    request.path = request.route;
    request.headers = {{"idempotency-key", std::move(key)}};
    request.caller = {.workspace = WorkspaceId{1}, .user = UserId{1}, .level = http::Access::agent};
    return request;
}

TEST_P(IdempotencyKey, keeps_an_answer_for_a_day)
{
    ManualClock clock;
    daemon::MarkedDatabase marked{database()};
    daemon::Idempotency idempotency{marked, clock, jobs::process_owner()};
    int effects = 0;
    const auto work = [&]() -> Result<http::Response> { return http::Response{.body = fmt::format("{}", ++effects)}; };
    ASSERT_EQ(idempotency.once(keyed("day"), work)->body, "1");
    clock.advance(24h - 1s);
    ASSERT_TRUE(idempotency.prune());
    EXPECT_EQ(idempotency.once(keyed("day"), work)->body, "1");
    clock.advance(2s);
    ASSERT_TRUE(idempotency.prune());
    EXPECT_EQ(idempotency.once(keyed("day"), work)->body, "2");
}

TEST_P(IdempotencyKey, what_failed_may_be_tried_again_unless_a_part_of_it_is_in_place)
{
    ManualClock clock;
    daemon::MarkedDatabase marked{database()};
    daemon::Idempotency idempotency{marked, clock, jobs::process_owner()};
    const auto nothing = [](storage::Session&) -> Result<int> { return 0; };
    bool writes = false;
    const auto work = [&]() -> Result<http::Response> {
        if (writes) {
            TRY(marked.write(nothing));
        }
        return fail(Errc::unavailable, "away");
    };
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(idempotency.once(keyed("fails"), work).error().code, Errc::unavailable);
    }
    writes = true;
    EXPECT_EQ(idempotency.once(keyed("fails"), work).error().code, Errc::unavailable);
    EXPECT_EQ(idempotency.once(keyed("fails"), work).error().code, Errc::conflict);
}

TEST_P(IdempotencyKey, an_attempt_that_lost_its_key_commits_nothing_any_more)
{
    ManualClock clock;
    daemon::MarkedDatabase marked{database()};
    daemon::Idempotency idempotency{marked, clock, jobs::process_owner()};
    int effects = 0;
    const auto effect = [&](storage::Session&) -> Result<int> { return ++effects; };
    const auto slow = [&]() -> Result<http::Response> {
        clock.advance(61s);  // so slow that the key counts as abandoned, and is taken by the repetition
        EXPECT_TRUE(idempotency.once(keyed("slow"), [&]() -> Result<http::Response> {
            TRY(marked.write(effect));
            return http::Response{.body = "second"};
        }));
        return http::Response{};
    };
    // Two threads, as in the daemon: the mark belongs to the thread that handles a request.
    Result<http::Response> first;
    std::thread{[&] {
        first = idempotency.once(keyed("slow"), [&]() -> Result<http::Response> {
            std::thread{[&] { EXPECT_TRUE(slow()); }}.join();
            TRY(marked.write(effect));
            return http::Response{.body = "first"};
        });
    }}.join();
    ASSERT_FALSE(first);
    EXPECT_EQ(first.error().code, Errc::idempotency_in_flight);
    EXPECT_EQ(effects, 1);
    EXPECT_EQ(idempotency.once(keyed("slow"), slow)->body, "second");
}

INSTANTIATE_TEST_SUITE_P(Storage, IdempotencyKey, ::testing::Values(Backend::sqlite, Backend::postgres_and_redis),
                         name_of);

}  // namespace
}  // namespace ss::testing

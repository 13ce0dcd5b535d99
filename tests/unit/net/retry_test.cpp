#include <ss/net.hpp>

#include <gtest/gtest.h>

namespace ss::net {
namespace {

using namespace std::chrono_literals;

const Request kIdempotent{.idempotent = true};
const Request kOnce{.method = "POST"};

Reply answer(int status, std::string retry_after = "")
{
    Response response{.status = status};
    if (!retry_after.empty()) {
        response.headers["retry-after"] = std::move(retry_after);
    }
    return response;
}

Reply failure(Errc code, Phase phase)
{
    return std::unexpected(CallError{code, phase, "", {}});
}

auto delay(const Request& request, const Reply& reply, int attempt = 1, double chance = 0)
{
    return retry_delay({}, attempt, request, reply, chance, Timestamp{});
}

TEST(Retry, tries_again_only_what_cannot_be_done_twice)
{
    EXPECT_TRUE(delay(kIdempotent, failure(Errc::timeout, Phase::unknown)));
    EXPECT_TRUE(delay(kOnce, failure(Errc::unavailable, Phase::not_sent)));
    EXPECT_FALSE(delay(kOnce, failure(Errc::unavailable, Phase::unknown)));
    EXPECT_FALSE(delay(kOnce, answer(503)));
    EXPECT_TRUE(delay(kIdempotent, answer(503)));
    EXPECT_TRUE(delay(kIdempotent, answer(429)));
    EXPECT_FALSE(delay(kIdempotent, answer(400)));
    EXPECT_FALSE(delay(kIdempotent, answer(200)));
    EXPECT_FALSE(delay(kIdempotent, failure(Errc::too_large, Phase::unknown)));
}

TEST(Retry, doubles_the_delay_and_spreads_it)
{
    EXPECT_EQ(delay(kIdempotent, answer(500), 1, 0.0), 250ms);
    EXPECT_EQ(delay(kIdempotent, answer(500), 1, 1.0), 500ms);
    EXPECT_EQ(delay(kIdempotent, answer(500), 2, 1.0), 1'000ms);
    EXPECT_EQ(delay(kIdempotent, answer(500), 3, 1.0), std::nullopt);
}

TEST(Retry, waits_as_long_as_it_was_told)
{
    EXPECT_EQ(delay(kIdempotent, answer(429, "7")), 7s);
    EXPECT_EQ(delay(kIdempotent, answer(503, "Thu, 01 Jan 1970 00:00:09 GMT")), 9s);
    EXPECT_EQ(delay(kIdempotent, answer(429, "3600")), std::nullopt) << "longer than a caller can wait";
    EXPECT_EQ(delay(kIdempotent, answer(429, "soon")), 250ms);
    EXPECT_EQ(delay(kIdempotent, answer(429, "-5")), 250ms);
}

TEST(Retry, gives_up_when_told_to_stop_waiting)
{
    const SystemClock clock;
    HttpClient client{clock};
    int waits = 0;
    const Request request{.url = "http://127.0.0.1:1/", .idempotent = true};
    const auto reply = with_retry(
        client, request, {}, clock, [] { return 0.5; }, [&](std::chrono::milliseconds) { return ++waits < 2; });
    EXPECT_FALSE(reply);
    EXPECT_EQ(waits, 2);
}

TEST(Breaker, opens_after_five_failures_and_tries_once_after_the_pause)
{
    ManualClock clock;
    Breaker breaker{clock, {}};
    for (int i = 0; i < 4; ++i) {
        EXPECT_FALSE(breaker.refuses("h"));
        breaker.record("h", false);
    }
    EXPECT_FALSE(breaker.refuses("h"));
    breaker.record("h", false);
    EXPECT_EQ(breaker.refuses("h"), 10s);
    EXPECT_FALSE(breaker.refuses("other"));

    clock.advance(10s);
    EXPECT_FALSE(breaker.refuses("h")) << "one call may try";
    EXPECT_TRUE(breaker.refuses("h")) << "but not two";
    breaker.record("h", false);
    EXPECT_EQ(breaker.refuses("h"), 20s) << "the pause doubles";

    clock.advance(20s);
    EXPECT_FALSE(breaker.refuses("h"));
    breaker.record("h", true);
    EXPECT_FALSE(breaker.refuses("h"));
    EXPECT_FALSE(breaker.is_open("h"));
}

TEST(Breaker, forgets_failures_at_the_first_success)
{
    ManualClock clock;
    Breaker breaker{clock, {}};
    for (int i = 0; i < 20; ++i) {
        breaker.record("h", i % 5 == 4);
    }
    EXPECT_FALSE(breaker.is_open("h"));
}

}  // namespace
}  // namespace ss::net

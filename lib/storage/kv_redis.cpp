// The key-value store on Redis, with a store inside the process for while Redis is away.

#include "key_value.hpp"
#include "kv_listener.hpp"
#include "kv_pool.hpp"
#include "url.hpp"

#include <ss/text.hpp>

#include <fmt/core.h>

#include <atomic>
#include <random>
#include <string>
#include <utility>

namespace ss::storage {
namespace {

/// Sliding window in Redis' own time, so that the clocks of several daemons do not matter.
/// A call is named by ARGV[3]: run twice (its answer was lost), it counts once.
constexpr std::string_view kTake = R"lua(
local time = redis.call('time')
local now = time[1] * 1000000 + time[2]
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('zremrangebyscore', KEYS[1], '-inf', now - window)
local used = redis.call('zcard', KEYS[1])
local allowed = 0
if redis.call('zscore', KEYS[1], ARGV[3]) then
  allowed = 1
elseif used < limit then
  allowed = 1
  used = used + 1
  redis.call('zadd', KEYS[1], now, ARGV[3])
  redis.call('pexpire', KEYS[1], math.ceil(window / 1000))
end
local oldest = redis.call('zrange', KEYS[1], 0, 0, 'withscores')
local reset = 0
if oldest[2] then reset = tonumber(oldest[2]) + window - now end
return {allowed, used, reset}
)lua";

using Words = RedisConnection::Words;

class RedisStore final : public KeyValue {
public:
    RedisStore(RedisTarget target, std::string prefix, const Clock& clock)
        : prefix_{std::move(prefix)},
          local_{make_memory_store(clock)},
          pool_{target},
          listener_{std::move(target), [this](std::string_view channel, std::string_view message) {
                        local_->publish(channel.substr(prefix_.size()), message);
                    }}
    {
    }

    [[nodiscard]] std::optional<std::string> get(std::string_view key) override
    {
        return text_of(pool_.command({"GET", named(key)}, true));
    }

    /// While Redis is away only take_value() of this process finds what was set: what another daemon takes back could
    /// not be noticed here, so get() has to miss.
    void set(std::string_view key, std::string_view value, std::chrono::seconds lifetime) override
    {
        if (lifetime.count() <= 0) {
            erase(key);
            return;
        }
        const auto seconds = std::to_string(lifetime.count());
        if (!pool_.command({"SET", named(key), value, "EX", seconds}, true)) {
            local_->set(key, value, lifetime);
        }
    }

    [[nodiscard]] bool set_if_absent(std::string_view key, std::string_view value,
                                     std::chrono::seconds lifetime) override
    {
        if (lifetime.count() <= 0) {
            return true;
        }
        const auto seconds = std::to_string(lifetime.count());
        const auto reply = pool_.command({"SET", named(key), value, "NX", "EX", seconds}, false);
        return reply ? reply->kind != Reply::Kind::nil : local_->set_if_absent(key, value, lifetime);
    }

    void erase(std::string_view key) override
    {
        local_->erase(key);
        static_cast<void>(pool_.command({"DEL", named(key)}, true));
    }

    [[nodiscard]] std::optional<std::string> take_value(std::string_view key) override
    {
        auto found = text_of(pool_.command({"GETDEL", named(key)}, false));
        auto local = local_->take_value(key);
        return found ? std::move(found) : std::move(local);
    }

    [[nodiscard]] Allowance take(std::string_view key, std::int64_t limit, std::chrono::seconds window) override
    {
        const auto micros = std::to_string(std::chrono::microseconds{window}.count());
        const auto name = fmt::format("{}-{}", process_, calls_.fetch_add(1));
        // Its own name space: a limit and a value may have the same key.
        const auto place = named("limit:" + std::string{key});
        const auto reply = pool_.command({"EVAL", kTake, "1", place, std::to_string(limit), micros, name}, true);
        if (!reply || reply->items.size() != 3) {
            return local_->take(key, limit, window);
        }
        const auto used = reply->items[1].integer;
        return {.allowed = reply->items[0].integer == 1,
                .limit = limit,
                .remaining = std::max<std::int64_t>(0, limit - used),
                .reset = std::chrono::ceil<std::chrono::seconds>(std::chrono::microseconds{reply->items[2].integer})};
    }

    void publish(std::string_view channel, std::string_view message) override
    {
        if (!pool_.command({"PUBLISH", named(channel), message}, false)) {
            local_->publish(channel, message);
        }
    }

    [[nodiscard]] std::unique_ptr<Subscription> subscribe(std::string_view channel,
                                                          std::function<void(std::string_view)> receive) override
    {
        auto local = local_->subscribe(channel, std::move(receive));
        return std::make_unique<Both>(listener_, named(channel), std::move(local));
    }

    [[nodiscard]] KeyValueHealth health() override
    {
        const auto answer = pool_.command({"PING"}, true);
        if (answer) {
            return {};
        }
        return {.reachable = false, .degraded = true, .detail = answer.error().message};
    }

private:
    class Both final : public Subscription {
    public:
        Both(RedisListener& listener, std::string channel, std::unique_ptr<Subscription> local)
            : listener_{listener}, channel_{std::move(channel)}, local_{std::move(local)}
        {
            listener_.add(channel_);
        }
        Both(const Both&) = delete;
        Both& operator=(const Both&) = delete;
        ~Both() override { listener_.remove(channel_); }

    private:
        RedisListener& listener_;
        std::string channel_;
        std::unique_ptr<Subscription> local_;
    };

    [[nodiscard]] std::string named(std::string_view key) const { return prefix_ + std::string{key}; }

    static std::optional<std::string> text_of(const Result<Reply>& reply)
    {
        return reply && reply->kind == Reply::Kind::text ? std::optional{reply->text} : std::nullopt;
    }

    static std::string random_name()
    {
        std::random_device random;
        return fmt::format("{:08x}{:08x}", random(), random());
    }

    const std::string prefix_;
    const std::string process_ = random_name();
    std::atomic<std::uint64_t> calls_ = 0;
    std::unique_ptr<KeyValue> local_;
    RedisPool pool_;
    RedisListener listener_;
};

}  // namespace

Result<std::unique_ptr<KeyValue>> open_redis_store(const KeyValue::Options& options, const Clock& clock)
{
    constexpr std::uint16_t kDefaultPort = 6379;
    auto url = TRY(parse_url(options.url.reveal()));
    const auto database = url.path.empty() ? std::optional<std::int64_t>{0} : to_integer(url.path);
    if (url.host.empty() || !database || *database < 0 || *database > 1'000'000) {
        return fail(Errc::configuration, "the Redis URL names no host, or its database is not a number",
                    "redis://user:password@host:6379/0");
    }
    RedisTarget target{.host = {.name = url.host,
                                .port = url.port == 0 ? kDefaultPort : url.port,
                                .tls = options.tls || url.scheme == "rediss",
                                .ca_file = options.ca_file},
                       .user = url.user,
                       .password = Secret{std::move(url.password)},
                       .database = static_cast<int>(*database),
                       .timeout = options.timeout};
    return std::unique_ptr<KeyValue>{std::make_unique<RedisStore>(std::move(target), options.prefix, clock)};
}

}  // namespace ss::storage

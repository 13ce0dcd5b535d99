#pragma once
// Auth on a fresh database of either engine, with time by hand.

#include <ss/auth.hpp>
#include <ss/crypto.hpp>
#include <ss/sql/migrations.hpp>
#include <ss/storage.hpp>
#include <ss/testing/counting_database.hpp>
#include <ss/testing/databases.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace ss::auth {

/// A store that can go away and come back with what it held, as Redis does.
class FlakyKeyValue final : public storage::KeyValue {
public:
    explicit FlakyKeyValue(std::unique_ptr<storage::KeyValue> inner) : inner_{std::move(inner)} {}
    void set_away(bool away) { away_ = away; }

    [[nodiscard]] std::optional<std::string> get(std::string_view key) override
    {
        return away_ ? std::nullopt : inner_->get(key);
    }
    void set(std::string_view key, std::string_view value, std::chrono::seconds lifetime) override
    {
        if (!away_) {
            inner_->set(key, value, lifetime);
        }
    }
    [[nodiscard]] bool set_if_absent(std::string_view key, std::string_view value,
                                     std::chrono::seconds lifetime) override
    {
        return away_ || inner_->set_if_absent(key, value, lifetime);
    }
    void erase(std::string_view key) override { inner_->erase(key); }
    [[nodiscard]] std::optional<std::string> take_value(std::string_view key) override
    {
        return away_ ? std::nullopt : inner_->take_value(key);
    }
    [[nodiscard]] storage::Allowance take(std::string_view key, std::int64_t limit,
                                          std::chrono::seconds window) override
    {
        return inner_->take(key, limit, window);
    }
    void publish(std::string_view channel, std::string_view message) override { inner_->publish(channel, message); }
    [[nodiscard]] std::unique_ptr<Subscription> subscribe(std::string_view channel,
                                                          std::function<void(std::string_view)> receive) override
    {
        return inner_->subscribe(channel, std::move(receive));
    }
    [[nodiscard]] storage::KeyValueHealth health() override { return {!away_, away_, {}}; }

private:
    std::unique_ptr<storage::KeyValue> inner_;
    std::atomic<bool> away_{false};
};

inline constexpr crypto::PasswordPolicy kQuick{.memory_kib = 64, .passes = 1};
inline const std::string kPassword = "tangerine lamp under water";
inline const Client kBrowser{"203.0.113.7", "Firefox"};

inline Options quick_options()
{
    Options options;
    options.access_keys = {{"a1", Secret{std::string(32, 'a')}}};
    options.refresh_keys = {{"r1", Secret{std::string(32, 'r')}}};
    options.audit_keys = {{"l1", Secret{std::string(32, 'l')}}};
    options.password_policy = kQuick;
    return options;
}

class AuthTest : public ::testing::TestWithParam<storage::Engine> {
protected:
    AuthTest()
    {
        auto connection = real->connect().value();
        const bool sqlite = GetParam() == storage::Engine::sqlite;
        for (const auto& step : sql::migrations()) {
            EXPECT_TRUE(connection->script(sqlite ? step.sqlite_up : step.postgres_up));
        }
        start(quick_options());
    }

    void start(Options options) { auth = make(std::move(options)); }

    std::unique_ptr<Auth> make(Options options)
    {
        return Auth::create(database, key_value, clock, pool, std::move(options)).value();
    }

    Registration registration(const std::string& email = "ana@loja.example")
    {
        return {"Loja da Ana", email, "Ana", Secret{kPassword}};
    }

    /// From an address of its own, so that limits do not matter.
    SignedIn registered(const std::string& email = "ana@loja.example")
    {
        return auth->register_workspace(registration(email), {next_address(), "Firefox"}).result.value();
    }

    Result<SignedIn> log_in(const std::string& email, const std::string& password)
    {
        clock.advance(std::chrono::seconds{61});
        return auth->log_in(email, password, {next_address(), "Firefox"}).result;
    }

    Caller caller(const Tokens& tokens) { return auth->authenticate(tokens.access).value(); }

    std::string next_address()
    {
        const int number = ++addresses_;
        return "198.51." + std::to_string(number / 250) + "." + std::to_string(number % 250);
    }

    void script(const std::string& text) { EXPECT_TRUE(real->connect().value()->script(text)); }

    std::vector<std::string> actions(const Caller& who)
    {
        std::vector<std::string> list;
        const auto listed = auth->audit(who, {}, 100).value();
        for (const auto& entry : listed.items) {
            list.push_back(entry.action);
        }
        return list;
    }

    testing::FreshDatabase place{GetParam()};
    ManualClock clock;
    std::unique_ptr<storage::Database> real = storage::Database::open({.url = place.url()}).value();
    ss::testing::CountingDatabase database{*real};
    FlakyKeyValue key_value{storage::KeyValue::open({.url = Secret{"memory:"}, .ca_file = {}}, clock).value()};
    crypto::PasswordPool pool{{.threads = 2, .queue = 500}};
    std::unique_ptr<Auth> auth;

private:
    std::atomic<int> addresses_{0};
};

template <class T>
Errc code_of(const Result<T>& result)
{
    EXPECT_FALSE(result.has_value());
    return result ? Errc::internal : result.error().code;
}

}  // namespace ss::auth

// ssctl smoke finds what is broken (O12): each fault is put in, and the check that looks there is the first to fail.
#include "shop.hpp"

#include <ss/check.hpp>
#include <ss/jobs.hpp>
#include <ss/storage.hpp>
#include <ss/testing/postgres.hpp>
#include <ss/testing/process.hpp>

#include <fmt/core.h>
#include <httplib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

namespace ss::testing {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
namespace fs = std::filesystem;

/// TLS in front of the daemon, as nginx does it, with a certificate that is good for some days.
class TlsProxy {
public:
    TlsProxy(const Shop& shop, int days)
        : folder_{shop.folder / "tls"},
          target_{shop.daemon->url()},
          certificate_{(folder_ / "certificate.pem").string()}
    {
        fs::create_directory(folder_);
        const auto made = ss::testing::run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                            "ec_paramgen_curve:P-256", "-nodes", "-days", std::to_string(days), "-subj",
                                            "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                                            (folder_ / "key.pem").string(), "-out", certificate_});
        EXPECT_EQ(made.exit_code, 0) << made.output;
        server_ = std::make_unique<httplib::SSLServer>(certificate_.c_str(), (folder_ / "key.pem").c_str());
        server_->set_keep_alive_max_count(1);  // stop() does not wait for a connection that idles
        const auto pass_on = [this](const httplib::Request& request, httplib::Response& response) {
            httplib::Client client{target_};
            httplib::Request out;
            out.method = request.method;
            out.path = request.target;
            out.body = request.body;
            for (const auto* name : {"Authorization", "Content-Type", "Cookie", "X-Hub-Signature-256"}) {
                if (request.has_header(name)) {
                    out.headers.emplace(name, request.get_header_value(name));
                }
            }
            const auto answer = client.send(out);
            response.status = answer ? answer->status : 502;
            if (answer) {
                for (const auto* name : {"Set-Cookie", "X-Request-Id", "Location"}) {
                    if (answer->has_header(name)) {
                        response.set_header(name, answer->get_header_value(name));
                    }
                }
                response.set_content(answer->body, answer->get_header_value("Content-Type"));
            }
        };
        server_->Get(".*", pass_on);
        server_->Post(".*", pass_on);
        server_->Delete(".*", pass_on);
        port_ = server_->bind_to_any_port("127.0.0.1");
        thread_ = std::thread{[this] { server_->listen_after_bind(); }};
    }
    ~TlsProxy()
    {
        server_->stop();
        thread_.join();
    }
    TlsProxy(const TlsProxy&) = delete;
    TlsProxy& operator=(const TlsProxy&) = delete;

    [[nodiscard]] std::string url() const { return fmt::format("https://127.0.0.1:{}", port_); }
    [[nodiscard]] const std::string& certificate() const { return certificate_; }

private:
    fs::path folder_;
    std::string target_;
    std::string certificate_;
    std::unique_ptr<httplib::SSLServer> server_;
    int port_ = 0;
    std::thread thread_;
};

/// One run of `ssctl smoke` against a shop, and what to change before it.
struct SmokeSetup {
    Shop& shop;
    std::vector<std::string> arguments{"smoke", "--json"};
    std::map<std::string, std::string> environment = shop.daemon->environment();
    std::unique_ptr<TlsProxy> proxy{};

    void by_hand(std::string_view sql)
    {
        const auto database = storage::Database::open({.url = Secret{shop.database_url}}).value();
        const auto done = database->connect().value()->script(sql);
        ASSERT_TRUE(done) << done.error().message;
    }
    void behind_tls(int days)
    {
        proxy = std::make_unique<TlsProxy>(shop, days);
        arguments.insert(arguments.end(), {"--url", proxy->url(), "--ca-file", proxy->certificate()});
    }
};

struct Seeded {
    std::string name;
    int number = 0;  ///< The check that has to notice.
    std::function<void(SmokeSetup&)> put_in;
    Backend backend = Backend::sqlite;
};

const std::vector<Seeded>& faults()
{
    static const std::vector<Seeded> all{
        {"the_daemon_is_dead", 1, [](SmokeSetup& setup) { setup.shop.daemon->kill(); }},
        {"nobody_can_be_stored", 2,
         [](SmokeSetup& setup) {
             setup.by_hand("create trigger broken before insert on user_account begin select raise(abort, 'x'); end");
         }},
        {"the_password_is_wrong", 3,
         [](SmokeSetup& setup) {
             setup.arguments.insert(setup.arguments.end(), {"--email", "nobody@loja.example"});
             setup.environment["SMOKE_PASSWORD"] = "not the password of anybody";
         }},
        {"instagram_refuses_the_code", 4,
         [](SmokeSetup& setup) { setup.shop.sandbox->inject({.route = "code", .times = -1, .status = 400}); }},
        {"instagram_is_away", 4, [](SmokeSetup& setup) { setup.shop.sandbox.reset(); }},
        {"connected_accounts_vanish", 5,
         [](SmokeSetup& setup) {
             setup.by_hand(
                 "create trigger broken after insert on account begin delete from account where id = new.id; end");
         }},
        {"no_webhooks_arrive", 6,
         [](SmokeSetup& setup) {
             auto hook = setup.shop.sandbox->webhook();
             hook.callback_url = "http://127.0.0.1:1/webhooks/instagram";
             setup.shop.sandbox->set_webhook(hook);
         }},
        {"instagram_refuses_messages", 7,
         [](SmokeSetup& setup) {
             setup.shop.sandbox->inject({.route = "send", .times = -1, .code = 10, .subcode = 2'534'022});
         }},
        {"the_media_folder_is_gone", 8,
         [](SmokeSetup& setup) {
             fs::remove_all(setup.shop.folder / "media");
             std::ofstream{setup.shop.folder / "media"} << "no folder";
         }},
        {"the_numbers_are_gone", 9,
         [](SmokeSetup& setup) { setup.by_hand("alter table insight rename to insight_gone"); }},
        {"the_app_secret_differs", 10,
         [](SmokeSetup& setup) {
             setup.environment["SS_INSTAGRAM_APP_SECRET"] = "another secret than the daemon's, long enough";
         }},
        {"the_workers_get_nowhere", 11,
         [](SmokeSetup& setup) {
             // A living process holds the lane of a job that has been due for ten minutes.
             const auto now = to_micros(SystemClock{}.now());
             const auto job = [&](std::string_view state, std::string_view owner, std::int64_t lease) {
                 return fmt::format(
                     "insert into job (workspace_id, kind, payload, priority, state, stage, run_at, lane, unique_key, "
                     "max_attempts, owner, lease_until_at, created_at) values (0, 'message.send', '{{}}', 0, '{}', 1, "
                     "{}, 'message.send stuck', '', 25, '{}', {}, 1);",
                     state, now - 600'000'000, owner, lease);
             };
             setup.by_hand(job("running", jobs::process_owner() + ":test", now + 3'600'000'000) + job("queued", "", 0));
         }},
        {"prometheus_is_away", 12,
         [](SmokeSetup& setup) {
             setup.arguments.insert(setup.arguments.end(), {"--prometheus", "http://127.0.0.1:1"});
         }},
        {"the_log_is_elsewhere", 13,
         [](SmokeSetup& setup) {
             setup.arguments.insert(setup.arguments.end(), {"--log", (setup.shop.folder / "no-such.log").string()});
         }},
        {"the_certificate_ends_soon", 14, [](SmokeSetup& setup) { setup.behind_tls(5); }},
        {"redis_is_away", 15, [](SmokeSetup& setup) { setup.shop.redis->kill(); }, Backend::postgres_and_redis},
        {"the_database_is_away", 2, [](SmokeSetup& setup) { drop_postgres_database(setup.shop.database_url); },
         Backend::postgres_and_redis},
    };
    return all;
}

struct Told {
    int exit_code = 0;
    json document;

    [[nodiscard]] std::vector<int> failed() const
    {
        std::vector<int> numbers;
        for (const auto& check : document.at("checks")) {
            if (check.at("verdict") == "fail") {
                numbers.push_back(check.at("number"));
            }
        }
        return numbers;
    }
};

Told smoke(const SmokeSetup& setup)
{
    const auto finished = run_program("ssctl", setup.arguments, setup.environment);
    Told told{finished.exit_code, json::parse(finished.output, nullptr, false)};
    EXPECT_TRUE(told.document.is_object() && told.document.contains("checks")) << finished.output;
    if (!told.document.is_object() || !told.document.contains("checks")) {
        told.document = {{"checks", json::array()}};
    }
    return told;
}

class SeededFault : public ::testing::TestWithParam<std::size_t> {};

TEST_P(SeededFault, is_named_by_the_check_that_looks_there)
{
    const auto& fault = faults().at(GetParam());
    Shop shop{fault.backend};
    shop.open();
    SmokeSetup setup{shop};
    fault.put_in(setup);
    const auto told = smoke(setup);
    EXPECT_EQ(told.exit_code, 1);
    const auto failed = told.failed();
    ASSERT_FALSE(failed.empty()) << told.document.dump(1);
    EXPECT_EQ(failed.front(), fault.number) << told.document.dump(1);
    const auto& named = told.document.at("checks").at(static_cast<std::size_t>(fault.number - 1));
    EXPECT_EQ(named.at("name"), check::smoke_names()[static_cast<std::size_t>(fault.number - 1)]);
    EXPECT_FALSE(named.at("reason").get<std::string>().empty());
}

INSTANTIATE_TEST_SUITE_P(Smoke, SeededFault, ::testing::Range(std::size_t{0}, faults().size()),
                         [](const auto& which) { return faults().at(which.param).name; });

TEST(SmokeRun, finds_nothing_where_nothing_is_broken)
{
    Shop shop{Backend::sqlite};
    shop.open();
    SmokeSetup setup{shop};
    setup.behind_tls(60);
    const auto told = smoke(setup);
    EXPECT_EQ(told.exit_code, 0) << told.document.dump(1);
    EXPECT_TRUE(told.failed().empty()) << told.document.dump(1);
    EXPECT_GE(told.document.at("passed"), 14) << "only the log is not looked at: " << told.document.dump(1);
}

TEST(SmokeRun, writes_on_the_real_instagram_to_the_test_recipient_alone)
{
    Shop shop{Backend::sqlite};
    shop.open();
    const auto owner = shop.owner();
    shop.connect(owner);
    const auto friend_of_ours = shop.sandbox->customers().at(0);
    const auto stranger = shop.sandbox->customers().at(1);
    shop.sandbox->write(friend_of_ours.id, "Pode testar comigo");
    shop.sandbox->write(stranger.id, "Ainda tem?");
    ASSERT_TRUE(eventually([&] { return owner.get("/api/v1/conversations").json.at("items").size() == 2; }));

    SmokeSetup setup{shop};
    setup.arguments.insert(setup.arguments.end(), {"--email", "maria@loja.example"});
    setup.environment["SMOKE_PASSWORD"] = kPassword;
    setup.environment["SS_INSTAGRAM_GRAPH_URL"] = "https://graph.instagram.com";  // for ssctl: no sandbox
    const auto seventh = [&](const std::string& recipient) {
        setup.environment["SS_SMOKE_RECIPIENT"] = recipient;
        return smoke(setup).document.at("checks").at(6).at("verdict").get<std::string>();
    };
    EXPECT_EQ(seventh(""), "skip");
    EXPECT_EQ(seventh("1234567"), "skip") << "nobody by that id";
    EXPECT_TRUE(shop.sandbox->sent().empty());
    EXPECT_EQ(seventh(friend_of_ours.id), "pass");
    ASSERT_EQ(shop.sandbox->sent().size(), 1U);
    EXPECT_EQ(shop.sandbox->sent()[0].customer, friend_of_ours.id);
}

TEST(SmokeRun, looks_for_every_check_in_the_seeded_faults)
{
    for (int number = 1; number <= static_cast<int>(check::smoke_names().size()); ++number) {
        EXPECT_TRUE(std::ranges::any_of(faults(), [&](const Seeded& fault) { return fault.number == number; }))
            << "no fault is put in for check " << number;
    }
}

}  // namespace
}  // namespace ss::testing

// The loader: layers, every error at once with its place, secrets kept.
#include <ss/config.hpp>
#include <ss/testing/temp_dir.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace ss::config {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr auto kJwt = "Zq8vT1nR5wKx7LbD2mPf9YcJ4hGs6AeU3oWi0NtB";
constexpr auto kRefresh = "b7XkQ2rVn9MdF4tLc8YpH1sJw6GzE5aUo3TiR0Wq";

class Config : public ::testing::Test {
protected:
    std::filesystem::path write(const std::string& name, const std::string& text, unsigned mode = 0600) const
    {
        const auto file = folder_ / name;
        std::ofstream{file} << text;
        std::filesystem::permissions(file, static_cast<std::filesystem::perms>(mode));
        return file;
    }

    // Errors as "where: message | hint", with the folder cut away.
    std::vector<std::string> complaints(const Sources& sources) const
    {
        std::vector<std::string> lines;
        const auto loaded = load(sources);
        if (!loaded) {
            for (const Error& error : loaded.error()) {
                EXPECT_EQ(error.code, Errc::configuration);
                auto line = fmt::format("{}: {} | {}", error.where, error.message, error.hint);
                const auto prefix = folder_.string() + "/";
                for (auto at = line.find(prefix); at != std::string::npos; at = line.find(prefix)) {
                    line.erase(at, prefix.size());
                }
                lines.push_back(line);
            }
        }
        return lines;
    }

    std::string only_complaint(const std::string& toml) const
    {
        const auto lines = complaints({.file = write("sssd.toml", toml)});
        EXPECT_EQ(lines.size(), 1U) << fmt::format("{}", fmt::join(lines, "\n"));
        return lines.empty() ? "" : lines.front();
    }

    ss::testing::TempDir directory_;
    const std::filesystem::path& folder_ = directory_.path();
};

TEST_F(Config, starts_from_defaults_that_are_valid)
{
    const auto loaded = load({});
    ASSERT_TRUE(loaded) << loaded.error().front().message;
    EXPECT_EQ(loaded->get<"http.listen">(), "127.0.0.1:4000");
    EXPECT_EQ(loaded->get<"http.workers">(), 8);
    EXPECT_EQ(loaded->get<"media.max_bytes">(), 16 << 20);
    EXPECT_EQ(loaded->get<"auth.refresh_lifetime">(), 720h);
    EXPECT_TRUE(loaded->get<"prometheus.enabled">());
    EXPECT_TRUE(loaded->get<"auth.jwt_secret">().empty());
    EXPECT_EQ(loaded->get<"media.dir">(), "/var/lib/social-selling/media");
    EXPECT_EQ(loaded->get<"database.url">().reveal(), "sqlite:/var/lib/social-selling/social-selling.db");
}

TEST_F(Config, later_sources_win_and_each_value_knows_its_source)
{
    const auto file = write(
        "sssd.toml", "public_url = \"http://a.example\"\n[http]\nworkers = 3\nqueue = 5\nheader_timeout = \"2s\"\n");
    std::filesystem::create_directory(folder_ / "credentials");
    write("credentials/http.queue", "9\n", 0400);
    const auto loaded = load({.file = file,
                              .environment = {{"SS_HTTP_QUEUE", "7"}, {"SS_HTTP_HEADER_TIMEOUT", "4s"}},
                              .credentials = folder_ / "credentials"});
    ASSERT_TRUE(loaded) << as_one_error(loaded.error()).message;
    EXPECT_EQ(loaded->get<"http.workers">(), 3);
    EXPECT_EQ(loaded->get<"http.header_timeout">(), 4s);
    EXPECT_EQ(loaded->get<"http.queue">(), 9);
    EXPECT_EQ(loaded->get<"instagram.redirect_uri">(), "http://a.example/auth/instagram/callback");
    EXPECT_EQ(loaded->source(setting_index("http.workers")).where, file.string() + ":3:11");
    EXPECT_EQ(loaded->source(setting_index("http.header_timeout")).where, "SS_HTTP_HEADER_TIMEOUT");
    EXPECT_EQ(loaded->source(setting_index("http.queue")).origin, Origin::credential);
    EXPECT_EQ(loaded->source(setting_index("http.listen")).origin, Origin::standard);
}

TEST_F(Config, knows_the_variables_of_the_stack_it_replaces)
{
    const auto loaded = load({.environment = {{"DATABASE_URL", "postgresql://u:p%40ss@db.example:5432/shop"},
                                              {"DATABASE_SSL", "true"},
                                              {"REDIS_URL", "redis://cache.example:6379"},
                                              {"REDIS_TLS", "true"},
                                              {"MINIO_ENDPOINT", "minio.example:9000"},
                                              {"MINIO_ACCESS_KEY", "key"},
                                              {"MINIO_SECRET_KEY", "hidden"},
                                              {"MINIO_USE_SSL", "false"},
                                              {"INSTAGRAM_APP_ID", "990602627938098"},
                                              {"INSTAGRAM_APP_SECRET", "a1b2"},
                                              {"INSTAGRAM_REDIRECT_URI", "https://app.example/auth/instagram/callback"},
                                              {"JWT_SECRET", kJwt},
                                              {"JWT_REFRESH_SECRET", kRefresh},
                                              {"SENTRY_DSN", "https://key@sentry.example/1"},
                                              {"PROMETHEUS_ENABLED", "false"},
                                              {"HOME", "/root"}}});
    ASSERT_TRUE(loaded) << as_one_error(loaded.error()).message;
    EXPECT_TRUE(loaded->get<"database.tls">());
    EXPECT_TRUE(loaded->get<"redis.tls">());
    EXPECT_FALSE(loaded->get<"s3.use_ssl">());
    EXPECT_EQ(loaded->get<"instagram.app_id">(), "990602627938098");
    EXPECT_EQ(loaded->get<"auth.jwt_secret">().reveal(), kJwt);
    EXPECT_EQ(loaded->get<"auth.refresh_secret">().reveal(), kRefresh);
    EXPECT_FALSE(loaded->get<"prometheus.enabled">());
    EXPECT_EQ(loaded->shown(setting_index("database.url")), "postgresql://u:***@db.example:5432/shop");
    EXPECT_EQ(loaded->shown(setting_index("sentry.dsn")), "https://***@sentry.example/1");
}

TEST_F(Config, our_own_variable_wins_over_the_seeds_and_an_empty_one_counts_as_absent)
{
    const auto loaded = load({.environment = {{"SS_LOG_LEVEL", "debug"}, {"LOG_LEVEL", "error"}, {"LOG_FORMAT", ""}}});
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->get<"log.level">(), "debug");
    EXPECT_EQ(loaded->get<"log.format">(), "json");
}

TEST_F(Config, reports_every_error_at_once_in_the_order_of_the_file)
{
    const auto lines = complaints({.file = write("sssd.toml",
                                                 "mod = \"production\"\n"
                                                 "[http]\n"
                                                 "listen = \"localhost\"\n"
                                                 "workers = 900\n"
                                                 "[htpp]\n"
                                                 "queue = 3\n"
                                                 "[log]\n"
                                                 "level = \"inf\"\n"),
                                   .environment = {{"SS_HTTP_QEUE", "3"}, {"SS_JOBS_LEASE", "30"}}});
    EXPECT_THAT(lines,
                ::testing::ElementsAre(
                    "sssd.toml:1:1: there is no setting \"mod\" | did you mean \"mode\"?",
                    "sssd.toml:5:2: there is no table [htpp] | did you mean [http]?",
                    "sssd.toml:4:11: http.workers: \"900\" is out of range | from 1 to 256",
                    "sssd.toml:8:9: log.level: \"inf\" is not a choice | did you mean \"info\"?",
                    "SS_HTTP_QEUE: there is no setting for the variable SS_HTTP_QEUE | did you mean SS_HTTP_QUEUE?",
                    "SS_JOBS_LEASE: jobs.lease: \"30\" is not a duration | a whole number with its unit, as \"500ms\", "
                    "\"30s\", \"15m\", \"24h\", \"60d\"",
                    "sssd.toml:3:10: http.listen: \"localhost\" is not address:port | as \"127.0.0.1:4000\", "
                    "\"[::1]:4000\" or \"0.0.0.0:4000\""));
}

struct Broken {
    const char* toml;
    const char* place;  // line:column
    const char* says;
};

class BrokenValue : public Config, public ::testing::WithParamInterface<Broken> {};

TEST_P(BrokenValue, is_refused_with_its_place_and_reason)
{
    const auto line = only_complaint(GetParam().toml);
    EXPECT_THAT(line, ::testing::StartsWith(fmt::format("sssd.toml:{}: ", GetParam().place)));
    EXPECT_THAT(line, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    all, BrokenValue,
    ::testing::ValuesIn(std::vector<Broken>{
        Broken{"[http]\nworkers = -1\n", "2:11", "from 1 to 256"},
        Broken{"[http]\nworkers = true\n", "2:11", "a whole number is expected"},
        Broken{"[http]\nworkers = [\"8\"]\n", "2:11", "a list where one value is expected"},
        Broken{"[http]\nworkers = 2026-01-01\n", "2:11", "this kind of value"},
        Broken{"[http]\nworkers = { a = 1 }\n", "2:1", "is a setting, not a table"},
        Broken{"[http]\nlisten = \"\"\n", "2:10", "is not address:port"},
        Broken{"[http]\nlisten = \"127.0.0.1:-1\"\n", "2:10", "is not address:port"},
        Broken{"[http]\nlisten = \"[::1\"\n", "2:10", "is not address:port"},
        Broken{"[http]\nlisten = \"unix:/x\"\n", "2:10", "is not address:port"},
        Broken{"[media]\nmax_bytes = -5\n", "2:13", "out of range"},
        Broken{"[media]\nmax_bytes = \"1 MiB\"\n", "2:13", "is not a size"},
        Broken{"[media]\nmax_bytes = \"1TiB\"\n", "2:13", "is not a size"},
        Broken{"[http]\nidle_timeout = \"\"\n", "2:16", "is not a duration"},
        Broken{"[http]\nidle_timeout = \"60 s\"\n", "2:16", "is not a duration"},
        Broken{"[http]\nidle_timeout = \"-5s\"\n", "2:16", "out of range"},
        Broken{"[http]\nidle_timeout = \"1.5h\"\n", "2:16", "is not a duration"},
        Broken{"[http]\nidle_timeout = true\n", "2:16", "a duration is expected"},
        Broken{"[http]\ncors_origins = [\"ftp://a.example\"]\n", "2:16", "is not an origin"},
        Broken{"[http]\ncors_origins = [\"https://u@a.example\"]\n", "2:16", "is not an origin"},
        Broken{"[http]\ncors_origins = true\n", "2:16", "write cors_origins = ["},
        Broken{"[http]\nlisten.port = 1\n", "2:1", "is a setting, not a table"},
        Broken{"[http.tls]\non = true\n", "1:7", "there is no table [http.tls]"},
        Broken{"[[http]]\nworkers = 1\n", "1:3", "http is a table of settings"},
        Broken{"[database]\nurl = \"sqlite:\"\n", "2:7", "neither sqlite: nor"},
        Broken{"[database]\nurl = 5\n", "2:7", "is expected"},
        Broken{"[database]\nurl = \"\"\n", "2:7", "neither sqlite: nor"},
        Broken{"[database]\npool = 0\n", "2:8", "from 1 to 200"},
        Broken{"[database]\ntls = \"yes\"\n", "2:7", "write it without quotes"},
        Broken{"[database]\nulr = \"x\"\n", "2:1", "did you mean \"database.url\"?"},
        Broken{"[redis]\nurl = \"redis://\"\n", "2:7", "not a redis:// address"},
        Broken{"[redis]\nurl = \"localhost:6379\"\n", "2:7", "not a redis:// address"},
        Broken{"[media]\nmax_bytes = \"1KiB\"\n", "2:13", "out of range"},
        Broken{"[auth]\npassword_hash = \"md5\"\n", "2:17", "one of: argon2id, bcrypt"},
        Broken{"[auth]\npassword_minimum = 4\n", "2:20", "from 8 to 64"},
        Broken{"[auth]\nregistration = \"close\"\n", "2:16", "did you mean \"closed\"?"},
        Broken{"[auth]\njwt_secret = \"changeme-changeme-changeme-changeme-0123\"\n", "2:14", "can be guessed"},
        Broken{"[auth]\nrefresh_secret = \"\\u0007aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n", "2:18",
               "holds a control character"},
        Broken{"[metrics]\ntoken = \"short\"\n", "2:9", "this secret has 5 bytes"},
        Broken{"[smtp]\nhost = \"mail.example\"\nfrom = \"nobody\"\n", "3:8", "a sender is missing"},
        Broken{"[jobs]\nlease = \"2h\"\n", "2:9", "from 1s to 1h"},
        Broken{"[log]\nformat = \"JSON\"\n", "2:10", ""},
        Broken{"[instagram]\ngraph_url = \"graph.instagram.com\"\n", "2:13", "is not a web address"},
        Broken{"[instagram]\napp_id = 990602627938098\n", "2:10", "write app_id = \"…\""},
        Broken{"[instagram]\ngraph_version = \"v25\"\n", "2:17", "is not a version"},
        Broken{"[crypto]\ndata_keys = [\"K1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"]\n", "2:13",
               "entry 1 is not"},
        Broken{"[crypto]\ndata_keys = [\"k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\"]\n", "2:13",
               "entry 1 is not"},
        Broken{"[http]\nworkers = \"8\"\n", "2:11", "write it without quotes"},
        Broken{"[http]\nworkers = 1.5\n", "2:11", "a whole number"},
        Broken{"[http]\nworkers = 0\n", "2:11", "from 1 to 256"},
        Broken{"[http]\nworkers = 99999999999999999999\n", "2:31", "a value is not representable"},
        Broken{"[http]\nlisten = 4000\n", "2:10", "a text is expected | write listen = \"…\""},
        Broken{"[http]\nlisten = \"127.0.0.1\"\n", "2:10", "is not address:port"},
        Broken{"[http]\nlisten = \"127.0.0.1:70000\"\n", "2:10", "is not address:port"},
        Broken{"[media]\nmax_bytes = \"1.5MiB\"\n", "2:13", "is not a size"},
        Broken{"[media]\nmax_bytes = \"9999999999999GiB\"\n", "2:13", "is not a size"},
        Broken{"[http]\nheader_timeout = 10\n", "2:18", "is not a duration"},
        Broken{"[http]\nheader_timeout = \"1d\"\n", "2:18", "from 100ms to 5m"},
        Broken{"[http]\ncors_origins = \"https://a.example\"\n[http]\n", "3:1", ""},
        Broken{"[http]\ncors_origins = [\"*\"]\n", "2:16", "is not an origin"},
        Broken{"[http]\ncors_origins = [\"https://a.example/\"]\n", "2:16", "is not an origin"},
        Broken{"[http]\ncors_origins = [1]\n", "2:16", "this kind of value"},
        Broken{"[http]\ntrusted_proxies = [\"proxy\"]\n", "2:19", "is not an address"},
        Broken{"public_url = \"shop.example\"\n", "1:14", "is not a web address"},
        Broken{"public_url = \"https://u:p@shop.example\"\n", "1:14", "must not hold a user name"},
        Broken{"public_url = \"https://shop.example/\"\n", "1:14", "ends with a slash"},
        Broken{"public_url = \"https://shop.example:99999\"\n", "1:14", "is not a web address"},
        Broken{"mode = \"prod\"\n", "1:8", "one of: development, production"},
        Broken{"mode = true\n", "1:8", "one of some words is expected"},
        Broken{"http = 3\n", "1:1", "http is a table of settings, not one | write [http]"},
        Broken{"listen = \"127.0.0.1:1\"\n", "1:1", "did you mean \"http.listen\"?"},
        Broken{"[mode]\nx = 1\n", "1:2", "is a setting, not a table"},
        Broken{"[database]\nurl = \"mysql://a/b\"\n", "2:7", "neither sqlite: nor"},
        Broken{"[database]\ntls = true\n", "2:7", "the database is a file here"},
        Broken{"[redis]\nurl = \"http://a\"\n", "2:7", "not a redis:// address"},
        Broken{"[sentry]\ndsn = \"https://a.example/1\"\n", "2:7", "not a Sentry DSN"},
        Broken{"[s3]\nendpoint = \"https://minio.example\"\naccess_key = \"a\"\nsecret_key = \"b\"\n", "2:12",
               "only host and port"},
        Broken{"[s3]\nendpoint = \"minio.example\"\n", "2:12", "are missing"},
        Broken{"[smtp]\nport = 0\n", "2:8", "from 1 to 65535"},
        Broken{"[smtp]\nuser = \"me\"\n", "2:8", "smtp.password is missing"},
        Broken{"[instagram]\ngraph_version = \"25\"\n", "2:17", "is not a version"},
        Broken{"[auth]\njwt_secret = \"short\"\n", "2:14", "this secret has 5 bytes | from 32 to 512 bytes"},
        Broken{"[auth]\njwt_secret = \"your-secret-key-that-is-long-enough-0123\"\n", "2:14", "can be guessed"},
        Broken{"[auth]\njwt_secret = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n", "2:14", "can be guessed"},
        Broken{"[auth]\nrefresh_lifetime = \"10m\"\n", "2:20", "not longer than auth.access_lifetime"},
        Broken{"[crypto]\ndata_keys = [\"k1:c2hvcnQ=\"]\n", "2:13", "entry 1 is not"},
        Broken{"[crypto]\ndata_keys = [\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"]\n", "2:13", "entry 1 is not"},
        Broken{"[crypto]\ndata_keys = [\"k:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\", "
               "\"k:BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"]\n",
               "2:13", "was used before"},
        Broken{"data_dir = \"a\\nb\"\n", "1:12", "holds a control character"},
        Broken{"mode = \"development\n", "1:20", ""},
        Broken{"mode = development\n", "1:8", ""},
        Broken{"= 3\n", "1:1", ""},
        Broken{"[http\n", "1:6", ""},
        Broken{"mode = \"development\"\nmode = \"production\"\n", "2:8", "a key may stand only once"}}));

TEST_F(Config, refuses_equal_secrets)
{
    EXPECT_THAT(only_complaint(fmt::format("[auth]\njwt_secret = \"{0}\"\nrefresh_secret = \"{0}\"\n", kJwt)),
                HasSubstr("sssd.toml:3:18: auth.refresh_secret: the same secret as auth.jwt_secret"));
}

TEST_F(Config, never_shows_a_secret_in_an_error_or_a_listing)
{
    const std::string canary = "CANARY7Qx";
    for (const auto& toml :
         {"[auth]\njwt_secret = \"" + canary + "\"\n", "[auth]\njwt_secret = " + canary + "\n",
          "[auth]\njwt_secret = 12345678901234567890" + canary + "\n", "[auth]\njwt_secret = t" + canary + "\n",
          "[auth]\njwt_secret = \"" + canary + "\n", "[database]\nurl = \"postgresql://u:" + canary + "@:/x\"\n",
          "[database]\nurl = \"" + canary + "\"\n", "public_url = \"https://u:" + canary + "@a\"\n",
          "[crypto]\ndata_keys = [\"" + canary + "\"]\n", "[redis]\nurl = \"http://" + canary + "\"\n",
          "[sentry]\ndsn = \"" + canary + "\"\n", "[auth]\njwt_secret = [\"" + canary + "\"]\n"}) {
        EXPECT_THAT(complaints({.file = write("sssd.toml", toml)}), ::testing::Each(::testing::Not(HasSubstr(canary))))
            << toml;
        EXPECT_FALSE(complaints({.file = write("sssd.toml", toml)}).empty()) << toml;
    }
    const auto loaded = load({.environment = {{"JWT_SECRET", kJwt}, {"REDIS_URL", "redis://:p@ss" + canary + "@h"}}});
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->shown(setting_index("auth.jwt_secret")), fmt::format("(set, {})", fingerprint(kJwt)));
    EXPECT_EQ(loaded->shown(setting_index("redis.url")), "redis://:***@h");
    EXPECT_EQ(fingerprint("abc"), "ba7816bf");
}

TEST_F(Config, a_file_with_secrets_must_be_private)
{
    const auto secret = fmt::format("[auth]\njwt_secret = \"{}\"\n", kJwt);
    EXPECT_THAT(complaints({.file = write("sssd.toml", secret, 0644)}),
                ::testing::ElementsAre(
                    HasSubstr("it holds secrets, but everybody on this machine may open it (mode 0644) | chmod 600")));
    EXPECT_THAT(complaints({.file = write("sssd.toml", secret, 0660)}),
                ::testing::ElementsAre(HasSubstr("its group may change it")));
    EXPECT_THAT(complaints({.file = write("sssd.toml", secret, 0640)}), ::testing::IsEmpty());
    EXPECT_THAT(complaints({.file = write("sssd.toml", "[http]\nworkers = 2\n", 0644)}), ::testing::IsEmpty());
    EXPECT_THAT(complaints({.file = write("sssd.toml", "[database]\nurl = \"postgresql://u:p@h/d\"\n", 0644)}),
                ::testing::SizeIs(1));
    EXPECT_THAT(complaints({.file = write(".env", fmt::format("JWT_SECRET={}\n", kJwt), 0644)}), ::testing::SizeIs(1));
}

TEST_F(Config, a_credential_must_be_private_and_no_link)
{
    const auto directory = folder_ / "credentials";
    std::filesystem::create_directory(directory);
    write("credentials/auth.jwt_secret", kJwt, 0444);
    EXPECT_THAT(complaints({.credentials = directory}), ::testing::ElementsAre(HasSubstr("is not private")));
    std::filesystem::remove(directory / "auth.jwt_secret");
    std::filesystem::create_symlink(write("elsewhere", kJwt, 0400), directory / "auth.jwt_secret");
    EXPECT_THAT(complaints({.credentials = directory}), ::testing::ElementsAre(HasSubstr("not a symbolic link")));
    std::filesystem::remove(directory / "auth.jwt_secret");
    write("credentials/auth.jwt_secre", kJwt, 0400);
    EXPECT_THAT(complaints({.credentials = directory}),
                ::testing::ElementsAre(HasSubstr("did you mean \"auth.jwt_secret\"?")));
}

TEST_F(Config, a_missing_file_is_an_error_with_a_way_out)
{
    EXPECT_THAT(complaints({.file = folder_ / "none.toml"}),
                ::testing::ElementsAre(
                    "none.toml: cannot open it: No such file or directory | ssctl init writes a first configuration"));
    EXPECT_THAT(complaints({.file = folder_}), ::testing::ElementsAre(HasSubstr("not a file")));
}

TEST_F(Config, relative_paths_count_from_the_folder_of_their_file)
{
    const auto loaded = load({.file = write("sssd.toml", "data_dir = \"state\"\n")});
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->get<"data_dir">(), folder_ / "state");
    EXPECT_EQ(loaded->get<"backup.dir">(), folder_ / "state/backups");
}

TEST_F(Config, production_asks_for_everything_it_needs)
{
    const auto lines = complaints({.environment = {{"SS_MODE", "production"}}});
    for (const auto* key : {"public_url", "auth.jwt_secret", "auth.refresh_secret", "crypto.data_keys",
                            "instagram.app_id", "instagram.app_secret", "instagram.verify_token"}) {
        EXPECT_THAT(lines,
                    ::testing::Contains(HasSubstr(fmt::format("{}: missing, and production mode needs it", key))));
    }
    EXPECT_EQ(lines.size(), 7U);
}

std::vector<Variable> production()
{
    return {{"SS_MODE", "production"},
            {"SS_PUBLIC_URL", "https://shop.example"},
            {"JWT_SECRET", kJwt},
            {"JWT_REFRESH_SECRET", kRefresh},
            {"SS_CRYPTO_DATA_KEYS",
             "k2:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=, k1:BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
             {}},
            {"INSTAGRAM_APP_ID", "1"},
            {"INSTAGRAM_APP_SECRET", "s"},
            {"INSTAGRAM_VERIFY_TOKEN", "v"}};
}

TEST_F(Config, production_refuses_pretend_services)
{
    auto variables = production();
    EXPECT_THAT(complaints({.environment = variables}), ::testing::IsEmpty());
    variables.push_back({"SS_INSTAGRAM_GRAPH_URL", "http://127.0.0.1:9999"});
    variables.push_back({"SS_INSTAGRAM_API_URL", "https://localhost:9999"});
    variables.push_back({"SS_INSTAGRAM_UPLOAD_URL", "http://graph.example"});
    EXPECT_THAT(complaints({.environment = variables}),
                ::testing::ElementsAre(HasSubstr("instagram.api_url: points to this machine"),
                                       HasSubstr("instagram.graph_url: points to this machine"),
                                       HasSubstr("instagram.upload_url: not https")));
    variables.front().value = "development";
    EXPECT_THAT(complaints({.environment = variables}), ::testing::IsEmpty());
}

TEST_F(Config, names_what_the_daemon_misses_in_any_mode)
{
    EXPECT_EQ(missing_for_daemon(Settings{}).size(), 3U);
    const auto loaded = load({.environment = production()});
    ASSERT_TRUE(loaded);
    EXPECT_TRUE(missing_for_daemon(*loaded).empty());
    EXPECT_EQ(loaded->get<"crypto.data_keys">().size(), 2U);
}

TEST_F(Config, a_reload_takes_what_it_may_and_names_the_rest)
{
    const auto running = load({.environment = {{"SS_LOG_LEVEL", "info"}}});
    const auto fresh = load({.environment = {{"SS_LOG_LEVEL", "debug"}, {"SS_HTTP_WORKERS", "3"}}});
    ASSERT_TRUE(running && fresh);
    const auto result = reload(*running, *fresh);
    EXPECT_EQ(result.settings.get<"log.level">(), "debug");
    EXPECT_EQ(result.settings.get<"http.workers">(), 8);
    EXPECT_THAT(result.changed, ::testing::ElementsAre("log.level"));
    EXPECT_THAT(result.needs_restart, ::testing::ElementsAre("http.workers"));
}

TEST_F(Config, reads_env_files_with_quotes_comments_and_near_misses)
{
    const auto file =
        write(".env.production",
              "# a comment\nexport LOG_LEVEL=debug\nSMTP_FROM='Shop <a@b.example>'\nSS_HTTP_WORKERS = \"3\"\n"
              "POSTGRES_PASSWORD=whatever\n");
    const auto loaded = load({.file = file});
    ASSERT_TRUE(loaded) << as_one_error(loaded.error()).message;
    EXPECT_EQ(loaded->get<"log.level">(), "debug");
    EXPECT_EQ(loaded->get<"smtp.from">(), "Shop <a@b.example>");
    EXPECT_EQ(loaded->get<"http.workers">(), 3);
    EXPECT_EQ(loaded->source(setting_index("log.level")).where, file.string() + ":2");

    EXPECT_THAT(
        complaints({.file = write(".env", "DATABSE_URL=sqlite:/x\nnonsense\nSS_HTTP_WORKERS=many\n")}),
        ::testing::ElementsAre(".env:2: this line is not NAME=value | comments start with #",
                               ".env:1: there is no setting for the variable DATABSE_URL | did you mean DATABASE_URL?",
                               ".env:3: http.workers: \"many\" is not a whole number | a whole number"));
}

TEST_F(Config, what_it_writes_it_reads_back)
{
    auto variables = production();
    variables.push_back({"SS_HTTP_CORS_ORIGINS", "https://a.example,https://b.example"});
    variables.push_back({"SS_AUTH_ACCESS_LIFETIME", "90s"});
    variables.push_back({"SS_MEDIA_MAX_BYTES", "2MiB"});
    const auto first = load({.environment = variables});
    ASSERT_TRUE(first);
    for (const auto& file :
         {write("sssd.toml", print_toml(*first)), write(".env.production", print_env_file(*first))}) {
        const auto second = load({.file = file});
        ASSERT_TRUE(second) << as_one_error(second.error()).message;
        for (std::size_t i = 0; i < kSettings.size(); ++i) {
            EXPECT_EQ(first->written(i), second->written(i)) << kSettings[i].key;
        }
    }
}

}  // namespace
}  // namespace ss::config

// Media, the calendar, and publishing that is never done twice, on both engines.
#include <ss/channel.hpp>
#include <ss/crypto.hpp>
#include <ss/jobs.hpp>
#include <ss/posts.hpp>
#include <ss/realtime.hpp>
#include <ss/storage.hpp>
#include <ss/testing/fake_channel.hpp>
#include <ss/testing/migrated.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ss::posts {
namespace {

using namespace std::chrono_literals;
using channel::ContainerState, channel::FailureClass;

std::string jpeg(int width = 1'080, int height = 1'080)
{
    std::string bytes{"\xFF\xD8\xFF\xE0\x00\x04\x00\x00\xFF\xC0\x00\x11\x08", 13};
    for (const int side : {height, width}) {
        bytes += static_cast<char>(side / 256);
        bytes += static_cast<char>(side % 256);
    }
    return bytes + std::string(20, '\x03');
}

class Posts : public ::testing::TestWithParam<storage::Engine> {
protected:
    Posts()
    {
        workers_.handle(kPublishJob, [this](const jobs::Context& context) -> Result<jobs::Outcome> {
            const auto again = planner_.publish_job(context.job.payload);
            if (!again) {
                return std::unexpected(again.error());
            }
            return *again ? jobs::Outcome::retry_at(**again) : jobs::Outcome::done();
        });
    }

    AccountId connect(WorkspaceId workspace, std::string external_id)
    {
        channel::Profile profile;
        profile.external_id = std::move(external_id);
        const channel::Token token{Secret{"token"}, clock_.now() + std::chrono::hours{24 * 60}, {}};
        return accounts_.connect(workspace, "instagram", profile, token).value();
    }

    Post plan(std::optional<Timestamp> at, std::string caption = "Novidades #loja")
    {
        const auto made = planner_.create(shop_, {}, {account_, media_.id, std::move(caption), "Uma foto", {.at = at}});
        EXPECT_TRUE(made) << to_string(made.error());
        return made.value_or(Post{});
    }

    Post reload(PostId id) { return planner_.get(shop_, id).value(); }

    void run() { ASSERT_TRUE(workers_.run_due()); }
    void run_for(std::chrono::seconds time)
    {
        for (auto passed = 0s; passed < time; passed += 5s) {
            run();
            clock_.advance(5s);
        }
        run();
    }

    template <class T>
    static channel::Outcome<T> failed(FailureClass kind)
    {
        return std::unexpected(channel::Failure{.kind = kind, .code = "9/1", .sentence = "No.", .sentence_pt = "Não."});
    }

    ManualClock clock_;
    testing::MigratedDatabase database_{GetParam()};
    testing::TempDir folder_;
    std::unique_ptr<storage::KeyValue> key_value_ = storage::KeyValue::open({.url = Secret{"memory:"}}, clock_).value();
    std::unique_ptr<storage::Blobs> blobs_ = storage::Blobs::open_folder(folder_ / "media").value();
    crypto::Keyring keys_ = crypto::Keyring::parse(crypto::Keyring::generate("k1").reveal()).value();
    jobs::Queue queue_{*database_, clock_};
    realtime::Stream stream_{*key_value_};
    channel::Accounts accounts_{*database_, keys_, clock_};
    testing::FakeChannel channel_;
    std::function<void()> before_begin_ = [] {};  ///< Once, after a job has loaded its post and before it begins.
    WorkspaceId shop_{1};
    AccountId account_ = connect(shop_, "ig1");
    Library library_{*database_, *blobs_, clock_};
    Media media_ = library_.upload(shop_, {}, "foto.jpg", jpeg()).value();
    Planner planner_{*database_,
                     queue_,
                     stream_,
                     accounts_,
                     [this](std::string_view) {
                         std::exchange(before_begin_, [] {})();
                         return &channel_;
                     },
                     [](MediaId id) { return "https://shop/media/" + std::to_string(id.value); },
                     clock_};
    jobs::Workers workers_{queue_, *database_, clock_, {.random = [] { return 0.5; }}};
};
INSTANTIATE_TEST_SUITE_P(Engines, Posts, ss::testing::engines(), ss::testing::engine_name);

TEST_P(Posts, uploads_media_by_what_the_bytes_are)
{
    EXPECT_EQ(media_.width, 1'080);
    EXPECT_EQ(library_.read(media_).value(), jpeg());
    const auto odd = library_.upload(shop_, {}, "../../etc/passwd\n.png", jpeg(800, 1'000)).value();
    EXPECT_EQ(odd.kind, MediaKind::jpeg) << "whatever it is called";
    EXPECT_EQ(odd.name.find('/'), std::string::npos);
    EXPECT_EQ(library_.upload(shop_, {}, "a.jpg", "<script>").error().code, Errc::unsupported);
    EXPECT_EQ(library_.upload(shop_, {}, "a.jpg", "").error().code, Errc::invalid);
    EXPECT_EQ(library_.upload(shop_, {}, "a.jpg", jpeg() + std::string(kMaxImageBytes, 'x')).error().code,
              Errc::too_large);
    const auto first = library_.list(shop_, "", 1).value();
    ASSERT_EQ(first.items.size(), 1U);
    EXPECT_EQ(first.items[0].id, odd.id);
    EXPECT_EQ(library_.list(shop_, first.next, 1).value().items.at(0).id, media_.id);
    EXPECT_EQ(library_.list(shop_, "nonsense", 1).error().code, Errc::invalid);
}

TEST_P(Posts, an_edit_at_the_last_moment_is_what_goes_out)
{
    const auto post = plan(clock_.now() + 1h);
    clock_.advance(1h);
    before_begin_ = [&] { EXPECT_TRUE(planner_.edit(shop_, post.id, {.caption = "Com desconto"})); };
    run_for(20s);
    ASSERT_EQ(channel_.created.size(), 1U);
    EXPECT_EQ(channel_.created[0].caption, "Com desconto");
    EXPECT_EQ(reload(post.id).state, PostState::published);
}

TEST_P(Posts, a_move_at_the_last_moment_is_kept)
{
    const auto post = plan(clock_.now() + 1h);
    clock_.advance(1h);
    before_begin_ = [&] { EXPECT_TRUE(planner_.edit(shop_, post.id, {.when = When{.at = clock_.now() + 2h}})); };
    run_for(20s);
    EXPECT_TRUE(channel_.created.empty());
    EXPECT_EQ(reload(post.id).state, PostState::scheduled);
    clock_.advance(2h);
    run_for(20s);
    EXPECT_EQ(channel_.created.size(), 1U);
    EXPECT_EQ(reload(post.id).state, PostState::published);
}

TEST_P(Posts, publishes_a_scheduled_post_at_its_time_and_only_then)
{
    const auto post = plan(clock_.now() + 1h);
    EXPECT_EQ(post.state, PostState::scheduled);
    run();
    EXPECT_TRUE(channel_.created.empty());
    clock_.advance(1h);
    run_for(20s);
    ASSERT_EQ(channel_.created.size(), 1U);
    EXPECT_EQ(channel_.created[0].image_url, "https://shop/media/" + std::to_string(media_.id.value));
    EXPECT_EQ(channel_.created[0].caption, "Novidades #loja");
    EXPECT_EQ(channel_.published, std::vector<std::string>{"container-1"});
    const auto after = reload(post.id);
    EXPECT_EQ(after.state, PostState::published);
    EXPECT_EQ(after.external_id, "post-1");
    EXPECT_EQ(after.permalink, "https://channel/p/1");
    EXPECT_TRUE(after.published_at);
}

TEST_P(Posts, waits_while_the_channel_processes_the_picture)
{
    int looks = 0;
    channel_.on_state = [&]() -> channel::Outcome<ContainerState> {
        return ++looks < 4 ? ContainerState::in_progress : ContainerState::ready;
    };
    const auto post = plan(clock_.now());
    run_for(10s);
    EXPECT_EQ(reload(post.id).state, PostState::publishing);
    EXPECT_EQ(planner_.cancel(shop_, post.id).error().code, Errc::conflict);
    EXPECT_EQ(planner_.edit(shop_, post.id, {.caption = "tarde demais"}).error().code, Errc::conflict);
    run_for(30s);
    EXPECT_EQ(reload(post.id).state, PostState::published);
}

TEST_P(Posts, gives_up_on_a_picture_that_is_never_ready)
{
    channel_.on_state = []() -> channel::Outcome<ContainerState> { return ContainerState::in_progress; };
    const auto post = plan(clock_.now());
    run_for(11min);
    EXPECT_EQ(reload(post.id).state, PostState::failed);
    EXPECT_EQ(reload(post.id).failure->code, "media_timeout");
    EXPECT_TRUE(channel_.published.empty());
}

TEST_P(Posts, a_refusal_is_a_sentence_and_the_post_can_be_tried_again)
{
    channel_.on_create = [](const channel::Publication&) { return failed<std::string>(FailureClass::permanent); };
    const auto post = plan(clock_.now());
    run_for(10s);
    EXPECT_EQ(reload(post.id).state, PostState::failed);
    EXPECT_EQ(reload(post.id).failure->sentence_pt, "Não.");
    channel_.on_create = nullptr;
    const auto again = planner_.edit(shop_, post.id, {.when = When{.at = clock_.now()}}).value();
    EXPECT_EQ(again.state, PostState::scheduled);
    EXPECT_FALSE(again.failure);
    run_for(20s);
    EXPECT_EQ(reload(post.id).state, PostState::published);
}

TEST_P(Posts, moving_a_post_leaves_exactly_one_job_that_acts)
{
    const auto start = clock_.now();
    const auto post = plan(start + 1h);
    ASSERT_TRUE(planner_.edit(shop_, post.id, {.when = When{.at = start + 3h}}));
    ASSERT_TRUE(planner_.edit(shop_, post.id, {.when = When{.at = start + 2h}}));
    ASSERT_TRUE(planner_.edit(shop_, post.id, {.caption = "Outro texto"}));
    clock_.advance(1h + 1min);
    run_for(20s);
    EXPECT_TRUE(channel_.created.empty()) << "the first time is past and no longer its time";
    clock_.advance(1h);
    run_for(20s);
    EXPECT_EQ(channel_.published.size(), 1U);
    EXPECT_EQ(channel_.created.at(0).caption, "Outro texto");
    clock_.advance(2h);
    run_for(20s);
    EXPECT_EQ(channel_.published.size(), 1U);
}

TEST_P(Posts, a_cancelled_post_is_not_published)
{
    const auto post = plan(clock_.now() + 1h);
    EXPECT_EQ(planner_.cancel(shop_, post.id).value().state, PostState::cancelled);
    clock_.advance(2h);
    run_for(20s);
    EXPECT_TRUE(channel_.created.empty());
    const auto draft = planner_.edit(shop_, post.id, {.caption = "de novo"}).value();
    EXPECT_EQ(draft.state, PostState::draft);
}

TEST_P(Posts, lists_a_range_of_the_calendar_in_pages)
{
    const auto start = clock_.now();
    for (int hour = 1; hour <= 6; ++hour) {
        plan(start + std::chrono::hours{hour});
    }
    plan(std::nullopt);
    Filter filter{.from = start + 2h, .to = start + 5h, .limit = 2};
    const auto first = planner_.list(shop_, filter).value();
    ASSERT_EQ(first.items.size(), 2U);
    EXPECT_EQ(first.items[0].at, start + 2h);
    filter.cursor = first.next;
    const auto second = planner_.list(shop_, filter).value();
    ASSERT_EQ(second.items.size(), 1U) << "the end is not included";
    EXPECT_EQ(second.next, "");
    EXPECT_EQ(planner_.list(shop_, {.state = PostState::draft}).value().items.size(), 1U);
    EXPECT_EQ(planner_.list(shop_, {.account = account_}).value().items.size(), 7U);
    EXPECT_EQ(planner_.list(shop_, {.from = start, .to = start - 1h}).error().code, Errc::invalid);
    EXPECT_EQ(planner_.list(shop_, {.cursor = "x"}).error().code, Errc::invalid);
}

TEST_P(Posts, refuses_what_could_not_be_published)
{
    const Draft good{account_, media_.id, "Oi", "", {.at = clock_.now() + 1h}};
    auto past = good;
    past.when.at = clock_.now() - 6min;
    EXPECT_EQ(planner_.create(shop_, {}, past).error().where, "/at");
    auto tall = good;
    tall.media = library_.upload(shop_, {}, "a.jpg", jpeg(500, 2'000)).value().id;
    EXPECT_EQ(planner_.create(shop_, {}, tall).error().where, "/media");
    tall.when = {};
    EXPECT_TRUE(planner_.create(shop_, {}, tall)) << "a draft may still be cropped";
    auto loud = good;
    loud.caption = std::string(2'201, 'a');
    EXPECT_EQ(planner_.create(shop_, {}, loud).error().where, "/caption");
    ASSERT_TRUE(accounts_.disconnect(shop_, account_));
    EXPECT_EQ(planner_.create(shop_, {}, good).error().code, Errc::account_disconnected);
}

TEST_P(Posts, another_workspaces_ids_are_not_found)
{
    const auto rival = database_.add_workspace("Rival");
    const auto theirs = connect(rival, "ig9");
    const auto post = plan(clock_.now() + 1h);
    EXPECT_EQ(planner_.get(rival, post.id).error().code, Errc::not_found);
    EXPECT_EQ(planner_.edit(rival, post.id, {.caption = "x"}).error().code, Errc::not_found);
    EXPECT_EQ(planner_.cancel(rival, post.id).error().code, Errc::not_found);
    EXPECT_EQ(library_.get(rival, media_.id).error().code, Errc::not_found);
    EXPECT_EQ(planner_.list(rival, {.account = account_}).error().code, Errc::not_found);
    EXPECT_TRUE(planner_.list(rival, {}).value().items.empty());
    EXPECT_EQ(planner_.create(rival, {}, {theirs, media_.id, "", "", {}}).error().code, Errc::not_found);
    EXPECT_EQ(planner_.create(rival, {}, {account_, media_.id, "", "", {}}).error().code, Errc::not_found);
}

// ---- a crash between each pair of steps

/// The channel as it is outside: it remembers what happened although we died before we could.
class Dying : public Posts {
protected:
    Dying()
    {
        channel_.on_state = [this]() -> channel::Outcome<ContainerState> {
            return live_ > 0 ? ContainerState::published : ContainerState::ready;
        };
        channel_.on_publish = [this](std::string_view) -> channel::Outcome<std::string> {
            ++live_;
            return "live";
        };
        channel_.on_find = [this](std::string_view) -> channel::Outcome<channel::Published> {
            return live_ > 0 ? channel::Published{"live", "https://channel/p/live"}
                             : failed<channel::Published>(FailureClass::permanent);
        };
    }

    void die(PostId id) { EXPECT_THROW(static_cast<void>(planner_.publish(id)), testing::Died); }

    void expect_published_once(PostId id)
    {
        const auto post = reload(id);
        EXPECT_EQ(live_, 1);
        EXPECT_EQ(post.state, PostState::published);
        EXPECT_EQ(post.external_id, "live");
        EXPECT_EQ(post.permalink, "https://channel/p/live");
    }

    int live_ = 0;  ///< How often it is on the profile.
};
INSTANTIATE_TEST_SUITE_P(Engines, Dying, ss::testing::engines(), ss::testing::engine_name);

TEST_P(Dying, while_making_the_container)
{
    const auto post = plan(clock_.now());
    channel_.on_create = [](const channel::Publication&) -> channel::Outcome<std::string> { throw testing::Died{}; };
    die(post.id);
    channel_.on_create = nullptr;
    run_for(120s);
    expect_published_once(post.id);
}

TEST_P(Dying, while_asking_for_the_containers_state)
{
    const auto post = plan(clock_.now());
    ASSERT_TRUE(planner_.publish(post.id));
    const auto usual = channel_.on_state;
    channel_.on_state = []() -> channel::Outcome<ContainerState> { throw testing::Died{}; };
    die(post.id);
    channel_.on_state = usual;
    run_for(120s);
    expect_published_once(post.id);
    EXPECT_EQ(channel_.created.size(), 1U) << "the container's id was kept";
}

TEST_P(Dying, in_the_publish_call_before_the_channel_did_it)
{
    const auto post = plan(clock_.now());
    ASSERT_TRUE(planner_.publish(post.id));
    const auto usual = channel_.on_publish;
    channel_.on_publish = [](std::string_view) -> channel::Outcome<std::string> { throw testing::Died{}; };
    die(post.id);
    channel_.on_publish = usual;
    run_for(40s);
    EXPECT_EQ(live_, 0) << "the call may still be under way";
    run_for(120s);
    expect_published_once(post.id);
    EXPECT_EQ(channel_.published, (std::vector<std::string>{"container-1", "container-1"}));
}

TEST_P(Dying, in_the_publish_call_after_the_channel_did_it)
{
    const auto post = plan(clock_.now());
    ASSERT_TRUE(planner_.publish(post.id));
    channel_.on_publish = [this](std::string_view) -> channel::Outcome<std::string> {
        ++live_;
        throw testing::Died{};
    };
    die(post.id);
    run_for(300s);
    expect_published_once(post.id);
    EXPECT_EQ(channel_.published.size(), 1U);
}

TEST_P(Dying, while_asking_for_the_link)
{
    const auto post = plan(clock_.now());
    ASSERT_TRUE(planner_.publish(post.id));
    ASSERT_TRUE(planner_.publish(post.id));
    EXPECT_EQ(reload(post.id).state, PostState::published);
    const auto usual = channel_.on_find;
    channel_.on_find = [](std::string_view) -> channel::Outcome<channel::Published> { throw testing::Died{}; };
    die(post.id);
    channel_.on_find = usual;
    run_for(120s);
    expect_published_once(post.id);
}

TEST_P(Dying, an_unknown_outcome_that_was_a_success_is_found_and_not_repeated)
{
    channel_.on_publish = [this](std::string_view) {
        ++live_;
        return failed<std::string>(FailureClass::unknown_outcome);
    };
    const auto post = plan(clock_.now());
    run_for(300s);
    expect_published_once(post.id);
    EXPECT_EQ(channel_.published.size(), 1U);
}

TEST_P(Dying, a_refusal_after_which_the_container_is_published_was_none)
{
    channel_.on_publish = [this](std::string_view) {
        ++live_;
        return failed<std::string>(FailureClass::restricted);
    };
    const auto post = plan(clock_.now());
    run_for(60s);
    EXPECT_EQ(live_, 1);
    EXPECT_NE(reload(post.id).state, PostState::failed);
    EXPECT_EQ(accounts_.get(shop_, account_).value().state, channel::AccountState::restricted);
}

TEST_P(Dying, a_real_refusal_fails_without_a_second_call)
{
    channel_.on_publish = [](std::string_view) { return failed<std::string>(FailureClass::permanent); };
    const auto post = plan(clock_.now());
    run_for(300s);
    EXPECT_EQ(reload(post.id).state, PostState::failed);
    EXPECT_EQ(reload(post.id).failure->code, "9/1");
    EXPECT_EQ(channel_.published.size(), 1U);
}

TEST_P(Dying, when_nobody_can_say_it_stays_unknown_and_is_never_published_again)
{
    channel_.on_publish = [this](std::string_view) {
        channel_.on_state = []() { return failed<ContainerState>(FailureClass::transient); };
        return failed<std::string>(FailureClass::unknown_outcome);
    };
    const auto post = plan(clock_.now());
    run_for(2h);
    EXPECT_EQ(reload(post.id).state, PostState::unknown);
    EXPECT_EQ(reload(post.id).failure->code, "unknown_outcome");
    EXPECT_EQ(channel_.published.size(), 1U);
    EXPECT_EQ(planner_.edit(shop_, post.id, {.when = When{.at = clock_.now()}}).error().code, Errc::conflict);
}

TEST_P(Dying, throttling_delays_and_does_not_use_up_tries)
{
    int calls = 0;
    channel_.on_publish = [&](std::string_view) -> channel::Outcome<std::string> {
        if (++calls <= 20) {
            return failed<std::string>(FailureClass::throttled);
        }
        ++live_;
        return "live";
    };
    const auto post = plan(clock_.now());
    run_for(300s);
    expect_published_once(post.id);
}

}  // namespace
}  // namespace ss::posts

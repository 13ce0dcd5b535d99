// From signed bytes to stored events, and again.

#include <ss/crypto.hpp>
#include <ss/ingest.hpp>
#include <ss/jobs.hpp>
#include <ss/storage.hpp>
#include <ss/testing/migrated.hpp>

#include "signed_channel.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <thread>

namespace ss::ingest {
namespace {

using namespace std::chrono_literals;
using test::SignedChannel;

/// Remembers events by account and message id, as the timeline does; refuses those whose text says so.
class Timeline {
public:
    Result<void> apply(const channel::Account& account, std::span<const channel::Event> events)
    {
        const std::lock_guard hold{mutex_};
        ++calls;
        if (away) {
            return fail(Errc::unavailable, "the timeline is away");
        }
        for (const auto& event : events) {
            if (event.text == "bad") {
                return fail(Errc::invalid, "cannot store this");
            }
            if (event.text == "throws") {
                throw std::runtime_error{"oops"};
            }
        }
        for (const auto& event : events) {
            if (stored.emplace(account.external_id + "/" + event.message_id).second) {
                order.push_back(event.message_id);
            }
        }
        return {};
    }

    bool away = false;
    int calls = 0;
    std::set<std::string> stored;
    std::vector<std::string> order;

private:
    std::mutex mutex_;
};

class JournalTest : public ::testing::TestWithParam<storage::Engine> {
protected:
    JournalTest()
    {
        channel::Profile profile;
        profile.external_id = "178";
        account_ = accounts_.connect(WorkspaceId{1}, "fake", profile, {Secret{"token"}, clock_.now() + 1h, {}}).value();
        workers_.handle(kProcessJob, [this](const jobs::Context& context) { return journal_.process(context); });
    }

    Result<Receipt> receive(std::string_view body)
    {
        return journal_.receive(channel_, body, SignedChannel::sign(body), "r");
    }
    int run() { return workers_.run_due().value(); }
    Entry entry(JournalId id) { return journal_.show(id).value().entry; }
    static nlohmann::json item(std::string id, std::string text = "hi", std::int64_t at = 1'767'000'000,
                               std::string account = "178")
    {
        return {{"account", account}, {"id", id}, {"text", text}, {"at", at}};
    }

    ss::testing::MigratedDatabase database_{GetParam()};
    ManualClock clock_;
    crypto::Keyring keys_ = crypto::Keyring::parse(crypto::Keyring::generate("k1").reveal()).value();
    jobs::Queue queue_{*database_, clock_};
    channel::Accounts accounts_{*database_, keys_, clock_};
    AccountId account_;
    SignedChannel channel_;
    Timeline timeline_;
    std::vector<Processed> observed_;
    Journal journal_{*database_,
                     queue_,
                     accounts_,
                     [this](std::string_view name) { return name == "fake" ? &channel_ : nullptr; },
                     [this](const channel::Account& account, std::span<const channel::Event> events) {
                         return timeline_.apply(account, events);
                     },
                     clock_,
                     {.observe = [this](const Processed& processed) { observed_.push_back(processed); }}};
    jobs::Workers workers_{queue_, *database_, clock_, {.random = [] { return 0.5; }}};
};
INSTANTIATE_TEST_SUITE_P(Engines, JournalTest, ss::testing::engines(), ss::testing::engine_name);

TEST_P(JournalTest, a_wrong_signature_is_refused_before_anything_is_parsed_or_written)
{
    const std::string body = R"([{"account":"178","id":"m1","text":"hi"}])";
    const auto good = SignedChannel::sign(body);
    const std::vector<std::string> bad{"",
                                       "sha256=",
                                       good.substr(7),
                                       good.substr(0, good.size() - 1),
                                       good + "0",
                                       "sha1=" + good.substr(7),
                                       good + "," + good,
                                       " " + good,
                                       SignedChannel::sign(body, "another secret"),
                                       SignedChannel::sign(body + " "),
                                       SignedChannel::sign("")};
    for (const auto& signature : bad) {
        const auto received = journal_.receive(channel_, body, signature, "r");
        ASSERT_FALSE(received) << signature;
        EXPECT_EQ(received.error().code, Errc::unauthenticated) << signature;
    }
    for (std::size_t bit = 0; bit < body.size() * 8; ++bit) {
        auto flipped = body;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
        ASSERT_FALSE(journal_.receive(channel_, flipped, good, "r")) << bit;
    }
    EXPECT_EQ(channel_.parsed, 0);
    EXPECT_TRUE(journal_.list({}).value().entries.empty());
    EXPECT_TRUE(queue_.list({}).value().jobs.empty());
    EXPECT_TRUE(journal_.receive(channel_, body, good, "r"));
}

TEST_P(JournalTest, what_was_acknowledged_is_on_disk_with_its_job)
{
    const std::string body{"\x00\xff not json \n", 13};
    const auto receipt = receive(body).value();
    auto other = storage::Database::open({.url = database_.url()}).value();
    jobs::Queue other_queue{*other, clock_};
    Journal fresh{*other, other_queue, accounts_, {}, {}, clock_, {}};
    EXPECT_EQ(fresh.show(receipt.id).value().body, body);
    EXPECT_EQ(fresh.show(receipt.id).value().entry.sha256, crypto::sha256_hex(body));
    const auto jobs = other_queue.list({}).value().jobs;
    ASSERT_EQ(jobs.size(), 1U);
    EXPECT_EQ(jobs[0].kind, kProcessJob);
    EXPECT_EQ(channel_.parsed, 0) << "parsed later, by the job";
}

TEST_P(JournalTest, without_its_job_nothing_is_acknowledged)
{
    database_.script("drop table job");
    EXPECT_FALSE(receive("[]"));
    EXPECT_TRUE(journal_.list({}).value().entries.empty());
}

TEST_P(JournalTest, events_are_handed_on_in_the_order_of_their_time)
{
    const auto body = nlohmann::json{item("c", "hi", 300), item("a", "hi", 100), item("b", "hi", 200)}.dump();
    const auto receipt = receive(body).value();
    EXPECT_FALSE(receipt.repeated);
    EXPECT_EQ(entry(receipt.id).state, State::received);
    EXPECT_EQ(journal_.counts().value().waiting, 1);
    EXPECT_EQ(run(), 1);
    EXPECT_EQ(timeline_.order, (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_EQ(timeline_.calls, 1) << "one transaction";
    const auto done = entry(receipt.id);
    EXPECT_EQ(done.state, State::processed);
    EXPECT_EQ(done.events, 3);
    EXPECT_EQ(done.attempts, 1);
    EXPECT_EQ(accounts_.get(account_).value().last_event_at, Timestamp{300s});
    EXPECT_EQ(journal_.counts().value().waiting, 0);
}

TEST_P(JournalTest, the_same_body_again_is_journaled_again_and_recognised)
{
    const auto body = nlohmann::json{item("a")}.dump();
    const auto first = receive(body).value();
    EXPECT_EQ(run(), 1);
    for (const std::chrono::minutes wait : {1min, std::chrono::minutes{36h}, std::chrono::minutes{24h * 7}}) {
        clock_.advance(wait);
        const auto again = receive(body).value();
        EXPECT_TRUE(again.repeated);
        EXPECT_EQ(entry(again.id).repeat_of, first.id);
        EXPECT_EQ(run(), 1);
    }
    EXPECT_EQ(timeline_.order.size(), 1U);
}

TEST_P(JournalTest, one_bad_event_in_a_thousand_takes_no_other_with_it)
{
    auto body = nlohmann::json::array();
    for (int number = 0; number < 1'000; ++number) {
        body.push_back(item("m" + std::to_string(number), number == 777 ? "bad" : "hi", number));
    }
    const auto receipt = receive(body.dump()).value();
    EXPECT_EQ(run(), 1);
    EXPECT_EQ(timeline_.stored.size(), 999U);
    EXPECT_LE(timeline_.calls, 25);
    const auto shown = journal_.show(receipt.id).value();
    EXPECT_EQ(shown.entry.state, State::processed);
    EXPECT_EQ(shown.entry.events, 999);
    EXPECT_EQ(shown.entry.problems, 1);
    ASSERT_EQ(shown.problems.size(), 1U);
    EXPECT_EQ(shown.problems[0].reason, "cannot store this");
    EXPECT_EQ(shown.problems[0].account, "178");
    EXPECT_EQ(nlohmann::json::parse(shown.problems[0].item)["message_id"], "m777");
    EXPECT_EQ(journal_.list({.with_problems = true}).value().entries.size(), 1U);
    ASSERT_EQ(observed_.size(), 1U);
    EXPECT_EQ(observed_[0].problems, 1);
}

TEST_P(JournalTest, an_unreadable_item_and_an_unknown_account_leave_the_others_alone)
{
    const auto body = nlohmann::json{item("a"), 17, item("b", "hi", 1, "unknown"), item("c")}.dump();
    const auto receipt = receive(body).value();
    const auto rubbish = receive("\xff{").value();
    EXPECT_EQ(run(), 2);
    EXPECT_EQ(timeline_.stored.size(), 2U);
    EXPECT_EQ(entry(receipt.id).problems, 1);
    EXPECT_EQ(entry(receipt.id).unknown_accounts, 1);
    EXPECT_EQ(entry(rubbish.id).problems, 1);
    EXPECT_EQ(entry(rubbish.id).state, State::processed);
}

TEST_P(JournalTest, what_fails_for_an_outside_reason_is_tried_again)
{
    const auto receipt = receive(nlohmann::json{item("a")}.dump()).value();
    timeline_.away = true;
    EXPECT_EQ(run(), 1);
    EXPECT_EQ(entry(receipt.id).state, State::failed);
    EXPECT_EQ(entry(receipt.id).last_error, "the timeline is away");
    EXPECT_EQ(journal_.counts().value().failed, 1);
    EXPECT_EQ(journal_.list({.state = State::failed}).value().entries.size(), 1U);
    timeline_.away = false;
    clock_.advance(1min);
    EXPECT_EQ(run(), 1);
    EXPECT_EQ(entry(receipt.id).state, State::processed);
    EXPECT_EQ(entry(receipt.id).attempts, 2);
    EXPECT_EQ(timeline_.stored.size(), 1U);
}

TEST_P(JournalTest, a_defect_is_blamed_on_the_event_only_after_the_third_attempt)
{
    const auto receipt = receive(nlohmann::json{item("a"), item("b", "throws")}.dump()).value();
    EXPECT_EQ(run(), 1);
    EXPECT_EQ(entry(receipt.id).state, State::failed);
    clock_.advance(1min);
    EXPECT_EQ(run(), 1);
    clock_.advance(1min);
    EXPECT_EQ(run(), 1);
    EXPECT_EQ(entry(receipt.id).state, State::processed);
    EXPECT_EQ(entry(receipt.id).problems, 1);
    EXPECT_EQ(timeline_.order, std::vector<std::string>{"a"});
}

TEST_P(JournalTest, replay_processes_again_and_changes_nothing_that_is_there)
{
    const auto body = nlohmann::json{item("a"), item("b", "bad"), item("c", "hi", 1, "later")}.dump();
    const auto receipt = receive(body).value();
    EXPECT_EQ(run(), 1);
    for (int round = 0; round < 3; ++round) {
        ASSERT_TRUE(journal_.replay(receipt.id));
        ASSERT_TRUE(journal_.replay(receipt.id)) << "asked for twice";
        EXPECT_EQ(run(), 1);
    }
    EXPECT_EQ(timeline_.order.size(), 1U);
    EXPECT_EQ(journal_.show(receipt.id).value().problems.size(), 1U) << "not doubled";
    EXPECT_EQ(entry(receipt.id).attempts, 4);

    channel::Profile profile;
    profile.external_id = "later";
    ASSERT_TRUE(accounts_.connect(WorkspaceId{1}, "fake", profile, {Secret{"t"}, clock_.now() + 1h, {}}));
    ASSERT_TRUE(journal_.replay(receipt.id));
    EXPECT_EQ(run(), 1);
    EXPECT_EQ(timeline_.order.size(), 2U) << "an account connected later gets what the journal kept";
    EXPECT_EQ(journal_.replay(JournalId{999}).error().code, Errc::not_found);
}

TEST_P(JournalTest, a_range_can_be_replayed_and_listed_in_pages)
{
    std::vector<Receipt> receipts;
    for (int number = 0; number < 5; ++number) {
        receipts.push_back(receive(nlohmann::json{item(std::to_string(number))}.dump()).value());
        clock_.advance(1h);
    }
    EXPECT_EQ(run(), 5);
    const auto start = clock_.now() - 5h;
    EXPECT_EQ(journal_.replay({.from = start + 1h, .until = start + 4h}).value(), 3);
    EXPECT_EQ(run(), 3);
    EXPECT_EQ(entry(receipts[0].id).attempts, 1);
    EXPECT_EQ(entry(receipts[1].id).attempts, 2);
    EXPECT_EQ(entry(receipts[4].id).attempts, 1);
    const auto page = journal_.list({.limit = 3}).value();
    ASSERT_EQ(page.entries.size(), 3U);
    EXPECT_EQ(page.entries[0].id, receipts[4].id);
    const auto rest = journal_.list({.cursor = page.next, .limit = 3}).value();
    EXPECT_EQ(rest.entries.size(), 2U);
    EXPECT_EQ(rest.next, "");
    EXPECT_EQ(journal_.list({.cursor = "x"}).error().code, Errc::invalid);
}

TEST_P(JournalTest, pruning_keeps_what_was_not_processed_and_what_has_problems)
{
    const auto clean = receive(nlohmann::json{item("a")}.dump()).value();
    const auto problem = receive(nlohmann::json{item("b", "bad")}.dump()).value();
    EXPECT_EQ(run(), 2);
    const auto waiting = receive(nlohmann::json{item("c")}.dump()).value();
    clock_.advance(24h * 30);
    EXPECT_EQ(journal_.prune().value(), 0);
    clock_.advance(1us);
    EXPECT_EQ(journal_.prune().value(), 1);
    EXPECT_EQ(journal_.show(clean.id).error().code, Errc::not_found);
    clock_.advance(24h * 180);
    EXPECT_EQ(journal_.prune().value(), 1);
    EXPECT_EQ(journal_.show(problem.id).error().code, Errc::not_found);
    EXPECT_EQ(entry(waiting.id).state, State::received);
    EXPECT_EQ(run(), 1);
    EXPECT_EQ(timeline_.stored.count("178/c"), 1U);
}

TEST_P(JournalTest, a_damaged_body_is_not_processed)
{
    const auto receipt = receive(nlohmann::json{item("a")}.dump()).value();
    database_.script("update webhook set body_base64 = 'AAAA'");
    EXPECT_EQ(run(), 1);
    EXPECT_TRUE(timeline_.stored.empty());
    EXPECT_EQ(journal_.show(receipt.id).error().code, Errc::corrupt);
}

TEST_P(JournalTest, bodies_received_side_by_side_are_all_processed_once)
{
    constexpr int kThreads = 8;
    constexpr int kEach = 25;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < kThreads; ++thread) {
            threads.emplace_back([&, thread] {
                for (int number = 0; number < kEach; ++number) {
                    const auto id = std::to_string(thread) + "." + std::to_string(number);
                    EXPECT_TRUE(receive(nlohmann::json{item(id)}.dump()));
                }
            });
        }
    }
    EXPECT_EQ(run(), kThreads * kEach);
    EXPECT_EQ(timeline_.order.size(), std::size_t{kThreads * kEach});
}

}  // namespace
}  // namespace ss::ingest

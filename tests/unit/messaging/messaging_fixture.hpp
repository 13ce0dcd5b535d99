#pragma once
/// A shop with one connected account on a fake channel, and words to write its events in.

#include <ss/channel.hpp>
#include <ss/crypto.hpp>
#include <ss/jobs.hpp>
#include <ss/messaging.hpp>
#include <ss/realtime.hpp>
#include <ss/storage.hpp>
#include <ss/testing/fake_channel.hpp>
#include <ss/testing/migrated.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace ss::messaging::test {

using namespace std::chrono_literals;
using channel::Event, channel::EventKind;

class MessagingTest : public ::testing::TestWithParam<storage::Engine> {
protected:
    MessagingTest()
    {
        workers_.handle(kSendJob, [this](const jobs::Context& context) -> Result<jobs::Outcome> {
            return outcome(outbox_.deliver_job(context.job.payload));
        });
        workers_.handle(kProfileJob, [this](const jobs::Context& context) -> Result<jobs::Outcome> {
            return outcome(outbox_.refresh_profile_job(context.job.payload));
        });
    }

    static Result<jobs::Outcome> outcome(const Result<std::optional<Timestamp>>& again)
    {
        if (!again) {
            return std::unexpected(again.error());
        }
        return *again ? jobs::Outcome::retry_at(**again) : jobs::Outcome::done();
    }

    AccountId connect(WorkspaceId workspace, std::string external_id)
    {
        channel::Profile profile;
        profile.external_id = std::move(external_id);
        profile.username = "shop";
        const channel::Token token{Secret{"token"}, clock_.now() + std::chrono::hours{24 * 60}, {}};
        return accounts_.connect(workspace, "instagram", profile, token).value();
    }

    Event says(std::string id, std::string text, std::string customer = "ana") const
    {
        return {.kind = EventKind::message,
                .account = "ig1",
                .customer = std::move(customer),
                .at = clock_.now(),
                .message_id = std::move(id),
                .text = std::move(text)};
    }

    Event echo(std::string id, std::string text, std::string customer = "ana") const
    {
        auto event = says(std::move(id), std::move(text), std::move(customer));
        event.from_business = true;
        return event;
    }

    Event about(EventKind kind, std::string id) const
    {
        return {.kind = kind, .account = "ig1", .customer = "ana", .at = clock_.now(), .message_id = std::move(id)};
    }

    Applied apply(const std::vector<Event>& events)
    {
        const auto applied = inbox_.apply(shop_, account_, events);
        EXPECT_TRUE(applied) << to_string(applied.error());
        return applied.value_or(Applied{});
    }

    std::vector<Message> timeline(WorkspaceId workspace = WorkspaceId{1}, const MessageFilter& filter = {.limit = 100})
    {
        const auto page = inbox_.messages(workspace, filter);
        EXPECT_TRUE(page) << to_string(page.error());
        return page ? page->items : std::vector<Message>{};
    }

    std::vector<Conversation> conversations(const ConversationFilter& filter = {})
    {
        const auto page = inbox_.conversations(shop_, filter);
        EXPECT_TRUE(page) << to_string(page.error());
        return page ? page->items : std::vector<Conversation>{};
    }

    Conversation only_conversation()
    {
        const auto all = conversations();
        EXPECT_EQ(all.size(), 1U);
        return all.empty() ? Conversation{} : all.front();
    }

    Message reload(MessageId id) { return inbox_.message(shop_, id).value(); }

    std::int64_t number(const std::string& sql)
    {
        static constexpr std::array kColumns{storage::ColumnType::integer};
        const storage::Statement statement{sql, sql, sql, kColumns, {}};
        // a connection of its own: prepared statements are kept by their address
        const auto connection = database_->connect();
        const auto rows = (*connection)->execute(statement, {});
        return rows ? std::get<std::int64_t>(rows->values.at(0)) : -1;
    }

    void run() { ASSERT_TRUE(workers_.run_due()); }

    ManualClock clock_;
    testing::MigratedDatabase database_{GetParam()};
    std::unique_ptr<storage::KeyValue> key_value_ = storage::KeyValue::open({.url = Secret{"memory:"}}, clock_).value();
    crypto::Keyring keys_ = crypto::Keyring::parse(crypto::Keyring::generate("k1").reveal()).value();
    jobs::Queue queue_{*database_, clock_};
    realtime::Stream stream_{*key_value_};
    channel::Accounts accounts_{*database_, keys_, clock_};
    testing::FakeChannel channel_;
    WorkspaceId shop_{1};
    AccountId account_ = connect(shop_, "ig1");
    Inbox inbox_{*database_, queue_, stream_, clock_};
    Outbox outbox_{*database_, queue_, stream_, accounts_, [this](std::string_view) { return &channel_; }, clock_};
    jobs::Workers workers_{queue_, *database_, clock_, {.random = [] { return 0.5; }}};
};

}  // namespace ss::messaging::test

// Copies of what customers attach: made at once, tried again, visible, never in the way of the message.
#include "file_type.hpp"
#include "messaging_fixture.hpp"

#include <ss/copies.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

namespace ss::messaging::test {
namespace {

using channel::AttachmentKind;

const std::string kPicture = "\xFF\xD8\xFF\xE0 a picture";

class CopiesTest : public MessagingTest {
protected:
    CopiesTest()
    {
        workers_.handle(kCopyJob, [this](const jobs::Context& context) -> Result<jobs::Outcome> {
            return outcome(copies_.copy_job(context.job.payload));
        });
        workers_.handle(kForgetCopyJob, [this](const jobs::Context& context) -> Result<jobs::Outcome> {
            forgotten.push_back(context.job.payload);
            return jobs::Outcome::done();
        });
        workers_.handle(kProfileJob,
                        [](const jobs::Context&) -> Result<jobs::Outcome> { return jobs::Outcome::done(); });
    }

    Event shows(std::string id, std::string url, AttachmentKind kind = AttachmentKind::image) const
    {
        auto event = says(std::move(id), "");
        event.attachments.push_back({kind, std::move(url), "", ""});
        return event;
    }
    Attachment attachment(std::size_t message = 0) { return timeline().at(message).attachments.at(0); }

    testing::TempDir folder_;
    std::unique_ptr<storage::Blobs> blobs_ = storage::Blobs::open_folder(folder_ / "media").value();
    std::map<std::string, std::expected<std::string, Missed>> web{{"https://cdn/a", kPicture}};
    std::vector<std::string> asked;
    std::vector<std::string> forgotten;
    std::function<void()> meanwhile;
    Copies copies_{*database_,
                   queue_,
                   stream_,
                   *blobs_,
                   [this](const std::string& url) -> std::expected<std::string, Missed> {
                       asked.push_back(url);
                       if (meanwhile) {
                           meanwhile();
                       }
                       const auto found = web.find(url);
                       return found == web.end() ? std::unexpected(Missed::gone) : found->second;
                   },
                   clock_};
};
INSTANTIATE_TEST_SUITE_P(Engines, CopiesTest, ss::testing::engines(), ss::testing::engine_name);

TEST_P(CopiesTest, are_made_after_the_message_is_stored)
{
    apply({shows("m1", "https://cdn/a")});
    EXPECT_EQ(attachment().copy, CopyState::pending);
    EXPECT_TRUE(asked.empty()) << "receiving waits for no other service";
    run();
    const auto copied = attachment();
    EXPECT_EQ(copied.copy, CopyState::stored);
    EXPECT_EQ(copied.content_type, "image/jpeg");
    EXPECT_EQ(copied.bytes, static_cast<std::int64_t>(kPicture.size()));
    EXPECT_EQ(blobs_->get(copied.blob).value(), kPicture);
    const auto copy = copies_.read(shop_, copied.id);
    ASSERT_TRUE(copy);
    EXPECT_EQ(copy->bytes, kPicture);
    EXPECT_EQ(copy->file_name, "attachment-" + std::to_string(copied.id) + ".jpg");
    EXPECT_EQ(number("select count(*) from event where kind = 'message.updated'"), 1);

    apply({shows("m1", "https://cdn/a")});
    run();
    EXPECT_EQ(asked.size(), 1U) << "the same webhook again fetches nothing";
}

TEST_P(CopiesTest, belong_to_their_workspace)
{
    apply({shows("m1", "https://cdn/a")});
    run();
    const auto other = database_.add_workspace("Other");
    EXPECT_EQ(copies_.read(other, attachment().id).error().code, Errc::not_found);
    EXPECT_EQ(copies_.read(shop_, attachment().id + 1).error().code, Errc::not_found);
}

TEST_P(CopiesTest, are_tried_again_with_back_off_and_then_given_up_visibly)
{
    web.at("https://cdn/a") = std::unexpected(Missed::later);
    apply({shows("m1", "https://cdn/a")});
    run();
    EXPECT_EQ(attachment().copy, CopyState::pending);
    run();
    EXPECT_EQ(asked.size(), 1U) << "not before its time";
    for (const auto wait : {std::chrono::seconds{10}, std::chrono::seconds{120}, std::chrono::seconds{1'800}}) {
        clock_.advance(wait);
        run();
        EXPECT_EQ(attachment().copy, CopyState::pending);
    }
    clock_.advance(std::chrono::hours{6});
    run();
    EXPECT_EQ(asked.size(), 5U);
    EXPECT_EQ(attachment().copy, CopyState::failed);
    EXPECT_EQ(timeline().at(0).external_id, "m1") << "the message is there all the same";
    clock_.advance(std::chrono::hours{48});
    run();
    EXPECT_EQ(asked.size(), 5U);
}

TEST_P(CopiesTest, come_after_a_failure_that_passed)
{
    web.at("https://cdn/a") = std::unexpected(Missed::later);
    apply({shows("m1", "https://cdn/a")});
    run();
    web.at("https://cdn/a") = kPicture;
    clock_.advance(10s);
    run();
    EXPECT_EQ(attachment().copy, CopyState::stored);
}

TEST_P(CopiesTest, say_why_there_is_none)
{
    const std::pair<std::expected<std::string, Missed>, CopyState> cases[]{
        {std::unexpected(Missed::gone), CopyState::gone},
        {std::unexpected(Missed::refused), CopyState::refused},
        {std::unexpected(Missed::too_large), CopyState::too_large},
        {"\xFF\xD8\xFF" + std::string(kMaxCopyBytes, 'x'), CopyState::too_large},
        {"<!doctype html><script>alert(1)</script>", CopyState::unsupported},
        {"", CopyState::unsupported},
    };
    int number_of = 0;
    for (const auto& [answer, state] : cases) {
        web.at("https://cdn/a") = answer;
        apply({shows("case-" + std::to_string(++number_of), "https://cdn/a")});
        run();
        const auto found = timeline();
        const auto it = std::ranges::find(found, "case-" + std::to_string(number_of), &Message::external_id);
        ASSERT_NE(it, found.end());
        EXPECT_EQ(it->attachments.at(0).copy, state) << number_of;
        EXPECT_EQ(it->attachments.at(0).blob, "");
        EXPECT_EQ(copies_.read(shop_, it->attachments.at(0).id).error().code, Errc::not_found);
    }
}

TEST_P(CopiesTest, are_not_made_of_stories_posts_and_what_has_no_address)
{
    apply({shows("m1", "https://cdn/a", AttachmentKind::story_mention),
           shows("m2", "https://cdn/a", AttachmentKind::share), shows("m3", "https://cdn/a", AttachmentKind::reel),
           shows("m4", ""), shows("m5", "", AttachmentKind::unsupported)});
    run();
    EXPECT_TRUE(asked.empty());
    for (const auto& message : timeline()) {
        EXPECT_EQ(message.attachments.at(0).copy, CopyState::none);
    }
}

TEST_P(CopiesTest, go_when_the_customer_takes_the_message_back)
{
    apply({shows("m1", "https://cdn/a")});
    run();
    const auto blob = attachment().blob;
    const auto id = attachment().id;
    apply({about(EventKind::unsend, "m1")});
    run();
    EXPECT_EQ(copies_.read(shop_, id).error().code, Errc::not_found);
    ASSERT_EQ(forgotten.size(), 1U);
    EXPECT_NE(forgotten[0].find(blob), std::string::npos);
}

TEST_P(CopiesTest, do_not_come_back_when_the_message_is_taken_back_while_they_are_fetched)
{
    apply({shows("m1", "https://cdn/a")});
    meanwhile = [&] {
        meanwhile = nullptr;
        apply({about(EventKind::unsend, "m1")});
    };
    run();
    EXPECT_TRUE(timeline().at(0).attachments.empty());
    EXPECT_EQ(forgotten.size(), 1U) << "the file that had been put already";
}

TEST_P(CopiesTest, wait_for_a_full_media_disk)
{
    apply({shows("m1", "https://cdn/a")});
    std::filesystem::remove_all(folder_ / "media");
    std::ofstream{folder_ / "media"} << "no folder any more";
    run();
    EXPECT_EQ(attachment().copy, CopyState::pending);
    std::filesystem::remove(folder_ / "media");
    std::filesystem::create_directory(folder_ / "media");
    clock_.advance(std::chrono::minutes{1});
    run();
    EXPECT_EQ(attachment().copy, CopyState::stored);
}

TEST(FileType, is_told_by_the_bytes_alone)
{
    using namespace std::string_view_literals;
    const std::pair<std::string_view, std::string_view> known[]{
        {"\xFF\xD8\xFF\xE0 JFIF"sv, "image/jpeg"},
        {"\x89PNG\r\n\x1A\n...."sv, "image/png"},
        {"GIF89a"sv, "image/gif"},
        {"RIFF\1\2\3\4WEBPVP8 "sv, "image/webp"},
        {"RIFF\1\2\3\4WAVEfmt "sv, "audio/wav"},
        {"\0\0\0\x18"
         "ftypmp42"sv,
         "video/mp4"},
        {"\0\0\0\x14"
         "ftypqt  "sv,
         "video/quicktime"},
        {"\0\0\0\x1c"
         "ftypM4A "sv,
         "audio/mp4"},
        {"\0\0\0\x18"
         "ftypheic"sv,
         "image/heic"},
        {"ID3\4"sv, "audio/mpeg"},
        {"OggS\0\2"sv, "audio/ogg"},
        {"%PDF-1.7"sv, "application/pdf"},
    };
    for (const auto& [bytes, content_type] : known) {
        const auto type = file_type(bytes);
        ASSERT_TRUE(type) << content_type;
        EXPECT_EQ(type->content_type, content_type);
        EXPECT_EQ(extension_of(content_type), type->extension);
    }
    for (const auto other : {""sv, "\xFF\xD8"sv, "RIFF"sv, "RIFF\1\2\3\4AVI "sv, "<html>"sv, "<svg xmlns=\"\">"sv,
                             "#!/bin/sh"sv, "MZ\x90"sv, "PK\3\4"sv,
                             "\0\0\0\x18"
                             "fty"sv,
                             " GIF89a"sv}) {
        EXPECT_FALSE(file_type(other)) << other;
    }
    EXPECT_EQ(extension_of("text/html"), "");
}

}  // namespace
}  // namespace ss::messaging::test

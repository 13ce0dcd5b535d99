// Captions, local times, signatures and headers, without a database.
#include "rules.hpp"

#include <gtest/gtest.h>

namespace ss::posts {
namespace {

using namespace std::chrono_literals;

std::string repeat(std::string_view part, int times)
{
    std::string text;
    for (int i = 0; i < times; ++i) {
        text += part;
    }
    return text;
}

TEST(Caption, is_counted_in_characters_hashtags_and_mentions)
{
    const channel::Rules rules{};
    EXPECT_TRUE(check_caption(repeat("ç", 2'200), rules));
    EXPECT_FALSE(check_caption(repeat("ç", 2'201), rules));
    EXPECT_TRUE(check_caption(repeat("#a ", 30), rules));
    const auto error = check_caption(repeat("#a ", 31), rules).error();
    EXPECT_NE(error.message.find("31 hashtags"), std::string::npos);
    EXPECT_EQ(error.where, "/caption");
    EXPECT_TRUE(check_caption(repeat("@a ", 20), rules));
    EXPECT_FALSE(check_caption(repeat("@a ", 21), rules));
    EXPECT_FALSE(check_caption("\xFF", rules));
}

Result<std::optional<Timestamp>> local(std::string text, std::string zone)
{
    return instant({.at = {}, .local = std::move(text), .time_zone = std::move(zone)});
}

TEST(When, a_local_time_becomes_an_instant)
{
    EXPECT_EQ(local("2026-11-23T19:00", "America/Sao_Paulo").value(), parse_rfc3339("2026-11-23T22:00:00Z").value());
    EXPECT_EQ(local("2026-07-01T12:00:30", "Europe/Lisbon").value(), parse_rfc3339("2026-07-01T11:00:30Z").value());
    EXPECT_EQ(instant({}).value(), std::nullopt);
    const auto at = parse_rfc3339("2026-01-01T00:00:00Z").value();
    EXPECT_EQ(instant({.at = at, .local = {}, .time_zone = "America/Sao_Paulo"}).value(), at);
}

TEST(When, a_time_the_clocks_skip_is_refused_and_one_that_exists_twice_is_the_first)
{
    EXPECT_EQ(local("2026-03-29T01:30", "Europe/Lisbon").error().code, Errc::invalid);
    EXPECT_EQ(local("2026-10-25T01:30", "Europe/Lisbon").value(), parse_rfc3339("2026-10-25T00:30:00Z").value());
}

TEST(When, refuses_unknown_zones_and_forms)
{
    EXPECT_EQ(local("2026-11-23T19:00", "Brazil/Nowhere").error().where, "/time_zone");
    EXPECT_EQ(local("2026-11-23T19:00", "../../etc/passwd").error().where, "/time_zone");
    EXPECT_EQ(local("2026-11-23T19:00", "").error().where, "/time_zone");
    for (const auto* text :
         {"23/11/2026 19:00", "2026-11-23", "2026-13-23T19:00", "2026-11-23T19:00Z", "2026-11-23T25:00"}) {
        EXPECT_EQ(local(text, "UTC").error().where, "/local") << text;
    }
}

const std::string kJpeg = std::string{"\xFF\xD8\xFF\xE0\x00\x04\x00\x00", 8} +
                          std::string{"\xFF\xC2\x00\x11\x08\x04\x38\x03\x20\x03", 10} + std::string(20, '\0');
const std::string kPng =
    std::string{"\x89PNG\r\n\x1A\n\x00\x00\x00\rIHDR\x00\x00\x02\x80\x00\x00\x01\xE0", 24} + std::string(20, '\0');

TEST(Sniff, knows_pictures_by_their_bytes)
{
    const auto jpeg = sniff(kJpeg);
    ASSERT_TRUE(jpeg);
    EXPECT_EQ(jpeg->kind, MediaKind::jpeg);
    EXPECT_EQ(jpeg->width, 800);
    EXPECT_EQ(jpeg->height, 1080);
    const auto png = sniff(kPng);
    ASSERT_TRUE(png);
    EXPECT_EQ(png->width, 640);
    EXPECT_EQ(png->height, 480);
    EXPECT_EQ(sniff(std::string{"RIFF\0\0\0\0WEBPVP8 ", 16})->kind, MediaKind::webp);
    EXPECT_EQ(sniff(std::string{"\0\0\0\x18"
                                "ftypisom",
                                12})
                  ->kind,
              MediaKind::mp4);
}

TEST(Sniff, is_not_fooled_by_names_and_survives_every_cut)
{
    for (const auto* text : {"<svg onload=alert(1)>", "GIF89a", "%PDF-1.7", "#!/bin/sh", "", "RIFF", "\xFF\xD8"}) {
        EXPECT_FALSE(sniff(text)) << text;
    }
    for (std::size_t length = 0; length < 17; ++length) {
        EXPECT_FALSE(sniff(kJpeg.substr(0, length))) << length;
    }
    for (std::size_t length = 0; length < 33; ++length) {
        EXPECT_FALSE(sniff(kPng.substr(0, length))) << length;
    }
    EXPECT_FALSE(sniff("\xFF\xD8\xFF\xE0" + std::string(100'000, '\0'))) << "a segment of no length";
}

TEST(Picture, must_be_one_the_channel_takes)
{
    Media media;
    media.bytes = 1'000;
    const auto of = [&](MediaKind kind, int width, int height) {
        media.kind = kind;
        media.width = width;
        media.height = height;
        return check_publishable(media).has_value();
    };
    EXPECT_TRUE(of(MediaKind::jpeg, 1'080, 1'080));
    EXPECT_TRUE(of(MediaKind::jpeg, 1'080, 1'350));
    EXPECT_TRUE(of(MediaKind::jpeg, 1'080, 566));
    EXPECT_FALSE(of(MediaKind::jpeg, 1'080, 1'920));
    EXPECT_FALSE(of(MediaKind::jpeg, 2'000, 500));
    EXPECT_FALSE(of(MediaKind::png, 1'080, 1'080));
    media.bytes = static_cast<std::int64_t>(kMaxImageBytes) + 1;
    EXPECT_FALSE(of(MediaKind::jpeg, 1'080, 1'080));
}

}  // namespace
}  // namespace ss::posts

// Connection URLs, and what of them may be shown.

#include "url.hpp"

#include <ss/storage.hpp>

#include <gtest/gtest.h>

namespace ss::storage {
namespace {

TEST(Url, takes_a_connection_url_apart)
{
    const auto url = parse_url("rediss://us%40er:p%2Fw:x@[::1]:6380/2?a=b%26c&d").value();
    EXPECT_EQ(url.scheme, "rediss");
    EXPECT_EQ(url.user, "us@er");
    EXPECT_EQ(url.password, "p/w:x");
    EXPECT_EQ(url.host, "::1");
    EXPECT_EQ(url.port, 6380);
    EXPECT_EQ(url.path, "2");
    ASSERT_EQ(url.query.size(), 2U);
    EXPECT_EQ(url.query[0].second, "b&c");
    EXPECT_EQ(parse_url("redis://localhost").value().port, 0);
}

TEST(Url, refuses_a_malformed_one_without_quoting_it)
{
    for (const auto* text : {"localhost", "redis://h:port", "redis://u:SECRET%x@h", "redis://[::1", "redis://[::1]x"}) {
        const auto url = parse_url(text);
        ASSERT_FALSE(url) << text;
        EXPECT_EQ(url.error().code, Errc::configuration);
        EXPECT_EQ(to_string(url.error()).find("SECRET"), std::string::npos);
    }
}

TEST(Url, is_shown_without_its_password)
{
    EXPECT_EQ(redacted_url("postgresql://ss:SECRET@db:5432/ss?sslmode=require"),
              "postgresql://ss:***@db:5432/ss?sslmode=require");
    EXPECT_EQ(redacted_url("redis://:SECRET@h"), "redis://:***@h");
    EXPECT_EQ(redacted_url("redis://:SEC/RET?@h/0"), "redis://:***@h/0");
    EXPECT_EQ(redacted_url("postgresql://h/d?user=u&password=SECRET&x=1"), "postgresql://h/d?user=u&password=***&x=1");
    EXPECT_EQ(redacted_url("postgresql://user@h/d"), "postgresql://user@h/d");
    EXPECT_EQ(redacted_url("sqlite:/var/lib/a.db"), "sqlite:/var/lib/a.db");
    EXPECT_EQ(redacted_url("redis://h/0"), "redis://h/0");
}

}  // namespace
}  // namespace ss::storage

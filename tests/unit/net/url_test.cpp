#include <ss/net.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ss::net {
namespace {

TEST(Url, is_taken_apart)
{
    const auto url = parse_url("HTTPS://Graph.Instagram.com./v25.0/me?fields=id#x");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->host, "graph.instagram.com");
    EXPECT_EQ(url->port, 443);
    EXPECT_EQ(url->target, "/v25.0/me?fields=id");
    EXPECT_EQ(url->origin(), "https://graph.instagram.com:443");
    EXPECT_EQ(parse_url("http://h:8080?x=1")->target, "/?x=1");
    EXPECT_EQ(parse_url("http://[::1]:80/")->host, "::1");
    EXPECT_EQ(parse_url("http://[::1]:80/")->origin(), "http://[::1]:80");
}

TEST(Url, is_refused_when_malformed)
{
    for (const auto* text :
         {"", "ftp://a/", "http:///x", "http://user@host/", "http://user:pw@host/", "http://h:0/", "http://h:65536/",
          "http://h:8o/", "http://ho st/", "http://h/a b", "http://h/\r\nX: 1", "http://[::1/", "http://[::1]x/",
          "http://h\\@evil/", "//h/", "http://h/ã", "javascript:alert(1)", "http://ex%61mple.com/"}) {
        EXPECT_FALSE(parse_url(text)) << text;
    }
}

TEST(Body, of_a_form_is_encoded)
{
    EXPECT_EQ(form_body({{"a b", "ç&="}, {"c", "#"}}).bytes, "a%20b=%C3%A7%26%3D&c=%23");
}

TEST(Body, of_several_parts_keeps_bytes_and_finds_a_boundary_that_is_not_inside)
{
    const std::string tricky = "--social-selling-part-00000001\r\n";
    const auto body =
        multipart_body({{.name = "code", .bytes = tricky},
                        {.name = "f\"\r\n", .bytes = "x", .file_name = "a.jpg", .content_type = "image/jpeg"}});
    EXPECT_EQ(body.content_type, "multipart/form-data; boundary=social-selling-part-00000002");
    EXPECT_THAT(body.bytes,
                testing::HasSubstr("name=\"f%22%0D%0A\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\nx\r\n"));
    EXPECT_TRUE(body.bytes.ends_with("--social-selling-part-00000002--\r\n"));
}

}  // namespace
}  // namespace ss::net

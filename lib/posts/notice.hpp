#pragma once
/// What browsers and jobs are told of a post.

#include <ss/posts.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace ss::posts {

[[nodiscard]] std::string notice(AccountId account, PostId post);
[[nodiscard]] std::string job_payload(PostId post, std::int64_t version);

struct JobOf {
    PostId post;
    std::int64_t version = 0;
};
/// Errors: invalid.
[[nodiscard]] Result<JobOf> parse_payload(std::string_view payload);

}  // namespace ss::posts

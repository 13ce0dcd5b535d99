// Publishing and numbers.

#include "channel_fixture.hpp"

namespace ss::instagram::test {
namespace {

class Posts : public ConnectedTest {
protected:
    channel::Publication publication()
    {
        channel::Publication post;
        post.image_url = sandbox.base_url() + "/cdn/p.jpg";
        post.caption = "Buquê da semana #flores";
        return post;
    }
    std::string ready_container()
    {
        const auto container = instagram->create_container(access, publication());
        EXPECT_TRUE(container) << container.error().detail;
        EXPECT_EQ(instagram->container_state(access, *container), ContainerState::in_progress);
        EXPECT_EQ(instagram->container_state(access, *container), ContainerState::ready);
        return *container;
    }
};

TEST_F(Posts, are_published_in_steps)
{
    const auto before = clock.now();
    const auto container = ready_container();
    const auto id = instagram->publish_container(access, container);
    ASSERT_TRUE(id) << id.error().detail;
    EXPECT_EQ(instagram->container_state(access, container), ContainerState::published);
    EXPECT_THAT(instagram->find_post(access, *id, {})->permalink, StartsWith("https://www.instagram.com/p/"));
    EXPECT_EQ(instagram->find_post(access, "", before)->post_id, *id);
    EXPECT_EQ(instagram->find_post(access, "", before + 1h).error().code, "local/no_post");
}

TEST_F(Posts, are_never_published_twice)
{
    const auto container = ready_container();
    sandbox.inject({.route = "publish", .effect = Effect::reset_after});
    const auto lost = instagram->publish_container(access, container);
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().kind, FailureClass::unknown_outcome);
    EXPECT_EQ(instagram->publish_container(access, container), "") << "sees that it is out already";
    EXPECT_EQ(sandbox.calls("publish"), 1);
    EXPECT_EQ(sandbox.posts().size(), 1U);
}

TEST_F(Posts, wait_until_the_picture_is_processed)
{
    const auto container = instagram->create_container(access, publication());
    ASSERT_TRUE(container);
    EXPECT_EQ(instagram->publish_container(access, *container).error().kind, FailureClass::not_ready);
    EXPECT_EQ(sandbox.calls("publish"), 0);
    sandbox.advance(25h);
    EXPECT_EQ(instagram->container_state(access, *container), ContainerState::expired);
    EXPECT_EQ(instagram->publish_container(access, *container).error().kind, FailureClass::permanent);
}

TEST_F(Posts, are_refused_with_a_reason)
{
    auto post = publication();
    post.image_url = "http://127.0.0.1:1/none.jpg";
    EXPECT_EQ(instagram->create_container(access, post).error().code, "9004/2207052");
    post = publication();
    post.caption = std::string(2'201, 'x');
    EXPECT_EQ(instagram->create_container(access, post).error().code, "36004/2207010");
    sandbox.set_container_error(true);
    const auto container = instagram->create_container(access, publication());
    ASSERT_TRUE(container);
    EXPECT_EQ(instagram->container_state(access, *container), ContainerState::failed);
    sandbox.set_container_error(false);
    sandbox.set_restricted(true);
    EXPECT_EQ(instagram->publish_container(access, ready_container()).error().kind, FailureClass::restricted);
}

TEST_F(Posts, and_the_account_have_numbers)
{
    const auto until = clock.now();
    const auto numbers = instagram->account_insights(access, until - 7 * 24h, until);
    ASSERT_TRUE(numbers) << numbers.error().detail;
    EXPECT_EQ(numbers->size(), 10U);
    EXPECT_GT(numbers->at("reach"), 0);
    EXPECT_EQ(instagram->account_insights(access, until - 31 * 24h, until).error().code, "local/span");

    const auto id = instagram->publish_container(access, ready_container());
    EXPECT_GT(instagram->post_insights(access, *id)->at("views"), 0);
}

TEST_F(Posts, have_the_numbers_that_are_offered_when_one_is_not)
{
    const auto until = clock.now();
    sandbox.inject(
        {.route = "account_insights", .times = 2, .code = 100, .message = "(#100) metric[0] must be one of …"});
    const auto numbers = instagram->account_insights(access, until - 24h, until);
    ASSERT_TRUE(numbers) << numbers.error().detail;
    EXPECT_EQ(numbers->size(), 9U) << "all but the one refused alone";
    EXPECT_FALSE(numbers->contains("reach")) << "absent, not 0";
}

}  // namespace
}  // namespace ss::instagram::test

#pragma once
/// The row of a post on its way out. Each function is one transaction; each change is told to browsers.

#include "rules.hpp"

#include <ss/posts.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace ss::posts {

class ProgressStore {
public:
    ProgressStore(storage::Database& database, const realtime::Stream& stream, const Clock& clock)
        : database_{database}, stream_{stream}, clock_{clock}
    {
    }

    [[nodiscard]] Result<std::optional<Progress>> load(PostId id);
    /// scheduled → publishing, with what the post holds now. False: it was moved, cancelled or taken meanwhile.
    [[nodiscard]] Result<bool> begin(Progress& post);
    /// Before the next call: empty forgets the container.
    [[nodiscard]] Result<void> set_container(const Progress& post, const std::string& container);
    /// Before publish_container(): from now on only the container knows. Nothing: the call provably did nothing.
    [[nodiscard]] Result<void> set_publish_called(const Progress& post, std::optional<Timestamp> at, int tries);
    [[nodiscard]] Result<void> set_counts(const Progress& post, int tries, int checks);
    [[nodiscard]] Result<void> set_refusal(const Progress& post, const Failure& failure);
    [[nodiscard]] Result<void> end(const Progress& post, PostState state, const Failure& failure);
    /// `external_id` may be empty: it is out, and found later.
    [[nodiscard]] Result<void> set_published(const Progress& post, const std::string& external_id);
    /// False: the channel named a post that is another one of ours.
    [[nodiscard]] Result<bool> set_permalink(const Progress& post, const channel::Published& found);

private:
    storage::Database& database_;
    const realtime::Stream& stream_;
    const Clock& clock_;
};

}  // namespace ss::posts

#pragma once
/// From a coroutine on a network thread to a worker and back.

#include "core.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace ss::http {

enum class Admission { bounded, always };

/// Runs `work` on a worker; resumes on `executor` with what it gave, or with nothing when the queue is full
/// (Admission::always: when the pool has stopped). `work` must not throw.
template <class T>
asio::awaitable<std::optional<T>> on_worker(Workers& workers, asio::any_io_executor executor, Admission admission,
                                            std::move_only_function<T()> work)
{
    return asio::async_initiate<const asio::use_awaitable_t<>, void(std::optional<T>)>(
        [&workers, executor, admission, work = std::move(work)](auto handler) mutable {
            // Shared because the pool may refuse, and then the handler is needed here.
            auto shared = std::make_shared<decltype(handler)>(std::move(handler));
            const auto resume = [executor, shared](std::optional<T> outcome) {
                asio::post(executor, [shared, outcome = std::move(outcome)]() mutable {
                    auto resumed = std::move(*shared);
                    std::move(resumed)(std::move(outcome));
                });
            };
            Workers::Task task = [resume, work = std::move(work)]() mutable { resume(std::optional<T>{work()}); };
            const bool taken = admission == Admission::bounded ? workers.try_post(task) : workers.post(std::move(task));
            if (!taken) {
                resume(std::nullopt);
            }
        },
        asio::use_awaitable);
}

}  // namespace ss::http

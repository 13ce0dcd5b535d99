#pragma once
// Who listens to which channel, inside this process.

#include <ss/storage.hpp>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace ss::storage {

/// Safe to share between threads. Shared by its subscriptions, which may outlive the store.
class Subscribers : public std::enable_shared_from_this<Subscribers> {
public:
    using Receive = std::function<void(std::string_view)>;

    [[nodiscard]] std::unique_ptr<KeyValue::Subscription> add(std::string_view channel, Receive receive);
    /// Calls every subscriber of the channel, one message at a time.
    void deliver(std::string_view channel, std::string_view message);
    [[nodiscard]] std::vector<std::string> channels();

private:
    struct Entry {
        std::string channel;
        Receive receive;
        int running = 0;
        std::thread::id runner;
        bool ended = false;
    };
    class Handle;
    void end(const std::shared_ptr<Entry>& entry);

    std::mutex mutex_;
    std::condition_variable idle_;
    std::vector<std::shared_ptr<Entry>> entries_;
};

}  // namespace ss::storage

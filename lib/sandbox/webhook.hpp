#pragma once
/// The side of Meta that calls the shop: signed bodies, batches, retries, parallel connections.

#include <ss/guarded.hpp>
#include <ss/sandbox.hpp>

#include <nlohmann/json.hpp>

#include <condition_variable>
#include <deque>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace httplib {
class Client;
}

namespace ss::sandbox {

using nlohmann::json;

/// ASCII only: lower-case \uXXXX, and \/ for a slash, as Meta writes; or plain UTF-8.
[[nodiscard]] std::string webhook_text(const json& body, bool raw_utf8);

/// "sha256=…" (or, legacy, "sha1=…") over the very bytes that are sent.
[[nodiscard]] std::string signature_256(std::string_view secret, std::string_view body);
[[nodiscard]] std::string signature_1(std::string_view secret, std::string_view body);

/// Safe to share between threads.
class WebhookSender {
public:
    explicit WebhookSender(WebhookSettings settings);
    ~WebhookSender();
    WebhookSender(const WebhookSender&) = delete;
    WebhookSender& operator=(const WebhookSender&) = delete;

    /// One entry (with `messaging` or `changes`) about the message `mid`.
    void emit(json entry, const std::string& mid);
    void emit_raw(std::string body, bool sign);
    void begin_batch();
    void end_batch();

    void configure(const WebhookSettings& settings);
    [[nodiscard]] WebhookSettings settings();
    [[nodiscard]] Result<void> verify_callback();
    [[nodiscard]] Deliveries deliveries();
    [[nodiscard]] std::vector<std::string> acknowledged();
    [[nodiscard]] Result<void> wait_delivered(std::chrono::milliseconds at_most);
    /// POSTs a form to any URL of the shop.
    [[nodiscard]] static Result<std::pair<int, std::string>> post_form(const std::string& url, const std::string& form);

private:
    using Steady = std::chrono::steady_clock;
    struct Delivery {
        std::string body;
        std::string signature;  // empty: unsigned
        std::string signature1;
        std::vector<std::string> mids;
        int attempts = 0;
        Steady::time_point due;
    };
    struct State {
        WebhookSettings settings;
        std::deque<Delivery> queue;
        int running = 0;
        bool is_batching = false;
        std::vector<json> batch;
        std::vector<std::string> batch_mids;
        Deliveries counts;
        std::set<std::string> acknowledged;
        bool is_stopping = false;
    };

    void enqueue(State& state, std::string body, std::vector<std::string> mids, bool sign);
    void enqueue_entries(State& state, const std::vector<json>& entries, std::vector<std::string> mids);
    void work(int number, const std::stop_token& stop);
    void finish(Delivery delivery, bool answered_200);
    void adjust_threads();

    Guarded<State> state_;
    std::condition_variable_any changed_;
    Guarded<std::vector<std::jthread>> threads_;  // last: joined first
};

}  // namespace ss::sandbox

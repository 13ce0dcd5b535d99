// The webhook sender: a queue with due times and some threads, each with its own connection.

#include "webhook.hpp"

#include <ss/crypto.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>
#include <httplib.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

namespace ss::sandbox {
namespace {

// 36 hours at Meta; here the number that 5 s doubled reaches within them.
constexpr int kMaxAttempts = 14;
// By how much every other delivery is late when they are to come out of order.
constexpr std::chrono::milliseconds kOvertaken{150};

struct Target {
    std::string origin;
    std::string path;
};

Target split_url(const std::string& url)
{
    const auto begin = url.find("://");
    const auto slash = begin == std::string::npos ? std::string::npos : url.find('/', begin + 3);
    return slash == std::string::npos ? Target{url, "/"} : Target{url.substr(0, slash), url.substr(slash)};
}

std::unique_ptr<httplib::Client> connect(const std::string& origin)
{
    auto client = std::make_unique<httplib::Client>(origin);
    client->set_tcp_nodelay(true);
    client->set_keep_alive(true);
    client->set_connection_timeout(std::chrono::seconds{5});
    client->set_read_timeout(std::chrono::seconds{20});
    return client;
}

}  // namespace

std::string webhook_text(const json& body, bool raw_utf8)
{
    if (raw_utf8) {
        return body.dump();
    }
    std::string text;
    for (const char c : body.dump(-1, ' ', true)) {
        text += c == '/' ? "\\/" : std::string_view{&c, 1};
    }
    return text;
}

std::string signature_256(std::string_view secret, std::string_view body)
{
    return "sha256=" + crypto::to_hex(crypto::hmac_sha256(secret, body));
}

std::string signature_1(std::string_view secret, std::string_view body)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> code{};
    unsigned int size = 0;
    ::HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(body.data()), body.size(), code.data(), &size);
    return "sha1=" + crypto::to_hex({reinterpret_cast<const char*>(code.data()), size});
}

WebhookSender::WebhookSender(WebhookSettings settings)
{
    state_.lock()->settings = std::move(settings);
    adjust_threads();
}

WebhookSender::~WebhookSender()
{
    {
        auto state = state_.lock();  // held while notifying: a thread is either waiting or will see the request
        state->is_stopping = true;
        for (auto& thread : *threads_.lock()) {
            thread.request_stop();
        }
        changed_.notify_all();
    }
    threads_.lock()->clear();
}

void WebhookSender::adjust_threads()
{
    const auto wanted = static_cast<std::size_t>(std::clamp(state_.lock()->settings.connections, 1, 64));
    auto threads = threads_.lock();
    while (threads->size() < wanted) {
        const auto number = static_cast<int>(threads->size());
        threads->emplace_back([this, number](const std::stop_token& stop) { work(number, stop); });
    }
}

void WebhookSender::enqueue(State& state, std::string body, std::vector<std::string> mids, bool sign)
{
    const auto& settings = state.settings;
    if (settings.callback_url.empty() || state.is_stopping) {
        return;
    }
    Delivery delivery{
        .body = std::move(body), .signature = {}, .signature1 = {}, .mids = std::move(mids), .due = Steady::now()};
    if (sign) {
        delivery.signature = signature_256(settings.app_secret, delivery.body);
        delivery.signature1 = signature_1(settings.app_secret, delivery.body);
    }
    if (settings.duplicate) {
        state.queue.push_back(delivery);
    }
    if (settings.reorder && state.counts.emitted % 2 == 1) {
        delivery.due += kOvertaken;
    }
    state.queue.push_back(std::move(delivery));
    changed_.notify_all();
}

void WebhookSender::enqueue_entries(State& state, const std::vector<json>& entries, std::vector<std::string> mids)
{
    // Meta puts everything about one account of one moment into one entry.
    json merged = json::array();
    for (const auto& entry : entries) {
        const bool fits = !merged.empty() && merged.back()["id"] == entry["id"] && entry.contains("messaging") &&
                          merged.back().contains("messaging");
        if (fits) {
            merged.back()["messaging"].push_back(entry["messaging"][0]);
        } else {
            merged.push_back(entry);
        }
    }
    enqueue(state, webhook_text({{"object", "instagram"}, {"entry", merged}}, state.settings.raw_utf8), std::move(mids),
            true);
}

void WebhookSender::emit(json entry, const std::string& mid)
{
    auto state = state_.lock();
    ++state->counts.emitted;
    if (state->is_batching) {
        state->batch.push_back(std::move(entry));
        state->batch_mids.push_back(mid);
        return;
    }
    enqueue_entries(*state, {std::move(entry)}, {mid});
}

void WebhookSender::emit_raw(std::string body, bool sign)
{
    auto state = state_.lock();
    ++state->counts.emitted;
    enqueue(*state, std::move(body), {"raw-" + crypto::random_token(9)}, sign);
}

void WebhookSender::begin_batch()
{
    state_.lock()->is_batching = true;
}

void WebhookSender::end_batch()
{
    auto state = state_.lock();
    state->is_batching = false;
    if (!state->batch.empty()) {
        enqueue_entries(*state, std::exchange(state->batch, {}), std::exchange(state->batch_mids, {}));
    }
}

void WebhookSender::configure(const WebhookSettings& settings)
{
    state_.lock()->settings = settings;
    adjust_threads();
}

WebhookSettings WebhookSender::settings()
{
    return state_.lock()->settings;
}

void WebhookSender::work(int number, const std::stop_token& stop)
{
    std::unique_ptr<httplib::Client> client;
    std::string connected_to;
    auto state = state_.lock();
    while (!stop.stop_requested()) {
        const auto next = std::ranges::min_element(state->queue, {}, &Delivery::due);
        if (next == state->queue.end() || number >= std::max(state->settings.connections, 1)) {
            changed_.wait(state.guard());
            continue;
        }
        if (const auto due = next->due; due > Steady::now()) {
            changed_.wait_until(state.guard(), due);
            continue;
        }
        auto delivery = std::move(*next);
        state->queue.erase(next);
        ++state->running;
        const auto target = split_url(state->settings.callback_url);
        state.guard().unlock();

        if (connected_to != target.origin) {
            client = connect(target.origin);
            connected_to = target.origin;
        }
        httplib::Headers headers{{"User-Agent", "facebookexternalua"}};
        if (!delivery.signature.empty()) {
            headers.emplace("X-Hub-Signature", delivery.signature1);
            headers.emplace("X-Hub-Signature-256", delivery.signature);
        }
        const auto result = client->Post(target.path, headers, delivery.body, "application/json");
        finish(std::move(delivery), result && result->status == 200);
        state.guard().lock();
    }
}

void WebhookSender::finish(Delivery delivery, bool answered_200)
{
    auto state = state_.lock();
    --state->running;
    ++state->counts.attempts;
    ++delivery.attempts;
    if (answered_200) {
        for (auto& mid : delivery.mids) {
            state->counts.acknowledged += state->acknowledged.insert(std::move(mid)).second ? 1 : 0;
        }
    } else if (++state->counts.failures; delivery.attempts >= kMaxAttempts) {
        ++state->counts.dropped;
    } else if (!state->is_stopping) {
        const auto exponent = delivery.attempts - 2;  // the first retry comes at once
        const auto wait = exponent < 0 ? std::chrono::milliseconds{0} : state->settings.retry_base * (1 << exponent);
        delivery.due = Steady::now() + wait;
        state->queue.push_back(std::move(delivery));
    }
    changed_.notify_all();
}

Result<void> WebhookSender::verify_callback()
{
    const auto current = settings();
    const auto target = split_url(current.callback_url);
    const auto challenge = std::to_string(1'000'000'000U + static_cast<unsigned char>(crypto::random_bytes(1)[0]));
    const auto query = fmt::format("hub.mode=subscribe&hub.challenge={}&hub.verify_token={}", challenge,
                                   percent_encode(current.verify_token));
    auto client = connect(target.origin);
    const auto result = client->Get(fmt::format("{}{}{}", target.path, target.path.contains('?') ? '&' : '?', query));
    if (!result) {
        return fail(Errc::unavailable, "the callback does not answer");
    }
    if (result->status != 200 || result->body != challenge) {
        return fail(Errc::forbidden, fmt::format("the callback answered {} and not the challenge", result->status));
    }
    return {};
}

Deliveries WebhookSender::deliveries()
{
    auto state = state_.lock();
    auto counts = state->counts;
    counts.pending = static_cast<std::int64_t>(state->queue.size()) + state->running;
    return counts;
}

std::vector<std::string> WebhookSender::acknowledged()
{
    auto state = state_.lock();
    return {state->acknowledged.begin(), state->acknowledged.end()};
}

Result<void> WebhookSender::wait_delivered(std::chrono::milliseconds at_most)
{
    auto state = state_.lock();
    const auto done = [&] { return state->queue.empty() && state->running == 0 && state->batch.empty(); };
    if (!changed_.wait_for(state.guard(), at_most, done)) {
        return fail(Errc::timeout, "webhooks are still on their way");
    }
    return {};
}

Result<std::pair<int, std::string>> WebhookSender::post_form(const std::string& url, const std::string& form)
{
    const auto target = split_url(url);
    const auto result = connect(target.origin)->Post(target.path, form, "application/x-www-form-urlencoded");
    if (!result) {
        return fail(Errc::unavailable, "the callback does not answer");
    }
    return std::pair{result->status, result->body};
}

}  // namespace ss::sandbox

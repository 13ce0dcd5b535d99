// The public class: the world, its server, its webhook sender and its stream, moved by plain calls.

#include "engine.hpp"

#include <ss/crypto.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace ss::sandbox {

Core::Core(const Options& options)
    : world{options},
      sender{WebhookSettings{.callback_url = options.callback_url,
                             .verify_token = options.verify_token,
                             .app_secret = options.app_secret,
                             .connections = options.webhook_connections,
                             .retry_base = options.retry_base}}
{
}

std::string Sandbox::Engine::tell(std::string_view customer, const std::string& mid, const json& kind)
{
    auto world = core.world.lock();
    emit(core, *world, messaging_entry(*world, customer, false, kind), mid + "/" + kind.begin().key());
    return mid;
}

void Sandbox::Engine::run_stream(const std::stop_token& stop, double per_second, int batch, std::int64_t count)
{
    const auto step =
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(batch / per_second));
    auto next = std::chrono::steady_clock::now();
    std::mutex mutex;
    std::condition_variable_any never;
    for (std::int64_t number = 0; !stop.stop_requested() && (count == 0 || number < count);) {
        if (batch > 1) {
            core.sender.begin_batch();
        }
        for (int i = 0; i < batch && (count == 0 || number < count); ++i, ++number) {
            auto world = core.world.lock();
            const auto& person = world->people[static_cast<std::size_t>(number) % world->people.size()];
            const auto customer = person.who.id;
            customer_writes(core, *world, customer,
                            {.text = fmt::format("Mensagem nº {} da série, tudo bem?", number)});
        }
        if (batch > 1) {
            core.sender.end_batch();
        }
        next += step;
        std::unique_lock lock{mutex};
        never.wait_until(lock, stop, next, [] { return false; });
    }
}

Sandbox::Sandbox(Options options) : engine_{std::make_unique<Engine>(*this, options)} {}

Sandbox::~Sandbox()
{
    stop();
}

Result<void> Sandbox::start()
{
    const auto options = engine_->core.world.lock()->options;
    engine_->port = TRY(engine_->server.start(options.host, options.port));
    return {};
}

void Sandbox::stop()
{
    stop_stream();
    engine_->server.stop();
}

int Sandbox::port() const
{
    return engine_->port;
}

std::string Sandbox::base_url() const
{
    return fmt::format("http://{}:{}", engine_->core.world.lock()->options.host, engine_->port);
}

Business Sandbox::business() const
{
    return engine_->core.world.lock()->business;
}

std::vector<Customer> Sandbox::customers() const
{
    std::vector<Customer> list;
    auto world = engine_->core.world.lock();
    std::ranges::transform(world->people, std::back_inserter(list), &Person::who);
    return list;
}

Customer Sandbox::add_customer(std::string name, std::string username)
{
    auto world = engine_->core.world.lock();
    const Customer customer{world->make_id("61"), std::move(username), std::move(name)};
    world->people.push_back({.who = customer, .last_wrote = {}});
    return customer;
}

std::string Sandbox::write(std::string_view customer, const Writing& writing)
{
    auto world = engine_->core.world.lock();
    return customer_writes(engine_->core, *world, customer, writing);
}

std::string Sandbox::write(std::string_view customer, std::string_view text)
{
    return write(customer, Writing{.text = std::string{text}});
}

std::string Sandbox::mention_in_story(std::string_view customer)
{
    return write(customer, Writing{.attachments = {{"story_mention", ""}}});
}

std::string Sandbox::press(std::string_view customer, std::string_view title, std::string_view payload)
{
    std::string mid;
    {
        auto world = engine_->core.world.lock();
        mid = world->make_mid();
        if (auto* person = world->find_person(customer)) {
            person->last_wrote = world->now();
            person->has_consented = true;
        }
    }
    return engine_->tell(customer, mid, {{"postback", {{"mid", mid}, {"title", title}, {"payload", payload}}}});
}

std::string Sandbox::refer(std::string_view customer, std::string_view reference)
{
    const auto id = "ref-" + crypto::random_token(9);
    return engine_->tell(
        customer, id,
        {{"referral", {{"ref", reference}, {"source", "https://ig.me/m/atelie"}, {"type", "OPEN_THREAD"}}}});
}

std::string Sandbox::react(std::string_view customer, std::string_view mid, std::string_view emoji)
{
    json reaction{{"mid", mid}, {"action", emoji.empty() ? "unreact" : "react"}};
    if (!emoji.empty()) {
        reaction["reaction"] = emoji == "❤️" ? "love" : "other";
        reaction["emoji"] = emoji;
    }
    return engine_->tell(customer, std::string{mid}, {{"reaction", reaction}});
}

std::string Sandbox::read(std::string_view customer, std::string_view mid)
{
    return engine_->tell(customer, std::string{mid}, {{"read", {{"mid", mid}}}});
}

std::string Sandbox::unsend(std::string_view customer, std::string_view mid)
{
    {
        auto world = engine_->core.world.lock();
        if (auto* message = world->find_message(mid)) {
            message->is_deleted = true;
        }
    }
    return engine_->tell(customer, std::string{mid}, {{"message", {{"mid", mid}, {"is_deleted", true}}}});
}

std::string Sandbox::edit(std::string_view customer, std::string_view mid, std::string_view text)
{
    {
        auto world = engine_->core.world.lock();
        if (auto* message = world->find_message(mid)) {
            message->text = text;
        }
    }
    return engine_->tell(customer, std::string{mid},
                         {{"message_edit", {{"mid", mid}, {"text", text}, {"num_edit", 1}}}});
}

std::string Sandbox::comment(std::string_view customer, std::string_view media, std::string_view text)
{
    auto world = engine_->core.world.lock();
    const auto* person = world->find_person(customer);
    const auto id = world->make_id("1790");
    const json value{{"id", id},
                     {"text", text},
                     {"from", {{"id", customer}, {"username", person == nullptr ? "" : person->who.username}}},
                     {"media", {{"id", media}, {"media_product_type", "FEED"}}}};
    const json change{{"field", "comments"}, {"value", value}};
    emit(
        engine_->core, *world,
        {{"id", world->business.id}, {"time", to_micros(world->now()) / 1'000'000}, {"changes", json::array({change})}},
        id);
    return id;
}

std::string Sandbox::answer_on_phone(std::string_view customer, std::string_view text)
{
    auto world = engine_->core.world.lock();
    return business_writes(engine_->core, *world, customer, std::string{text}, "", json::array());
}

void Sandbox::begin_batch()
{
    engine_->core.sender.begin_batch();
}

void Sandbox::end_batch()
{
    engine_->core.sender.end_batch();
}

void Sandbox::send_raw(std::string body, bool sign)
{
    engine_->core.sender.emit_raw(std::move(body), sign);
}

void Sandbox::set_webhook(const WebhookSettings& settings)
{
    engine_->core.sender.configure(settings);
}

WebhookSettings Sandbox::webhook() const
{
    return engine_->core.sender.settings();
}

Result<void> Sandbox::verify_callback()
{
    return engine_->core.sender.verify_callback();
}

void Sandbox::start_stream(double per_second, int batch, std::int64_t count)
{
    *engine_->stream.lock() =
        std::jthread{[engine = engine_.get(), per_second, batch, count](const std::stop_token& stop) {
            engine->run_stream(stop, std::max(per_second, 0.01), std::max(batch, 1), count);
        }};
}

void Sandbox::stop_stream()
{
    *engine_->stream.lock() = std::jthread{};
}

Deliveries Sandbox::deliveries() const
{
    return engine_->core.sender.deliveries();
}

std::vector<std::string> Sandbox::acknowledged_mids() const
{
    return engine_->core.sender.acknowledged();
}

Result<void> Sandbox::wait_delivered(std::chrono::milliseconds at_most) const
{
    return engine_->core.sender.wait_delivered(at_most);
}

}  // namespace ss::sandbox

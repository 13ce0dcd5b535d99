// The seeded world: one shop, some customers, and tokens that prove themselves.

#include "world.hpp"

#include <ss/crypto.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace ss::sandbox {
namespace {

struct Seed {
    std::string_view id;
    std::string_view username;
    std::string_view name;
};

constexpr std::array kSeeds{
    Seed{"6100000000000001", "joana.sampaio", "Joana Sampaio"},
    Seed{"6100000000000002", "carlos_edu", "Carlos Eduardo Araújo"},
    Seed{"6100000000000003", "bia.goncalves", "Beatriz Gonçalves"},
    Seed{"6100000000000004", "tiagomelo", "Tiago Melo"},
    Seed{"6100000000000005", "dona.conceicao", "Conceição Magalhães"},
    Seed{"6100000000000006", "rafa_nunes", "Rafaela Nunes 🌻"},
};

std::unexpected<GraphError> dead(int subcode, std::string message)
{
    return std::unexpected(GraphError{.code = 190, .subcode = subcode, .message = std::move(message)});
}

}  // namespace

World::World(const Options& chosen)
    : options{chosen}, business{"17841400000000001", "7300000000000001", "atelie.flordelis"}
{
    for (const auto& seed : kSeeds) {
        people.push_back(
            {.who = {std::string{seed.id}, std::string{seed.username}, std::string{seed.name}}, .last_wrote = {}});
    }
    if (chosen.start_subscribed) {
        subscribed = {"messages"};
    }
}

Timestamp World::now() const
{
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()) + offset;
}

std::string World::make_mid()
{
    return "aWdfZAG1faXRlbToxOk" + crypto::random_token(30);
}

std::string World::make_id(std::string_view prefix)
{
    std::string id{prefix};
    for (const char byte : crypto::random_bytes(17 - prefix.size())) {
        id += static_cast<char>('0' + static_cast<unsigned char>(byte) % 10);
    }
    return id;
}

std::string World::make_token(bool is_long, std::string_view scopes) const
{
    const auto lifetime = is_long ? std::chrono::seconds{5'183'944} : std::chrono::seconds{3'600};
    const json claims{{"long", is_long},
                      {"scopes", scopes},
                      {"issued", to_micros(now())},
                      {"expires", to_micros(now() + lifetime)},
                      {"salt", crypto::random_token(6)}};
    const auto payload = crypto::to_base64url(claims.dump());
    return "IGAA" + payload + "-" + crypto::to_hex(crypto::hmac_sha256(options.app_secret, payload)).substr(0, 32);
}

std::expected<Token, GraphError> World::check_token(std::string_view text) const
{
    const auto dash = text.rfind('-');
    if (!text.starts_with("IGAA") || dash == std::string_view::npos || dash < 4) {
        return dead(0, "Invalid OAuth access token - Cannot parse access token");
    }
    const auto payload = text.substr(4, dash - 4);
    const auto proof = crypto::to_hex(crypto::hmac_sha256(options.app_secret, payload)).substr(0, 32);
    const auto bytes = crypto::from_base64url(payload);
    if (!crypto::equal_constant_time(proof, text.substr(dash + 1)) || !bytes) {
        return dead(0, "Invalid OAuth access token.");
    }
    const auto claims = json::parse(*bytes);
    const Token token{claims["long"], claims["scopes"], from_micros(claims["issued"]), from_micros(claims["expires"])};
    if (dead_before && token.issued_at <= *dead_before) {
        return dead(
            dead_subcode,
            dead_subcode == 463
                ? fmt::format("Error validating access token: Session has expired on {}. The current time is {}.",
                              to_rfc3339(*dead_before), to_rfc3339(now()))
                : "Error validating access token: The session has been invalidated because the user changed their "
                  "password or Instagram has changed the session for security reasons.");
    }
    if (token.expires_at <= now()) {
        return dead(463,
                    fmt::format("Error validating access token: Session has expired on {}. The current time is {}.",
                                to_rfc3339(token.expires_at), to_rfc3339(now())));
    }
    return token;
}

Person* World::find_person(std::string_view id)
{
    const auto found = std::ranges::find_if(people, [&](const Person& person) { return person.who.id == id; });
    return found == people.end() ? nullptr : &*found;
}

ChatMessage* World::find_message(std::string_view mid)
{
    for (auto& [customer, messages] : threads) {
        const auto found = std::ranges::find(messages, mid, &ChatMessage::mid);
        if (found != messages.end()) {
            return &*found;
        }
    }
    return nullptr;
}

std::string World::conversation_of(std::string_view customer)
{
    return "aWdfZAG06" + crypto::to_base64url(customer);
}

}  // namespace ss::sandbox

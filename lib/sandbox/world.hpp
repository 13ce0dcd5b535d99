#pragma once
/// What the pretend Instagram remembers. One lock around all of it: see engine.hpp.

#include <ss/sandbox.hpp>

#include <nlohmann/json.hpp>

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ss::sandbox {

using nlohmann::json;

/// Meta's error envelope.
struct GraphError {
    int code = 1;
    int subcode = 0;
    std::string message;
    int status = 400;
    std::string type = "OAuthException";
    std::string user_message{};
};

struct Person {
    Customer who;
    bool has_consented = false;           // wrote once: the profile may be read
    std::optional<Timestamp> last_wrote;  // opens the window
};

struct ChatMessage {
    std::string mid;
    bool from_business = false;
    std::string text;
    Timestamp at;
    std::string tag;
    json attachments = json::array();
    bool is_deleted = false;
};

struct Code {
    std::string redirect_uri;
    std::string scopes;
    Timestamp expires_at;
};

struct Token {
    bool is_long = false;
    std::string scopes;
    Timestamp issued_at;
    Timestamp expires_at;
};

struct Container {
    std::string id;
    std::string image_url;
    std::string caption;
    Timestamp created_at;
    int polls_left = 0;
    std::string media_id;  // set when published
    bool has_failed = false;
};

struct World {
    explicit World(const Options& chosen);

    [[nodiscard]] Timestamp now() const;
    [[nodiscard]] std::string make_mid();
    [[nodiscard]] std::string make_id(std::string_view prefix);  ///< 17 digits.

    [[nodiscard]] std::string make_token(bool is_long, std::string_view scopes) const;
    /// Errors: 190 with its subcode.
    [[nodiscard]] std::expected<Token, GraphError> check_token(std::string_view text) const;

    [[nodiscard]] Person* find_person(std::string_view id);
    [[nodiscard]] ChatMessage* find_message(std::string_view mid);
    [[nodiscard]] static std::string conversation_of(std::string_view customer);

    Options options;
    Business business;
    std::string business_name = "Ateliê Flor de Lis";
    std::int64_t followers = 1'284;
    std::chrono::seconds offset{0};
    std::vector<Person> people;
    std::map<std::string, std::vector<ChatMessage>, std::less<>> threads;  // by customer, oldest first
    std::map<std::string, Code, std::less<>> codes;
    std::set<std::string, std::less<>> used_codes;
    std::map<std::string, Container, std::less<>> containers;
    std::vector<PublishedPost> posts;
    std::vector<std::string> subscribed;
    std::vector<Fault> faults;
    std::map<std::string, std::int64_t, std::less<>> calls;
    OAuthShape oauth;
    int usage_percent = 3;
    int minutes_to_regain = 0;
    std::optional<Timestamp> dead_before;  // tokens issued until then are dead …
    int dead_subcode = 463;                // … for this reason
    bool is_restricted = false;
    int container_error = 0;
    std::deque<Timestamp> conversation_calls;
};

}  // namespace ss::sandbox

#pragma once
/// A pretend Instagram: a real HTTP server on loopback that answers like Meta's (log-in pages, Graph calls with their
/// error codes and limits) and sends signed webhooks to a callback. For tests, demonstrations and anyone without a Meta
/// app.
///
/// Everything lives in memory, except that tokens carry their own proof: those of an earlier run with the same app
/// secret stay valid. Time is the real one plus what advance() added. Control over HTTP: `/__sandbox/` (see
/// docs/developer/sandbox.md).

#include <ss/error.hpp>
#include <ss/time.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ss::sandbox {

struct Options {
    std::string host = "127.0.0.1";
    int port = 0;  ///< 0: a free one, see Sandbox::port().
    std::string app_id = "990000000000001";
    std::string app_secret = "sandbox-app-secret";
    std::string verify_token = "sandbox-verify-token";
    std::string redirect_uri{};  ///< The registered one, compared exactly; empty: any.
    std::string callback_url{};  ///< Where webhooks go; empty: nowhere yet.
    bool start_subscribed =
        false;  ///< The account is subscribed before anybody asked (a restart beside a running daemon).
    int webhook_connections = 1;                  ///< More than one: deliveries overtake each other, as Meta's do.
    std::chrono::milliseconds retry_base{5'000};  ///< First retry at once, then base·2^n.
    int conversations_per_second = 2;             ///< Meta's limit; 0: none.
    int container_polls = 1;                      ///< How often a container says IN_PROGRESS before FINISHED.
};

/// The seeded business account.
struct Business {
    std::string id;             ///< IG_ID: what webhooks name.
    std::string app_scoped_id;  ///< What the code exchange and signed requests name.
    std::string username;
};

struct Customer {
    std::string id;  ///< IGSID.
    std::string username;
    std::string name;
};

/// What a customer writes. With nothing set: an unsupported message.
struct Writing {
    std::string text{};
    /// As in a webhook: (type, url); an empty url is replaced by a picture that the sandbox serves.
    std::vector<std::pair<std::string, std::string>> attachments{};
    std::string reply_to{};     ///< A mid.
    std::string story_id{};     ///< A reply to the business's story.
    std::string quick_reply{};  ///< Its payload.
    std::string ad_id{};        ///< Came from an ad: a referral inside the message.
};

/// What goes wrong, and where.
enum class Effect {
    answer,        ///< `status` with a Graph error of `code`/`subcode` (or the body as it is).
    reset_before,  ///< The connection is reset; nothing happened.
    reset_after,   ///< It happened, then the connection is reset.
    truncated,     ///< It happened; half of the answer arrives.
    error_in_200,  ///< Status 200 with an error object.
    html,          ///< Status 502 with a page.
    not_json,      ///< Status 200 with text that is not JSON.
    drip,          ///< A byte of the answer each 100 ms, without end.
    huge,          ///< An answer of 1 GB.
};

struct Fault {
    /// authorize, code, long_token, refresh, me, subscribed_apps, send, customer, conversations, conversation, message,
    /// container, container_status, publish, publishing_limit, media_list, media, account_insights, media_insights,
    /// permissions, or "*".
    std::string route = "*";
    Effect effect = Effect::answer;
    int times = 1;  ///< -1: until cleared.
    int skip = 0;   ///< Calls that go well first.
    int status = 400;
    int code = 1;
    int subcode = 0;
    std::string message{};
    std::string body{};  ///< Instead of the error object.
    int retry_after = 0;
    std::chrono::milliseconds latency{0};  ///< Before anything else; with `only_latency` all there is.
    bool only_latency = false;
};

/// How the log-in answers.
struct OAuthShape {
    bool deny = false;          ///< The person says no.
    bool wrapped = false;       ///< {"data":[{…}]} as documented, instead of the flat object of reality.
    bool numeric_id = false;    ///< user_id as a bare number.
    bool csv = false;           ///< permissions as one comma-separated string.
    std::string permissions{};  ///< Comma-separated: what the person ticks; empty: all that was asked.
};

struct WebhookSettings {
    std::string callback_url{};
    std::string verify_token{};
    std::string app_secret{};
    bool raw_utf8 = false;   ///< Instead of \uXXXX and \/.
    bool duplicate = false;  ///< Everything twice.
    bool reorder = false;    ///< Later deliveries first.
    int connections = 1;
    std::chrono::milliseconds retry_base{5'000};
};

struct Deliveries {
    std::int64_t emitted = 0;       ///< Events handed to the sender.
    std::int64_t acknowledged = 0;  ///< Events in bodies that got 200 (duplicates count once).
    std::int64_t pending = 0;       ///< Bodies waiting or on their way.
    std::int64_t attempts = 0;
    std::int64_t failures = 0;  ///< Attempts without a 200.
    std::int64_t dropped = 0;   ///< Bodies given up.
};

struct SentMessage {
    std::string mid;
    std::string customer;
    std::string text;
    std::string tag;  ///< "HUMAN_AGENT" or "".
    Timestamp at;
};

struct PublishedPost {
    std::string id;
    std::string container;
    std::string caption;
    std::string image_url;
    std::string permalink;
    Timestamp at;
};

/// Safe to share between threads. Stops when it goes.
class Sandbox {
public:
    explicit Sandbox(Options options = {});
    ~Sandbox();
    Sandbox(const Sandbox&) = delete;
    Sandbox& operator=(const Sandbox&) = delete;

    /// Errors: unavailable (the port is taken).
    [[nodiscard]] Result<void> start();
    void stop();
    [[nodiscard]] int port() const;
    [[nodiscard]] std::string base_url() const;  ///< "http://127.0.0.1:PORT": stands in for every host of Meta's.

    [[nodiscard]] Business business() const;
    [[nodiscard]] std::vector<Customer> customers() const;
    Customer add_customer(std::string name, std::string username);

    // -- what customers do; each returns the mid it is about and sends the webhook
    std::string write(std::string_view customer, const Writing& writing);
    std::string write(std::string_view customer, std::string_view text);
    std::string mention_in_story(std::string_view customer);
    std::string press(std::string_view customer, std::string_view title, std::string_view payload);
    std::string refer(std::string_view customer, std::string_view reference);
    std::string react(std::string_view customer, std::string_view mid, std::string_view emoji);  ///< "" takes back.
    std::string read(std::string_view customer, std::string_view mid);
    std::string unsend(std::string_view customer, std::string_view mid);
    std::string edit(std::string_view customer, std::string_view mid, std::string_view text);
    std::string comment(std::string_view customer, std::string_view media, std::string_view text);  ///< Comment id.
    /// The business answers on the phone: an echo.
    std::string answer_on_phone(std::string_view customer, std::string_view text);

    // -- webhooks
    /// Between these two everything goes into one body.
    void begin_batch();
    void end_batch();
    void send_raw(std::string body, bool sign = true);
    void set_webhook(const WebhookSettings& settings);
    [[nodiscard]] WebhookSettings webhook() const;
    /// Meta's handshake. Errors: unavailable, forbidden (wrong answer).
    [[nodiscard]] Result<void> verify_callback();
    /// Messages of rotating customers at a steady pace until stop_stream() or `count` (0: no end) were emitted.
    void start_stream(double per_second, int batch = 1, std::int64_t count = 0);
    void stop_stream();
    [[nodiscard]] Deliveries deliveries() const;
    [[nodiscard]] std::vector<std::string> acknowledged_mids() const;
    /// Errors: timeout (something is still pending).
    [[nodiscard]] Result<void> wait_delivered(std::chrono::milliseconds at_most) const;

    // -- what the business did
    [[nodiscard]] std::vector<SentMessage> sent() const;
    [[nodiscard]] std::vector<PublishedPost> posts() const;
    [[nodiscard]] std::int64_t calls(std::string_view route) const;

    // -- misbehaviour
    void inject(Fault fault);
    void clear_faults();
    void set_oauth(const OAuthShape& shape);
    /// Percent, as `X-App-Usage` and `X-Business-Use-Case-Usage` show; negative: no headers.
    void set_usage(int percent, int minutes_to_regain_access = 0);
    void expire_tokens();                   ///< 190/463.
    void revoke_tokens(int subcode = 458);  ///< 190 with that subcode; a new log-in works again.
    void set_restricted(bool restricted);   ///< Publishing 25/2207050, sending 10/1893063.
    void set_container_error(bool on, int subcode = 2'207'076);
    void advance(std::chrono::seconds by);
    [[nodiscard]] Timestamp now() const;
    /// Meta's POST of a signed_request (deauthorize, data deletion) to `url`; returns status and body.
    [[nodiscard]] Result<std::pair<int, std::string>> send_signed_request(std::string_view url);

private:
    class Engine;
    std::unique_ptr<Engine> engine_;
};

[[nodiscard]] std::string_view to_string(Effect effect);

}  // namespace ss::sandbox

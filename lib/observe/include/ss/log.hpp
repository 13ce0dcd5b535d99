#pragma once
/// The log: one event, one line, whatever the text holds.
///
///     log_info("message sent", {{"account", account.value}, {"milliseconds", 12}});
///     const RequestScope scope{request_id};   // every event of this thread names the request until it ends
///
/// Process-wide on purpose: the modules below keep it out of their public headers, and crash handlers need it.
/// Set up once in main(); before that, events of level info and above go to stderr as text.
/// Safe from any thread. Never throws; an event that cannot be written is dropped.

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace ss::observe {

enum class Level : std::uint8_t { trace, debug, info, warning, error };

/// The word of log.level; info for an unknown one.
[[nodiscard]] Level to_level(std::string_view word);

/// A name and a typed value; borrows the text for the duration of the call. A value whose name says that it is
/// secret (password, access_token, authorization…) is written as "***", and secrets inside any text (query
/// parameters, bearer tokens, passwords in URLs) likewise: see redacted().
struct Field {
    std::string_view name;
    std::variant<std::string_view, std::int64_t, double, bool> value;

    Field(std::string_view field, std::string_view text) : name{field}, value{text} {}
    Field(std::string_view field, const char* text) : name{field}, value{std::string_view{text}} {}
    Field(std::string_view field, const std::string& text) : name{field}, value{std::string_view{text}} {}
    Field(std::string_view field, bool flag) : name{field}, value{flag} {}
    Field(std::string_view field, double number) : name{field}, value{number} {}
    template <class Integer>
        requires std::is_integral_v<Integer>
    Field(std::string_view field, Integer number) : name{field}, value{static_cast<std::int64_t>(number)}
    {
    }
};

enum class LogFormat : std::uint8_t {
    json,     ///< {"time":"…","level":"info","message":"…","request":"…",fields…}
    text,     ///< for a person: 2026-11-23T19:03:44.123456Z info message key=value
    journal,  ///< systemd's journal: MESSAGE, PRIORITY, REQUEST and each field as SS_NAME
};

/// `sink`, when given, gets each finished line (without its end) in place of stderr; calls never overlap.
struct LogOptions {
    Level level = Level::info;
    LogFormat format = LogFormat::text;
    std::function<void(std::string_view line)> sink{};
    std::string journal_socket = "/run/systemd/journal/socket";
};

/// Replaces the process's log. Call before threads are started. An event that the journal does not take is
/// written as json.
void set_up_log(LogOptions options);
/// May be called at any time (SIGHUP).
void set_log_level(Level level);
[[nodiscard]] bool is_logged(Level level);

void log(Level level, std::string_view message, std::span<const Field> fields);

/// How many events of each level were written since the start, trace first.
[[nodiscard]] std::array<std::uint64_t, 5> logged_events();

inline void log_trace(std::string_view message, std::initializer_list<Field> fields = {})
{
    log(Level::trace, message, {fields.begin(), fields.size()});
}
inline void log_debug(std::string_view message, std::initializer_list<Field> fields = {})
{
    log(Level::debug, message, {fields.begin(), fields.size()});
}
inline void log_info(std::string_view message, std::initializer_list<Field> fields = {})
{
    log(Level::info, message, {fields.begin(), fields.size()});
}
inline void log_warning(std::string_view message, std::initializer_list<Field> fields = {})
{
    log(Level::warning, message, {fields.begin(), fields.size()});
}
inline void log_error(std::string_view message, std::initializer_list<Field> fields = {})
{
    log(Level::error, message, {fields.begin(), fields.size()});
}

/// Names the request (or job, as "job-17") that this thread works on. Scopes nest.
class RequestScope {
public:
    explicit RequestScope(std::string id);
    RequestScope(const RequestScope&) = delete;
    RequestScope& operator=(const RequestScope&) = delete;
    ~RequestScope();

private:
    std::string previous_;
};

/// Empty outside any scope.
[[nodiscard]] const std::string& current_request_id();

/// The text with secrets in it replaced by "***": query and form parameters, JSON members and headers with a
/// secret name, passwords in URLs, bearer tokens, JWTs and Meta's tokens wherever they stand.
[[nodiscard]] std::string redacted(std::string_view text);

/// Whether a value under this name (of a field, header or parameter) is never to be written.
[[nodiscard]] bool is_secret_name(std::string_view name);

}  // namespace ss::observe

#pragma once
/// What can go wrong, as values: one enum, one table, `Result<T>`, `TRY`.

#include <chrono>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace ss {

/// Stable: the name is part of the API (`code` of a problem document) and of `--json`.
/// The table in error.cpp gives each its HTTP status, its exit code and one sentence.
enum class Errc {
    // the request or the words typed
    invalid,                ///< A value has the wrong form or is out of range.
    usage,                  ///< The command line is wrong.
    too_large,              ///< A body, file or text is above its limit.
    unsupported,            ///< A media type, format or feature that is not offered.
    unauthenticated,        ///< No valid token, ticket or key.
    bad_credentials,        ///< E-mail and password do not belong together.
    forbidden,              ///< Known caller, but not allowed to.
    not_found,              ///< No such thing, or it belongs to somebody else.
    conflict,               ///< It would contradict what is there.
    email_taken,            ///< Another user has this e-mail address.
    weak_password,          ///< The password rule says no; the message says which part.
    idempotency_mismatch,   ///< The same Idempotency-Key came with another body.
    idempotency_in_flight,  ///< The first request with this Idempotency-Key still runs.
    limited,                ///< Too often; see retry_after.
    // a seller's rules
    window_closed,         ///< The channel does not allow a message to this customer now.
    account_disconnected,  ///< The connected account needs to be connected again.
    channel_rejected,      ///< The channel refused for good; the message says why.
    outcome_unknown,       ///< Sent or not could not be learned; it is being settled.
    // the world outside
    unavailable,         ///< A service cannot be reached or does not answer.
    busy,                ///< We are overloaded or locked for a moment; try again.
    timeout,             ///< It took longer than allowed.
    locked,              ///< Another run holds the lock.
    wrong_key,           ///< The key or credential does not fit.
    corrupt,             ///< Stored data fails its check.
    configuration,       ///< The configuration is invalid.
    pending_migrations,  ///< The database's schema is older than this program.
    cancelled,           ///< Interrupted by the user or by shutdown.
    internal,            ///< A defect of ours.
};

/// One row of the table; `sentence` says to a person what the code means.
struct ErrorRow {
    Errc code;
    std::string_view name;
    int http_status;
    int exit_code;
    std::string_view sentence;
};

/// All codes, in the order of the enum. docs/api/errors.md is printed from it.
[[nodiscard]] std::span<const ErrorRow> error_table() noexcept;
[[nodiscard]] const ErrorRow& error_row(Errc code) noexcept;
[[nodiscard]] std::string_view to_string(Errc code) noexcept;

/// `message`: one sentence, lower case, no full stop. `hint`: what to try, may be empty.
/// `where`: what it is about (a field as `/text`, a file as `sssd.toml:7:3`), may be empty.
/// Never holds a secret or a bound SQL value.
struct Error {
    Errc code = Errc::internal;
    std::string message;
    std::string hint;
    std::string where;
    std::chrono::seconds retry_after{0};  ///< 0: not known.

    friend bool operator==(const Error&, const Error&) = default;
};

/// "message (where)\nhint: …" as shown on a terminal.
[[nodiscard]] std::string to_string(const Error& error);

template <class T = void>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string message, std::string hint = {},
                                                 std::string where = {})
{
    return std::unexpected(Error{code, std::move(message), std::move(hint), std::move(where), {}});
}

[[nodiscard]] inline std::unexpected<Error> fail(Error error)
{
    return std::unexpected(std::move(error));
}

/// The same error with "while …: " in front, for a caller who knows more than the callee.
[[nodiscard]] Error prefixed(Error error, std::string_view context);

}  // namespace ss

/// Unwraps a Result or returns its error. One a statement; not inside a larger expression's
/// argument list, and not in a coroutine.
#define TRY(...)                                                    \
    __extension__({                                                 \
        auto&& try_result_ = (__VA_ARGS__);                         \
        if (!try_result_) [[unlikely]] {                            \
            return std::unexpected(std::move(try_result_).error()); \
        }                                                           \
        std::move(try_result_).value();                             \
    })

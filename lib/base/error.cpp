// The one table of error codes.
#include <ss/error.hpp>

#include <array>
#include <cstddef>

namespace ss {
namespace {

constexpr std::array kRows{
    ErrorRow{Errc::invalid, "invalid", 400, 64, "a value has the wrong form or is out of range"},
    ErrorRow{Errc::usage, "usage", 400, 64, "the command line is wrong"},
    ErrorRow{Errc::too_large, "too_large", 413, 64, "a body, file or text is above its limit"},
    ErrorRow{Errc::unsupported, "unsupported", 415, 64, "this media type, format or feature is not offered"},
    ErrorRow{Errc::unauthenticated, "unauthenticated", 401, 77, "no valid token, ticket or key was given"},
    ErrorRow{Errc::bad_credentials, "bad_credentials", 401, 77, "e-mail and password do not belong together"},
    ErrorRow{Errc::forbidden, "forbidden", 403, 77, "the caller is known but not allowed to do this"},
    ErrorRow{Errc::not_found, "not_found", 404, 1, "there is no such thing, or it belongs to somebody else"},
    ErrorRow{Errc::conflict, "conflict", 409, 1, "it would contradict what is already there"},
    ErrorRow{Errc::email_taken, "email_taken", 409, 1, "another user has this e-mail address"},
    ErrorRow{Errc::weak_password, "weak_password", 422, 1, "the password does not satisfy the rule"},
    ErrorRow{Errc::idempotency_mismatch, "idempotency_mismatch", 422, 1,
             "the same Idempotency-Key came with another request"},
    ErrorRow{Errc::idempotency_in_flight, "idempotency_in_flight", 409, 75,
             "the first request with this Idempotency-Key still runs"},
    ErrorRow{Errc::limited, "limited", 429, 75, "too many requests; Retry-After says when to try again"},
    ErrorRow{Errc::window_closed, "window_closed", 422, 1, "the channel does not allow a message to this customer now"},
    ErrorRow{Errc::account_disconnected, "account_disconnected", 409, 1,
             "the connected account has to be connected again"},
    ErrorRow{Errc::channel_rejected, "channel_rejected", 422, 1, "the channel refused for good"},
    ErrorRow{Errc::outcome_unknown, "outcome_unknown", 502, 75, "whether it was sent could not be learned yet"},
    ErrorRow{Errc::unavailable, "unavailable", 503, 69, "a service cannot be reached or does not answer"},
    ErrorRow{Errc::busy, "busy", 503, 75, "overloaded or locked for a moment; try again"},
    ErrorRow{Errc::timeout, "timeout", 504, 75, "it took longer than allowed"},
    ErrorRow{Errc::locked, "locked", 423, 11, "another run holds the lock"},
    ErrorRow{Errc::wrong_key, "wrong_key", 500, 12, "the key or credential does not fit"},
    ErrorRow{Errc::corrupt, "corrupt", 500, 65, "stored data fails its check"},
    ErrorRow{Errc::configuration, "configuration", 500, 78, "the configuration is invalid"},
    ErrorRow{Errc::pending_migrations, "pending_migrations", 503, 78,
             "the database's schema is older than this program"},
    ErrorRow{Errc::cancelled, "cancelled", 503, 130, "interrupted"},
    ErrorRow{Errc::internal, "internal", 500, 1, "a defect in this program"},
};

constexpr bool rows_follow_the_enum()
{
    for (std::size_t i = 0; i < kRows.size(); ++i) {
        if (static_cast<std::size_t>(kRows[i].code) != i) {
            return false;
        }
    }
    return kRows.size() == static_cast<std::size_t>(Errc::internal) + 1;
}
static_assert(rows_follow_the_enum());

}  // namespace

std::span<const ErrorRow> error_table() noexcept
{
    return kRows;
}

const ErrorRow& error_row(Errc code) noexcept
{
    return kRows[static_cast<std::size_t>(code)];
}

std::string_view to_string(Errc code) noexcept
{
    return error_row(code).name;
}

std::string to_string(const Error& error)
{
    std::string text = error.message;
    if (!error.where.empty()) {
        text += " (" + error.where + ")";
    }
    if (!error.hint.empty()) {
        text += "\nhint: " + error.hint;
    }
    return text;
}

Error prefixed(Error error, std::string_view context)
{
    error.message.insert(0, std::string{context} + ": ");
    return error;
}

}  // namespace ss

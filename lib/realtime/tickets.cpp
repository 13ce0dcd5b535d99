// A ticket's key is the hash of it, so that who reads the store cannot use what is there.
#include "tickets.hpp"

#include <ss/crypto.hpp>
#include <ss/storage.hpp>
#include <ss/text.hpp>

#include <nlohmann/json.hpp>

#include <fmt/core.h>

namespace ss::realtime {
namespace {

using nlohmann::json;

std::string ticket_key(std::string_view ticket)
{
    return "ticket:" + crypto::sha256_hex(ticket);
}

std::string mark_key(UserId user, std::string_view session)
{
    return session.empty() ? fmt::format("ticket-end:user:{}", user.value)
                           : fmt::format("ticket-end:session:{}", session);
}

}  // namespace

std::string Tickets::issue(const http::Caller& caller)
{
    auto ticket = crypto::random_token(32);
    const json value{{"workspace", caller.workspace.value},
                     {"user", caller.user.value},
                     {"level", static_cast<int>(caller.level)},
                     {"session", caller.session},
                     {"at", to_micros(clock_.now())}};
    key_value_.set(ticket_key(ticket), value.dump(), lifetime_);
    return ticket;
}

Result<Ticket> Tickets::redeem(std::string_view ticket)
{
    constexpr std::size_t kLongest = 128;
    const auto refused =
        fail(Errc::unauthenticated, "the ticket is unknown, used or expired", "ask for a new ticket", "?ticket");
    if (ticket.empty() || ticket.size() > kLongest) {
        return refused;
    }
    const auto stored = key_value_.take_value(ticket_key(ticket));
    const auto value = stored ? json::parse(*stored, nullptr, false) : json{};
    if (!value.is_object()) {
        return refused;
    }
    Ticket redeemed{.caller = {.workspace = {value.value("workspace", std::int64_t{0})},
                               .user = {value.value("user", std::int64_t{0})},
                               .level = static_cast<http::Access>(value.value("level", 0)),
                               .session = value.value("session", ""),
                               .api_key = {}},
                    .issued_at = value.value("at", std::int64_t{0})};
    return is_revoked(redeemed) ? Result<Ticket>{refused} : redeemed;
}

bool Tickets::is_revoked(const Ticket& ticket)
{
    for (const std::string_view session : {std::string_view{}, std::string_view{ticket.caller.session}}) {
        const auto mark = key_value_.get(mark_key(ticket.caller.user, session));
        if (mark && ticket.issued_at <= to_integer(*mark).value_or(0)) {
            return true;
        }
    }
    return false;
}

void Tickets::revoke(UserId user, std::string_view session)
{
    key_value_.set(mark_key(user, session), std::to_string(to_micros(clock_.now())),
                   lifetime_ + std::chrono::seconds{1});
}

}  // namespace ss::realtime

// May a message go out now: one row a reason, one sentence in each language.
#include <ss/messaging.hpp>

#include <ss/text.hpp>

#include <fmt/core.h>

#include <array>

namespace ss::messaging {
namespace {

using channel::AccountState;

struct Row {
    Reason reason;
    std::string_view name;
    bool allowed;
    std::string_view english;
    std::string_view portuguese;
};

constexpr std::array kRows{
    Row{Reason::allowed, "allowed", true, "", ""},
    Row{Reason::allowed_as_human, "allowed_as_human", true,
        "The 24 hours for answers are over; a person may still answer for seven days after the customer's last "
        "message.",
        "As 24 horas para responder acabaram; uma pessoa ainda pode responder até sete dias depois da última mensagem "
        "do cliente."},
    Row{Reason::no_message_yet, "no_message_yet", false,
        "The customer has to write first: a business cannot begin a conversation.",
        "O cliente precisa escrever primeiro: a empresa não pode iniciar a conversa."},
    Row{Reason::window_closed, "window_closed", false,
        "The time for answers is over: the customer has to write again first.",
        "O prazo para responder acabou: o cliente precisa escrever de novo primeiro."},
    Row{Reason::humans_only, "humans_only", false,
        "The 24 hours for automatic answers are over; only a person may answer now.",
        "As 24 horas para respostas automáticas acabaram; agora só uma pessoa pode responder."},
    Row{Reason::empty, "empty", false, "The message is empty.", "A mensagem está vazia."},
    Row{Reason::too_long, "too_long", false, "The message is too long: {} bytes, and at most {} are allowed.",
        "A mensagem é longa demais: {} bytes, e o limite é {}."},
    Row{Reason::account_expired, "account_expired", false,
        "The connection to the account has expired: connect it again.", "A conexão da conta expirou: conecte de novo."},
    Row{Reason::account_revoked, "account_revoked", false, "The account's permission was taken back: connect it again.",
        "A permissão da conta foi retirada: conecte de novo."},
    Row{Reason::account_checkpoint, "account_checkpoint", false,
        "The channel asks the account's owner to confirm the log-in in its app; then connect again.",
        "O canal pede que o dono da conta confirme o acesso no aplicativo; depois, conecte de novo."},
    Row{Reason::account_restricted, "account_restricted", false,
        "The channel has restricted the account: see the notice in its app.",
        "O canal restringiu a conta: veja o aviso no aplicativo."},
    Row{Reason::account_disconnected, "account_disconnected", false, "The account is disconnected: connect it again.",
        "A conta está desconectada: conecte de novo."},
};

const Row& row(Reason reason)
{
    return kRows.at(static_cast<std::size_t>(reason));
}

Verdict verdict(Reason reason, std::optional<Timestamp> until = {})
{
    const auto& found = row(reason);
    return {.reason = reason,
            .allowed = found.allowed,
            .human_agent = reason == Reason::allowed_as_human,
            .until = until,
            .sentence = std::string{found.english},
            .sentence_pt = std::string{found.portuguese}};
}

std::optional<Reason> of_account(AccountState state)
{
    switch (state) {
        case AccountState::connected:
        case AccountState::not_receiving:
        case AccountState::expiring:
            return std::nullopt;
        case AccountState::expired:
            return Reason::account_expired;
        case AccountState::revoked:
            return Reason::account_revoked;
        case AccountState::checkpoint:
            return Reason::account_checkpoint;
        case AccountState::restricted:
            return Reason::account_restricted;
        case AccountState::disconnected:
            break;
    }
    return Reason::account_disconnected;
}

Verdict of_time(const Standing& standing, const channel::Rules& rules, Timestamp now)
{
    if (!standing.last_customer_message_at) {
        return verdict(Reason::no_message_yet);
    }
    const auto standard = *standing.last_customer_message_at + rules.reply_window;
    const auto extended = *standing.last_customer_message_at + rules.human_agent_window;
    if (now < standard) {
        return verdict(Reason::allowed, standard);
    }
    if (!standing.human_agent_on) {
        return verdict(Reason::window_closed, standard);
    }
    if (now >= extended) {
        return verdict(Reason::window_closed, extended);
    }
    return standing.human ? verdict(Reason::allowed_as_human, extended) : verdict(Reason::humans_only, standard);
}

}  // namespace

std::string_view to_string(Reason reason)
{
    return row(reason).name;
}

Verdict may_send(const Standing& standing, const channel::Rules& rules, Timestamp now)
{
    if (const auto reason = of_account(standing.account)) {
        return verdict(*reason);
    }
    if (standing.text && trim(*standing.text).empty()) {
        return verdict(Reason::empty);
    }
    if (standing.text && standing.text->size() > rules.max_text_bytes) {
        auto said = verdict(Reason::too_long);
        said.sentence = fmt::format(fmt::runtime(said.sentence), standing.text->size(), rules.max_text_bytes);
        said.sentence_pt = fmt::format(fmt::runtime(said.sentence_pt), standing.text->size(), rules.max_text_bytes);
        return said;
    }
    return of_time(standing, rules, now);
}

}  // namespace ss::messaging

// What Meta calls when a person leaves: deauthorize and data deletion, and the page on which they see how it goes.
#include "../departures.hpp"
#include "../routes.hpp"

#include <ss/http.hpp>
#include <ss/instagram.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ss::daemon {
namespace {

using http::Access, http::In, http::Method, http::Request, http::Response;

constexpr std::size_t kBodyLimit = 16 * 1024;

/// The field `signed_request` of an urlencoded body: its text is what was signed, so nothing but the form's own escapes
/// is undone.
Result<std::string> signed_text(const Request& request)
{
    constexpr std::string_view kName = "signed_request=";
    for (const auto pair : split(request.body, '&')) {
        if (pair.starts_with(kName)) {
            if (auto text = percent_decode(pair.substr(kName.size()), true)) {
                return std::move(*text);
            }
        }
    }
    return fail(Errc::invalid, "the form has no field signed_request", {}, "signed_request");
}

Result<Response> deauthorize(const DepartureServices& services, const Request& request)
{
    const auto text = TRY(signed_text(request));
    const auto who = TRY(services.instagram.verify_signed_request(text));
    TRY(services.departures.deauthorize(services.auth, services.instagram.name(), who.app_scoped_id, who.issued_at));
    return Response{.body = "OK", .content_type = "text/plain; charset=utf-8"};
}

Result<Response> delete_data(const DepartureServices& services, const Request& request)
{
    const auto text = TRY(signed_text(request));
    const auto who = TRY(services.instagram.verify_signed_request(text));
    // Without the signature: that may be padded or not, and the request would look like another one.
    const auto proof = std::string_view{text}.substr(text.find('.') + 1);
    const auto code = TRY(services.departures.request(services.instagram.name(), who.app_scoped_id, proof));
    return http::json_response(
        200, {{"url", fmt::format("{}/data-deletion/{}", services.public_url, code)}, {"confirmation_code", code}});
}

struct Words {
    std::string_view language;
    std::string_view title;
    std::string_view asked;
    std::string_view waits;
    std::string_view done;
    std::string_view counts;  ///< accounts, conversations, messages, posts
    std::string_view rest;
};

constexpr Words kEnglish{
    "en",
    "Deletion of your data",
    "You asked for it on {}.",
    "It is being worked on. The account is already disconnected and its access token deleted.",
    "It was finished on {}.",
    "Deleted so far: {} accounts, {} conversations, {} messages, {} posts.",
    "Received notifications are kept as proof for at most 180 days and backups as long as the shop keeps them; then "
    "what they hold of your data is gone as well."};
constexpr Words kPortuguese{
    "pt-BR",
    "Exclusão dos seus dados",
    "Você a pediu em {}.",
    "A exclusão está em andamento. A conta já foi desconectada e o token de acesso, apagado.",
    "A exclusão foi concluída em {}.",
    "Excluídos até agora: {} contas, {} conversas, {} mensagens, {} publicações.",
    "As notificações recebidas são guardadas como prova por no máximo 180 dias, e as cópias de segurança pelo tempo "
    "definido pela loja; depois disso, o que contêm dos seus dados também desaparece."};

std::string section(const Words& words, const Deletion& deletion)
{
    const auto day = [](Timestamp at) { return to_rfc3339(std::chrono::floor<std::chrono::seconds>(at)); };
    const auto progress = deletion.finished_at ? fmt::format(fmt::runtime(words.done), day(*deletion.finished_at))
                                               : std::string{words.waits};
    return fmt::format("<section lang=\"{}\"><h1>{}</h1><p>{}</p><p>{}</p><p>{}</p><p>{}</p></section>", words.language,
                       words.title, fmt::format(fmt::runtime(words.asked), day(deletion.requested_at)), progress,
                       fmt::format(fmt::runtime(words.counts), deletion.accounts, deletion.conversations,
                                   deletion.messages, deletion.posts),
                       words.rest);
}

Result<Response> status_page(const Departures& departures, const Request& request)
{
    const auto deletion = TRY(departures.show(request.text("code")));
    Response answer;
    answer.body = fmt::format(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"robots\" "
        "content=\"noindex\"><title>{} · {}</title></head><body>{}{}</body></html>\n",
        kEnglish.title, kPortuguese.title, section(kEnglish, deletion), section(kPortuguese, deletion));
    answer.content_type = "text/html; charset=utf-8";
    return answer;
}

}  // namespace

void add_departure_routes(http::Router& router, const DepartureServices& services)
{
    router.add({.method = Method::post,
                .path = "/api/v1/webhooks/instagram/deauthorize",
                .about = "Meta's signed request after a person removed the app: the account's token is deleted.",
                .tag = "webhooks",
                .access = Access::open,
                .errors = {Errc::unauthenticated, Errc::invalid, Errc::unavailable},
                .handler = [services](const Request& request) { return deauthorize(services, request); },
                .body_limit = kBodyLimit,
                .raw_body = true,
                .aliases = {"/webhooks/instagram/deauthorize"}});
    router.add({.method = Method::post,
                .path = "/api/v1/webhooks/instagram/data-deletion",
                .about = "Meta's signed request of a person who wants their data deleted: a job does it; the answer is "
                         "{url, confirmation_code}.",
                .tag = "webhooks",
                .access = Access::open,
                .errors = {Errc::unauthenticated, Errc::invalid, Errc::unavailable},
                .handler = [services](const Request& request) { return delete_data(services, request); },
                .body_limit = kBodyLimit,
                .raw_body = true,
                .aliases = {"/webhooks/instagram/data-deletion"}});
    router.add({.method = Method::get,
                .path = "/data-deletion/{code}",
                .about = "How far the deletion of a person's data is: a page in English and Portuguese.",
                .tag = "webhooks",
                .access = Access::open,
                .fields = {{.name = "code", .in = In::path, .about = "as confirmed", .required = true, .maximum = 64}},
                .errors = {Errc::not_found},
                .handler = [departures = &services.departures](
                               const Request& request) { return status_page(*departures, request); },
                .per_minute = 60});
}

}  // namespace ss::daemon

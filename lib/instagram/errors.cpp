// Meta's codes as one table: what each means to the program, and to a seller in two languages.
// Sources: developers.facebook.com, "Error codes" of the Instagram Platform and of Messaging (2026-06), and field
// reports.

#include "errors.hpp"

#include <ss/instagram.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace ss::instagram {
namespace {

using channel::Failure;
using enum channel::FailureClass;

constexpr int kNone = 0;

// Exact rows first by lookup, not by order; a row with subcode 0 is for the code's other subcodes.
constexpr std::array kRules{
    // the token
    ErrorRule{190, 458, reconnect, "The app was removed in Instagram's settings. Connect the account again.",
              "O aplicativo foi removido nas configurações do Instagram. Conecte a conta novamente."},
    ErrorRule{190, 459, restricted,
              "Instagram wants the account's owner to log in at instagram.com and confirm who they are.",
              "O Instagram pede que o dono da conta entre em instagram.com e confirme a identidade."},
    ErrorRule{190, 460, reconnect, "The password was changed. Connect the account again.",
              "A senha foi alterada. Conecte a conta novamente."},
    ErrorRule{190, 463, reconnect, "The connection to Instagram has expired. Connect the account again.",
              "A conexão com o Instagram expirou. Conecte a conta novamente."},
    ErrorRule{190, 464, restricted, "The Instagram account is not confirmed yet. Confirm it in the Instagram app.",
              "A conta do Instagram ainda não foi confirmada. Confirme no aplicativo do Instagram."},
    ErrorRule{190, kNone, reconnect, "Instagram no longer accepts the connection. Connect the account again.",
              "O Instagram não aceita mais a conexão. Conecte a conta novamente."},
    ErrorRule{102, kNone, reconnect, "The session at Instagram has ended. Connect the account again.",
              "A sessão no Instagram terminou. Conecte a conta novamente."},
    ErrorRule{104, kNone, reconnect, "Instagram asked for a connection that is missing. Connect the account again.",
              "O Instagram exigiu uma conexão que não existe. Conecte a conta novamente."},
    ErrorRule{10, 2'534'077, reconnect,
              "Instagram cannot verify the account. Turn on two-factor log-in and connect it again.",
              "O Instagram não conseguiu verificar a conta. Ative a verificação em duas etapas e conecte novamente."},
    // the window
    ErrorRule{10, 2'534'022, window_closed,
              "The customer's last message is too old: Instagram allows answers for 24 hours.",
              "A última mensagem do cliente é antiga demais: o Instagram permite responder por 24 horas."},
    ErrorRule{10, 2'018'278, window_closed,
              "The customer's last message is too old: Instagram allows answers for 24 hours.",
              "A última mensagem do cliente é antiga demais: o Instagram permite responder por 24 horas."},
    ErrorRule{10, 2'018'065, window_closed, "Instagram does not allow a message to this customer now.",
              "O Instagram não permite enviar mensagem a este cliente agora."},
    // this customer, this message
    ErrorRule{10, 2'018'108, permanent, "This customer cannot receive messages right now.",
              "Este cliente não pode receber mensagens no momento."},
    ErrorRule{551, kNone, permanent, "This customer is not receiving messages from you right now.",
              "Este cliente não está recebendo mensagens suas no momento."},
    ErrorRule{200, 1'545'041, permanent, "This customer is not available right now.",
              "Este cliente não está disponível no momento."},
    ErrorRule{100, 2'018'001, permanent, "Instagram does not know this customer.",
              "O Instagram não conhece este cliente."},
    ErrorRule{100, 2'534'014, permanent, "Instagram does not know this customer.",
              "O Instagram não conhece este cliente."},
    ErrorRule{100, 2'534'015, permanent, "Instagram does not accept this kind of message, or it is too long.",
              "O Instagram não aceita este tipo de mensagem, ou ela é longa demais."},
    ErrorRule{100, 2'534'025, permanent, "This comment can no longer be answered privately.",
              "Este comentário não pode mais ser respondido em particular."},
    ErrorRule{100, 2'534'029, restricted, "Instagram has blocked this account from sending messages.",
              "O Instagram bloqueou o envio de mensagens por esta conta."},
    ErrorRule{100, 2'534'037, permanent, "Another app is handling this conversation now.",
              "Outro aplicativo está cuidando desta conversa agora."},
    ErrorRule{2'018'300, kNone, permanent, "Another app is handling this conversation now.",
              "Outro aplicativo está cuidando desta conversa agora."},
    ErrorRule{100, 2'534'068, permanent, "This account cannot send several pictures at once. Send them one by one.",
              "Esta conta não pode enviar várias imagens de uma vez. Envie uma por uma."},
    ErrorRule{100, 2'018'008, transient, "Instagram could not fetch the file. It will be tried again.",
              "O Instagram não conseguiu buscar o arquivo. Vamos tentar de novo."},
    ErrorRule{100, 2'018'014, permanent, "Instagram refused the message's form.",
              "O Instagram recusou o formato da mensagem."},
    ErrorRule{100, 2'018'047, permanent, "Instagram could not read the file.",
              "O Instagram não conseguiu ler o arquivo."},
    ErrorRule{100, 2'018'074, permanent, "The attachment is no longer there. Upload it again.",
              "O anexo não existe mais. Envie o arquivo novamente."},
    ErrorRule{100, 2'018'109, permanent, "The attachment is too large for Instagram.",
              "O anexo é grande demais para o Instagram."},
    ErrorRule{100, 2'018'294, permanent, "Instagram could not process the video.",
              "O Instagram não conseguiu processar o vídeo."},
    ErrorRule{9'000'001, kNone, permanent, "The message was deleted.", "A mensagem foi apagada."},
    ErrorRule{230, kNone, permission, "The customer has not shared their profile yet.",
              "O cliente ainda não compartilhou o perfil."},
    ErrorRule{100, 33, permanent, "Instagram does not find this, or the account may no longer see it.",
              "O Instagram não encontrou o item, ou a conta não pode mais vê-lo."},
    ErrorRule{100, kNone, permanent, "Instagram refused the request.", "O Instagram recusou o pedido."},
    // the account
    ErrorRule{10, 1'893'063, restricted, "Instagram has temporarily stopped this account from sending messages.",
              "O Instagram impediu temporariamente esta conta de enviar mensagens."},
    ErrorRule{100, 2'534'013, permission, "The page is not linked to an Instagram account.",
              "A página não está vinculada a uma conta do Instagram."},
    ErrorRule{200, 2'534'041, permission,
              "Access to messages is off. In Instagram: Settings › Messages › Allow access to messages.",
              "O acesso às mensagens está desligado. No Instagram: Configurações › Mensagens › Permitir acesso às "
              "mensagens."},
    ErrorRule{36'103, kNone, permission,
              "This Instagram account may not use the API yet. It has to be a professional one.",
              "Esta conta do Instagram ainda não pode usar a API. Ela precisa ser profissional."},
    ErrorRule{25, 2'207'050, restricted, "The Instagram account is restricted. Log in at instagram.com to see why.",
              "A conta do Instagram está restrita. Entre em instagram.com para ver o motivo."},
    ErrorRule{4, 2'207'051, restricted, "Instagram takes this activity for spam and has put it on hold. Wait a day.",
              "O Instagram considerou a atividade como spam e a suspendeu. Espere um dia."},
    ErrorRule{368, kNone, restricted, "Instagram has blocked the account for a while because of its rules.",
              "O Instagram bloqueou a conta por um tempo por causa das regras."},
    // permissions
    ErrorRule{3, kNone, permission, "The app is not allowed to do this at Instagram.",
              "O aplicativo não tem permissão para isso no Instagram."},
    ErrorRule{10, kNone, permission,
              "A permission is missing. Connect the account again and allow everything asked for.",
              "Falta uma permissão. Conecte a conta novamente e permita tudo o que for pedido."},
    ErrorRule{200, 2'018'028, permission, "Meta has not approved the app for messages yet.",
              "A Meta ainda não aprovou o aplicativo para mensagens."},
    ErrorRule{200, kNone, permission,
              "A permission is missing. Connect the account again and allow everything asked for.",
              "Falta uma permissão. Conecte a conta novamente e permita tudo o que for pedido."},
    // too often
    ErrorRule{613, 2'018'338, throttled, "Instagram asks to send fewer of these messages.",
              "O Instagram pede que você envie menos mensagens desse tipo."},
    ErrorRule{4, kNone, throttled, "Instagram's limit is reached; it goes on by itself in a while.",
              "O limite do Instagram foi atingido; continuaremos sozinhos em instantes."},
    ErrorRule{17, kNone, throttled, "Instagram's limit is reached; it goes on by itself in a while.",
              "O limite do Instagram foi atingido; continuaremos sozinhos em instantes."},
    ErrorRule{32, kNone, throttled, "Instagram's limit is reached; it goes on by itself in a while.",
              "O limite do Instagram foi atingido; continuaremos sozinhos em instantes."},
    ErrorRule{341, kNone, throttled, "Instagram's limit is reached; it goes on by itself in a while.",
              "O limite do Instagram foi atingido; continuaremos sozinhos em instantes."},
    ErrorRule{613, kNone, throttled, "Instagram's limit is reached; it goes on by itself in a while.",
              "O limite do Instagram foi atingido; continuaremos sozinhos em instantes."},
    ErrorRule{80'001, kNone, throttled, "Instagram's limit is reached; it goes on by itself in a while.",
              "O limite do Instagram foi atingido; continuaremos sozinhos em instantes."},
    ErrorRule{80'002, kNone, throttled, "Instagram's limit is reached; it goes on by itself in a while.",
              "O limite do Instagram foi atingido; continuaremos sozinhos em instantes."},
    ErrorRule{80'006, kNone, throttled, "Instagram's limit is reached; it goes on by itself in a while.",
              "O limite do Instagram foi atingido; continuaremos sozinhos em instantes."},
    ErrorRule{9, 2'207'042, throttled, "Instagram allows no more posts today.",
              "O Instagram não permite mais publicações hoje."},
    // publishing
    ErrorRule{9'007, 2'207'027, not_ready, "Instagram is still processing the picture.",
              "O Instagram ainda está processando a imagem."},
    ErrorRule{-2, 2'207'003, transient, "Instagram took too long to download the picture.",
              "O Instagram demorou demais para baixar a imagem."},
    ErrorRule{-2, 2'207'020, permanent, "The uploaded picture has expired. Publish it again.",
              "A imagem enviada expirou. Publique novamente."},
    ErrorRule{-1, 2'207'001, transient, "Instagram had a fault; it will be tried again.",
              "O Instagram teve uma falha; vamos tentar de novo."},
    ErrorRule{-1, 2'207'032, transient, "Instagram could not take the picture; it will be tried again.",
              "O Instagram não conseguiu receber a imagem; vamos tentar de novo."},
    ErrorRule{-1, 2'207'053, transient, "The upload to Instagram failed; it will be tried again.",
              "O envio ao Instagram falhou; vamos tentar de novo."},
    ErrorRule{1, 2'207'057, permanent, "The cover's moment lies outside the video.",
              "O momento da capa está fora do vídeo."},
    ErrorRule{24, 2'207'006, permanent, "Instagram cannot find the uploaded picture. Publish it again.",
              "O Instagram não encontra a imagem enviada. Publique novamente."},
    ErrorRule{24, 2'207'008, permanent, "The prepared post is gone or has expired. Publish it again.",
              "A publicação preparada não existe mais ou expirou. Publique novamente."},
    ErrorRule{100, 2'207'023, permanent, "Instagram does not know this kind of media.",
              "O Instagram não conhece este tipo de mídia."},
    ErrorRule{100, 2'207'028, permanent, "An album needs 2 to 10 pictures.", "Um álbum precisa de 2 a 10 imagens."},
    ErrorRule{100, 2'207'040, permanent, "The caption has too many @mentions or #hashtags.",
              "A legenda tem @menções ou #hashtags demais."},
    ErrorRule{352, 2'207'026, permanent, "Instagram does not support this video format.",
              "O Instagram não aceita este formato de vídeo."},
    ErrorRule{9'004, 2'207'052, transient,
              "Instagram could not fetch the picture from our address. Is the site reachable from outside?",
              "O Instagram não conseguiu buscar a imagem no nosso endereço. O site está acessível de fora?"},
    ErrorRule{36'000, 2'207'004, permanent, "The picture is larger than 8 MB.", "A imagem tem mais de 8 MB."},
    ErrorRule{36'001, 2'207'005, permanent, "Instagram accepts JPEG pictures only.",
              "O Instagram aceita apenas imagens JPEG."},
    ErrorRule{36'003, 2'207'009, permanent, "The picture's shape must be between 4:5 and 1.91:1.",
              "O formato da imagem deve ficar entre 4:5 e 1,91:1."},
    ErrorRule{36'004, 2'207'010, permanent, "The caption is too long.", "A legenda é longa demais."},
    ErrorRule{506, kNone, permanent, "Instagram takes this for a repeated post.",
              "O Instagram considerou esta publicação repetida."},
    // Instagram's own trouble
    ErrorRule{-1, kNone, transient, "Instagram had a fault; it will be tried again.",
              "O Instagram teve uma falha; vamos tentar de novo."},
    ErrorRule{-2, kNone, transient, "Instagram took too long; it will be tried again.",
              "O Instagram demorou demais; vamos tentar de novo."},
    ErrorRule{1, kNone, transient, "Instagram had a fault; it will be tried again.",
              "O Instagram teve uma falha; vamos tentar de novo."},
    ErrorRule{2, kNone, transient, "Instagram had a fault; it will be tried again.",
              "O Instagram teve uma falha; vamos tentar de novo."},
};

// Where only the subcode is known to be telling (Meta has sent publishing subcodes under other codes).
constexpr int kFirstPublishing = 2'207'000;
constexpr int kLastPublishing = 2'207'999;

const ErrorRule* find_rule(int code, int subcode)
{
    const auto is = [](int a, int b) {
        return [a, b](const ErrorRule& rule) { return rule.code == a && rule.subcode == b; };
    };
    const auto* found = std::ranges::find_if(kRules, is(code, subcode));
    if (found == kRules.end() && subcode >= kFirstPublishing && subcode <= kLastPublishing) {
        found = std::ranges::find(kRules, subcode, &ErrorRule::subcode);
    }
    if (found == kRules.end()) {
        found = std::ranges::find_if(kRules, is(code > 200 && code < 300 && code != 230 ? 200 : code, kNone));
    }
    return found == kRules.end() ? nullptr : found;
}

Failure by_status(int status)
{
    if (status == 429) {
        return failure(throttled, "http/429", "Instagram's limit is reached; it goes on by itself in a while.",
                       "O limite do Instagram foi atingido; continuaremos sozinhos em instantes.");
    }
    const auto code = fmt::format("http/{}", status);
    if (status >= 500 || status < 300) {
        return failure(transient, code, "Instagram gave no usable answer; it will be tried again.",
                       "O Instagram não deu uma resposta válida; vamos tentar de novo.");
    }
    return failure(permanent, code, "Instagram refused the request.", "O Instagram recusou o pedido.");
}

// The log-in's own form: {"error_type","code","error_message"}.
Failure login_failure(const json& body)
{
    auto refused = failure(permanent, "oauth/" + text_of(body, "code"),
                           "Instagram did not accept the log-in. Start connecting again.",
                           "O Instagram não aceitou o acesso. Comece a conexão novamente.");
    refused.detail = text_of(body, "error_message");
    return refused;
}

}  // namespace

Failure failure(channel::FailureClass kind, std::string code, std::string_view english, std::string_view portuguese)
{
    Failure made;
    made.kind = kind;
    made.code = std::move(code);
    made.sentence = english;
    made.sentence_pt = portuguese;
    if (kind == throttled) {
        made.retry_after = kPause;
    }
    return made;
}

std::span<const ErrorRule> error_rules()
{
    return kRules;
}

Failure classify(int status, const json& body)
{
    if (body.is_object() && body.contains("error_message")) {
        return login_failure(body);
    }
    const auto& error = member(body, "error");
    const auto code = integer_of(error, "code");
    if (!code) {
        return by_status(status);
    }
    const auto subcode = integer_of(error, "error_subcode").value_or(0);
    const auto* rule = find_rule(static_cast<int>(*code), static_cast<int>(subcode));
    auto made = rule != nullptr                  ? failure(rule->kind, {}, rule->english, rule->portuguese)
                : flag_of(error, "is_transient") ? by_status(503)
                                                 : by_status(status == 429 || status >= 500 ? status : 400);
    made.code = subcode == 0 ? fmt::format("{}", *code) : fmt::format("{}/{}", *code, subcode);
    made.detail = fmt::format("{} (trace {})", text_of(error, "message"), text_of(error, "fbtrace_id"));
    if (status == 429 && made.kind == permanent) {
        made.kind = throttled;
        made.retry_after = kPause;
    }
    if (flag_of(error, "is_transient") && made.kind == permanent) {
        made.kind = transient;
    }
    return made;
}

Failure classify(int status, std::string_view body)
{
    return classify(status, parse_json(body));
}

}  // namespace ss::instagram

// /api/v1/attachments: our copy of what a customer attached.
#include "../routes.hpp"
#include "fields.hpp"

#include <ss/copies.hpp>

#include <fmt/core.h>

namespace ss::daemon {

using http::Access, http::Method, http::Request, http::Response;

void add_attachment_routes(http::Router& router, const messaging::Copies& copies)
{
    router.add({.method = Method::get,
                .path = "/api/v1/attachments/{id}",
                .about = "The copy of an attachment, once its `media_state` is `stored`.",
                .tag = "messages",
                .scope = "messages:read",
                .fields = {id_field("the attachment")},
                .errors = {Errc::not_found},
                .handler = [&copies](const Request& request) -> Result<Response> {
                    auto copy = TRY(copies.read(request.caller.workspace, request.number("id")));
                    Response answer;
                    answer.body = std::move(copy.bytes);
                    answer.content_type = std::move(copy.content_type);
                    // A stranger's file: never shown as a page of ours, whatever it is.
                    answer.headers.push_back({"Content-Security-Policy", "default-src 'none'; sandbox"});
                    answer.headers.push_back(
                        {"Content-Disposition", fmt::format("attachment; filename=\"{}\"", copy.file_name)});
                    return answer;
                }});
}

}  // namespace ss::daemon

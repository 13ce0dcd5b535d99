// /api/v1/media: pictures for posts; and the signed public address a channel fetches them from.
#include "../media_urls.hpp"
#include "../routes.hpp"
#include "fields.hpp"

#include <ss/posts.hpp>

namespace ss::daemon {
namespace {

using http::Access, http::In, http::Method, http::Request, http::Response, http::Type;
using nlohmann::json;
using posts::Library, posts::Media;

json to_json(const Media& media)
{
    const auto size = [](int pixels) { return pixels == 0 ? json(nullptr) : json(pixels); };
    return {{"id", media.id.value},
            {"content_type", posts::content_type(media.kind)},
            {"name", media.name},
            {"bytes", media.bytes},
            {"width", size(media.width)},
            {"height", size(media.height)},
            {"created_at", to_rfc3339(media.created_at)}};
}

/// Never as a page of ours: sniffing off, sandboxed, whatever the bytes say.
Result<Response> content(const Library& library, const Media& media)
{
    Response answer;
    answer.body = TRY(library.read(media));
    answer.content_type = posts::content_type(media.kind);
    answer.headers.push_back({"Content-Security-Policy", "default-src 'none'; sandbox"});
    answer.headers.push_back({"Content-Disposition", "inline"});
    return answer;
}

Result<Response> upload(Library& library, const Request& request)
{
    const auto media =
        TRY(library.upload(request.caller.workspace, request.caller.user, request.text("name"), request.body));
    return http::json_response(201, to_json(media));
}

Result<Response> list(const Library& library, const Request& request)
{
    const auto page = TRY(
        library.list(request.caller.workspace, request.text("cursor"), static_cast<int>(request.number("limit", 50))));
    return page_response(page, to_json);
}

/// A wrong signature and an unknown picture look the same.
Result<Response> fetch_signed(const Library& library, const MediaUrls& urls, const Request& request)
{
    const MediaId id{request.number("id")};
    if (!urls.is_valid(id, request.number("expires"), request.text("signature"))) {
        return fail(Errc::not_found, "there is no such media, or its address is no longer valid");
    }
    const auto media = TRY(library.get(id));
    return content(library, media);
}

void add_private_routes(http::Router& router, Library& library, std::size_t upload_limit)
{
    router.add({.method = Method::post,
                .path = "/api/v1/media",
                .about = "Uploads a picture: the bytes are the body.",
                .tag = "media",
                .access = Access::agent,
                .scope = "posts:write",
                .fields = {{.name = "name", .in = In::query, .about = "what it is called", .maximum = 255}},
                .returns = "Media",
                .success = 201,
                .errors = {Errc::unsupported, Errc::too_large},
                .handler = [&library](const Request& request) { return upload(library, request); },
                .body_limit = upload_limit,
                .raw_body = true,
                .per_minute = 60});
    router.add({.method = Method::get,
                .path = "/api/v1/media",
                .about = "Uploaded pictures, newest first.",
                .tag = "media",
                .scope = "posts:read",
                .fields = {cursor_field(), limit_field()},
                .returns = "MediaList",
                .handler = [&library](const Request& request) { return list(library, request); }});
    router.add({.method = Method::get,
                .path = "/api/v1/media/{id}",
                .about = "What is known about a picture.",
                .tag = "media",
                .scope = "posts:read",
                .fields = {id_field("the picture")},
                .returns = "Media",
                .errors = {Errc::not_found},
                .handler = [&library](const Request& request) -> Result<Response> {
                    const auto media = TRY(library.get(request.caller.workspace, MediaId{request.number("id")}));
                    return http::json_response(200, to_json(media));
                }});
    router.add({.method = Method::get,
                .path = "/api/v1/media/{id}/content",
                .about = "The picture itself.",
                .tag = "media",
                .scope = "posts:read",
                .fields = {id_field("the picture")},
                .errors = {Errc::not_found},
                .handler = [&library](const Request& request) -> Result<Response> {
                    const auto media = TRY(library.get(request.caller.workspace, MediaId{request.number("id")}));
                    return content(library, media);
                }});
}

}  // namespace

void add_media_routes(http::Router& router, Library& library, const MediaUrls& urls, std::size_t upload_limit)
{
    router.add(http::Schema{.name = "Media",
                            .about = "An uploaded picture.",
                            .fields = {{.name = "id", .type = Type::integer},
                                       {.name = "content_type"},
                                       {.name = "name"},
                                       {.name = "bytes", .type = Type::integer},
                                       {.name = "width", .type = Type::integer, .nullable = true},
                                       {.name = "height", .type = Type::integer, .nullable = true},
                                       {.name = "created_at", .type = Type::timestamp}}});
    router.add(list_schema("MediaList", "Media"));
    add_private_routes(router, library, upload_limit);
    router.add(
        {.method = Method::get,
         .path = "/media/{id}/{expires}/{signature}",
         .about = "The picture at its signed address, for the channel that fetches it.",
         .tag = "media",
         .access = Access::open,
         .fields =
             {id_field("the picture"),
              {.name = "expires", .in = In::path, .type = Type::integer, .about = "unix seconds", .required = true},
              {.name = "signature", .in = In::path, .about = "as issued", .required = true, .maximum = 64}},
         .errors = {Errc::not_found},
         .handler = [&library, &urls](const Request& request) { return fetch_signed(library, urls, request); }});
}

}  // namespace ss::daemon

// /api/v1/workspace: the shop itself; its owner may take it away.
#include "../farewell.hpp"
#include "../guard.hpp"
#include "../routes.hpp"
#include "fields.hpp"

#include <ss/auth.hpp>
#include <ss/channel.hpp>
#include <ss/connect.hpp>

namespace ss::daemon {
namespace {

using http::Access, http::Method, http::Request, http::Response;

/// Every session ends first, so that nobody works in a workspace that is going.
Result<void> end_all_sessions(auth::Auth& auth, const auth::Caller& caller)
{
    std::string cursor;
    do {
        const auto page = TRY(auth.users(caller, cursor, kMaxPageSize));
        for (const auto& user : page.items) {
            if (user.id != caller.user) {
                TRY(auth.end_sessions_of(caller, user.id));
            }
        }
        cursor = page.next;
    } while (!cursor.empty());
    TRY(auth.log_out_everywhere(caller));
    return {};
}

Result<Response> remove(const WorkspaceServices& services, const Request& request)
{
    const auto caller = auth_caller(request);
    const auto name = TRY(services.auth.workspace_name(caller));
    if (body_text(request, "confirm") != name) {
        return fail(Errc::invalid, "the workspace's name does not match",
                    "send its name as `confirm`: everything in it will be gone", "/confirm");
    }
    const auto accounts = TRY(services.accounts.list(caller.workspace));
    for (const auto& account : accounts) {
        TRY(services.connector.disconnect(caller.workspace, account.id));
    }
    TRY(services.auth.record(caller, "workspace.deleted", "workspace:" + std::to_string(caller.workspace.value)));
    TRY(end_all_sessions(services.auth, caller));
    TRY(delete_workspace(services.database, caller.workspace));
    return Response{.status = 204};
}

}  // namespace

void add_workspace_routes(http::Router& router, const WorkspaceServices& services)
{
    router.add({.method = Method::del,
                .path = "/api/v1/workspace",
                .about = "Deletes the workspace and everything in it, for good. Only its audit log stays.",
                .tag = "workspace",
                .access = Access::owner,
                .fields = {{.name = "confirm", .about = "the workspace's name", .required = true, .maximum = 200}},
                .success = 204,
                .handler = [services](const Request& request) { return remove(services, request); }});
}

}  // namespace ss::daemon

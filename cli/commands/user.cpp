// ssctl user: the workspaces' people, for the operator.

#include "../commands.hpp"
#include "../services.hpp"

#include <ss/auth.hpp>
#include <ss/crypto.hpp>
#include <ss/password.hpp>
#include <ss/time.hpp>

#include <fmt/core.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>
#include <string>

namespace ss::cli {
namespace {

/// What auth needs, opened once for a command.
struct People {
    SystemClock clock;
    std::unique_ptr<storage::Database> database;
    std::unique_ptr<storage::KeyValue> key_value;
    crypto::PasswordPool pool{{.threads = 1}};
    std::unique_ptr<auth::Auth> auth;
};

Result<std::unique_ptr<People>> open_people(const config::Settings& settings)
{
    auto people = std::make_unique<People>();
    people->database = TRY(open_database(settings));
    const auto& redis = settings.get<"redis.url">();
    // The daemon's own store when it is Redis, so that a lock holds at once; in process the daemon asks the database
    // again within a minute.
    people->key_value = TRY(storage::KeyValue::open({.url = redis.empty() ? Secret{"memory:"} : redis,
                                                     .ca_file = settings.get<"redis.ca_file">(),
                                                     .tls = settings.get<"redis.tls">()},
                                                    people->clock));
    auth::Options options;
    options.access_keys = {{"1", settings.get<"auth.jwt_secret">()}};
    options.refresh_keys = {{"1", settings.get<"auth.refresh_secret">()}};
    options.audit_keys = {{"1", crypto::derive_key(settings.get<"auth.refresh_secret">().reveal(), "audit")}};
    options.password_policy.scheme = settings.get<"auth.password_hash">() == "bcrypt"
                                         ? crypto::PasswordScheme::bcrypt
                                         : crypto::PasswordScheme::argon2id;
    options.password_rule.min_length = static_cast<std::size_t>(settings.get<"auth.password_minimum">());
    people->auth =
        TRY(auth::Auth::create(*people->database, *people->key_value, people->clock, people->pool, std::move(options)));
    return people;
}

nlohmann::json user_json(const auth::User& user)
{
    return {{"id", user.id.value},         {"email", user.email},
            {"name", user.name},           {"role", auth::to_string(user.role)},
            {"is_locked", user.is_locked}, {"workspace", user.workspace.value}};
}

/// From the first line of standard input, so that it stands in no process list; made up when nothing is given.
Secret read_password(bool from_input, bool& is_made_up)
{
    is_made_up = !from_input;
    if (!from_input) {
        return Secret{crypto::random_token(18)};
    }
    std::string line;
    std::getline(std::cin, line);
    return Secret{std::move(line)};
}

struct AddOptions {
    std::string email;
    std::string name;
    std::string workspace;
    std::string role = "owner";
    bool password_from_input = false;
};

Result<auth::User> add_to(People& people, const AddOptions& options, const Secret& password)
{
    const auto role = auth::to_role(options.role);
    if (!role) {
        return fail(Errc::usage, fmt::format("there is no role \"{}\"", options.role),
                    "one of: viewer, agent, admin, owner", "--role");
    }
    const auto name = options.name.empty() ? options.email.substr(0, options.email.find('@')) : options.name;
    if (*role == auth::Role::owner) {
        return people.auth->create_workspace(
            {options.workspace.empty() ? options.email : options.workspace, options.email, name, password});
    }
    // --workspace names somebody who is in it already: names of workspaces are not unique.
    const auto member = TRY(people.auth->find_user(options.workspace));
    return people.auth->add_user(auth::operator_of(member.workspace), {options.email, name, *role, password});
}

Result<Exit> add(const AddOptions& options, Context& context)
{
    const auto settings = TRY(context.settings());
    const auto people = TRY(open_people(settings));
    bool is_made_up = false;
    const auto password = read_password(options.password_from_input, is_made_up);
    if (context.dry_run()) {
        context.out.say(fmt::format("would add {}", options.email));
        return Exit::done;
    }
    const auto user = TRY(add_to(*people, options, password));
    context.out.put("user", user_json(user));
    context.out.say(
        fmt::format("added {} ({}) in workspace {}", user.email, auth::to_string(user.role), user.workspace.value));
    if (is_made_up) {
        context.out.put("password", password.reveal());
        context.out.say(fmt::format("password: {}   (shown this once)", password.reveal()));
    }
    return Exit::done;
}

Result<Exit> list(Context& context)
{
    const auto settings = TRY(context.settings());
    const auto people = TRY(open_people(settings));
    Table table{{"id", "e-mail", "role", "workspace", "locked", "last log-in"}, {}};
    auto users = nlohmann::json::array();
    std::string cursor;
    do {
        const auto page = TRY(people->auth->all_users(cursor, 100));
        for (const auto& user : page.items) {
            users.push_back(user_json(user));
            table.rows.push_back({std::to_string(user.id.value), user.email, std::string{auth::to_string(user.role)},
                                  std::to_string(user.workspace.value), user.is_locked ? "yes" : "",
                                  user.last_login_at ? to_rfc3339(*user.last_login_at) : ""});
        }
        cursor = page.next;
    } while (!cursor.empty());
    context.out.put("users", users);
    context.out.table(table);
    return Exit::done;
}

Result<Exit> set_locked(const std::string& email, bool locked, Context& context)
{
    const auto settings = TRY(context.settings());
    const auto people = TRY(open_people(settings));
    const auto user = TRY(people->auth->find_user(email));
    const auto caller = auth::operator_of(user.workspace);
    TRY(locked ? people->auth->lock(caller, user.id) : people->auth->unlock(caller, user.id));
    context.out.put("email", user.email);
    context.out.put("is_locked", locked);
    context.out.say(fmt::format("{} is {}", user.email, locked ? "locked; its sessions have ended" : "unlocked"));
    return Exit::done;
}

Result<Exit> set_password(const std::string& email, bool from_input, Context& context)
{
    const auto settings = TRY(context.settings());
    const auto people = TRY(open_people(settings));
    const auto user = TRY(people->auth->find_user(email));
    bool is_made_up = false;
    const auto password = read_password(from_input, is_made_up);
    TRY(people->auth->set_password(auth::operator_of(user.workspace), user.id, password.reveal()));
    context.out.put("email", user.email);
    context.out.say(fmt::format("{} has a new password; its sessions have ended", user.email));
    if (is_made_up) {
        context.out.put("password", password.reveal());
        context.out.say(fmt::format("password: {}   (shown this once)", password.reveal()));
    }
    return Exit::done;
}

Run declare_add(CLI::App& app)
{
    auto options = std::make_shared<AddOptions>();
    app.add_option("EMAIL", options->email, "e-mail address")->required();
    app.add_option("--name", options->name, "the person's name");
    app.add_option("--workspace", options->workspace,
                   "for an owner the new shop's name; else the e-mail of somebody in it");
    app.add_option("--role", options->role, "viewer, agent, admin or owner");
    app.add_flag("--password-stdin", options->password_from_input, "read the password from standard input");
    return [options](Context& context) { return add(*options, context); };
}

Run declare_lock(CLI::App& app, bool locked)
{
    auto email = std::make_shared<std::string>();
    app.add_option("EMAIL", *email, "e-mail address")->required();
    return [email, locked](Context& context) { return set_locked(*email, locked, context); };
}

Run declare_password(CLI::App& app)
{
    auto email = std::make_shared<std::string>();
    auto from_input = std::make_shared<bool>(false);
    app.add_option("EMAIL", *email, "e-mail address")->required();
    app.add_flag("--password-stdin", *from_input, "read the password from standard input");
    return [email, from_input](Context& context) { return set_password(*email, *from_input, context); };
}

}  // namespace

std::vector<Command> user_commands()
{
    return {{.path = "user add", .summary = "add a user, or a workspace with its owner", .declare = declare_add},
            {.path = "user list",
             .summary = "list all users",
             .declare = [](CLI::App&) -> Run { return [](Context& context) { return list(context); }; }},
            {.path = "user lock",
             .summary = "lock a user out",
             .declare = [](CLI::App& app) { return declare_lock(app, true); },
             .refuses_dry_run = true},
            {.path = "user unlock",
             .summary = "let a user in again",
             .declare = [](CLI::App& app) { return declare_lock(app, false); },
             .refuses_dry_run = true},
            {.path = "user password",
             .summary = "set a user's password",
             .declare = declare_password,
             .refuses_dry_run = true}};
}

}  // namespace ss::cli

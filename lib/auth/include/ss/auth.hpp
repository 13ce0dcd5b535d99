#pragma once
/// Who may do what: workspaces, users, sessions, API keys, and the log of what they did.
///
/// A log-in gives two tokens. The access token is a signed note of a few minutes that names a session; the session is
/// a row, mirrored in the key-value store and asked for on every request, so that a log-out holds at once on every
/// daemon. The refresh token is good for one use; who uses an old one ends the session (RFC 9700 §4.14.2).
/// Knows nothing of HTTP. Sources: OWASP ASVS 5.0 chapters 6 and 7, NIST SP 800-63B-4.

#include <ss/error.hpp>
#include <ss/id.hpp>
#include <ss/jwt.hpp>
#include <ss/page.hpp>
#include <ss/password.hpp>
#include <ss/secret.hpp>
#include <ss/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ss::storage {
class Database;
class KeyValue;
}  // namespace ss::storage

namespace ss::auth {

/// Each may do what those before it may.
enum class Role : std::uint8_t { viewer, agent, admin, owner };

[[nodiscard]] std::string_view to_string(Role role) noexcept;
[[nodiscard]] std::optional<Role> to_role(std::string_view name) noexcept;

/// Who calls, proven by authenticate() or authenticate_key().
struct Caller {
    WorkspaceId workspace;
    UserId user;  ///< For an API key: who made it.
    Role role = Role::viewer;
    std::string session;              ///< Empty for an API key and for the operator.
    ApiKeyId api_key;                 ///< 0 for a user.
    std::vector<std::string> scopes;  ///< Of an API key, as "messages:read".
    std::string address;              ///< Where the call comes from, for the audit log; set by whoever took the call.
};

/// The person at the machine (`ssctl`): an owner of that workspace without being one of its users.
[[nodiscard]] Caller operator_of(WorkspaceId workspace);

/// Whether the caller's key has the scope; users and the operator have all.
[[nodiscard]] bool has_scope(const Caller& caller, std::string_view scope);

/// What a rate limit says, for the RateLimit headers; of several limits the one nearest to its end.
struct Limit {
    std::int64_t limit = 0;
    std::int64_t remaining = 0;
    std::chrono::seconds reset{0};
};

template <class T>
struct Limited {
    Limit limit;
    Result<T> result;
};

struct User {
    UserId id;
    WorkspaceId workspace;
    std::string email;
    std::string name;
    Role role = Role::viewer;
    bool is_locked = false;
    Timestamp created_at;
    std::optional<Timestamp> last_login_at;
};

struct Tokens {
    std::string session;  ///< Its id; not a secret.
    std::string access;
    Timestamp access_expires_at;
    std::string refresh;
    Timestamp refresh_expires_at;
};

struct SignedIn {
    User user;
    std::string workspace_name;
    Tokens tokens;
};

/// Where a request comes from.
struct Client {
    std::string address;
    std::string user_agent;
};

struct Registration {
    std::string workspace_name;
    std::string email;
    std::string name;
    Secret password;
};

struct NewUser {
    std::string email;
    std::string name;
    Role role = Role::agent;
    Secret password;
};

struct SessionInfo {
    std::string id;
    std::string address;
    std::string user_agent;
    Timestamp created_at;
    Timestamp last_used_at;  ///< Of the last refresh.
    Timestamp expires_at;
    bool is_current = false;
};

struct ApiKey {
    ApiKeyId id;
    UserId created_by;
    std::string name;
    Role role = Role::viewer;
    std::vector<std::string> scopes;
    std::string prefix;  ///< The first characters of the key, to tell keys apart.
    Timestamp created_at;
    std::optional<Timestamp> expires_at;
    std::optional<Timestamp> last_used_at;  ///< Within five minutes.
    std::optional<Timestamp> revoked_at;
};

struct NewApiKey {
    std::string name;
    Role role = Role::agent;
    std::vector<std::string> scopes;  ///< Each "<resource>:read" or "<resource>:write".
    std::optional<Timestamp> expires_at;
};

/// `token` is shown this once; only its hash is stored.
struct CreatedApiKey {
    ApiKey key;
    Secret token;
};

struct AuditEntry {
    std::int64_t sequence = 0;  ///< 1, 2, 3 … in the workspace, without gaps.
    Timestamp at;
    std::string actor;   ///< "user:7", "key:3", "operator", "nobody".
    std::string action;  ///< "session.login", "user.role_changed".
    std::string target;  ///< "user:7".
    std::string detail;  ///< A JSON object.
    std::string address;
};

struct AuditProof {
    std::int64_t entries = 0;  ///< Checked.
    bool is_sound = true;
    std::int64_t first_bad = 0;  ///< Sequence where the chain breaks.
    std::string reason;
};

/// What a new password has to satisfy; no rule asks for kinds of characters (NIST SP 800-63B-4 §3.1.1.2).
struct PasswordRule {
    std::size_t min_length = 15;  ///< Code points; never less than 8, and that only with a second factor.
    std::vector<std::string> context_words{"social selling", "socialselling", "instagram"};
};

/// Errors: weak_password (the message says which part), invalid (above 1024 bytes or not UTF-8). `context`: e-mail,
/// names: words the password must not consist of.
[[nodiscard]] Result<void> check_password(std::string_view password, const PasswordRule& rule,
                                          const std::vector<std::string>& context = {});

/// Trimmed, lower case. Errors: invalid (not an address we could write to; ASCII only).
[[nodiscard]] Result<std::string> normalised_email(std::string_view email);

struct Options {
    /// The first signs, all verify. A secret may not serve two purposes. Changing refresh keys logs everybody out;
    /// old audit keys have to stay, or their part of the log cannot be verified.
    std::vector<crypto::JwtKey> access_keys;
    std::vector<crypto::JwtKey> refresh_keys;
    std::vector<crypto::JwtKey> audit_keys;
    std::string issuer = "social-selling";
    std::string audience = "social-selling-api";
    std::chrono::seconds access_lifetime{15 * 60};
    std::chrono::seconds session_idle{14 * 24 * 3600};      ///< Without a refresh for so long, a session ends.
    std::chrono::seconds session_lifetime{30 * 24 * 3600};  ///< And after this in any case.
    std::chrono::seconds refresh_grace{10};    ///< The refresh token just replaced still gives its successor.
    std::chrono::seconds mirror_lifetime{60};  ///< A session is read anew from the database at least this often.
    crypto::PasswordPolicy password_policy;
    PasswordRule password_rule;
    bool is_registration_open = true;
    std::int64_t login_limit = 5;         ///< A minute, per address and per account.
    std::int64_t registration_limit = 3;  ///< A minute, per address and per account.
    std::int64_t failure_limit = 100;     ///< Wrong passwords in a row; then only addresses known to the account.
    /// For a key-value store that ends with the process: what the two limits counted is kept in the database, and a
    /// restart goes on with it.
    bool journals_attempts = false;
    /// Called after a session ended, on the thread that ended it; an empty session means all of the user's.
    /// To close that session's WebSockets.
    std::function<void(UserId user, std::string_view session)> ended;
};

/// All calls are safe from any thread and may block (database, password hashing). Each looks only at the caller's
/// workspace: what belongs to another is not_found.
///
/// Errors of every call beside those named: unavailable and busy (database; hashing queue full, with retry_after),
/// cancelled (shutdown).
class Auth {
public:
    /// Borrows all; they must outlive it. Errors: configuration (weak, doubled or missing keys; a policy out of range).
    [[nodiscard]] static Result<std::unique_ptr<Auth>> create(storage::Database& database, storage::KeyValue& key_value,
                                                              const Clock& clock, crypto::PasswordPool& pool,
                                                              Options options);
    Auth(const Auth&) = delete;
    Auth& operator=(const Auth&) = delete;
    ~Auth();

    // ---- coming in ----

    /// A workspace with its owner, logged in. Errors: forbidden (registration is closed), limited, invalid,
    /// weak_password, email_taken.
    [[nodiscard]] Limited<SignedIn> register_workspace(const Registration& registration, const Client& client);

    /// The same for the operator: no limits, also when registration is closed, no session.
    [[nodiscard]] Result<User> create_workspace(const Registration& registration);

    /// Errors: bad_credentials (unknown e-mail or wrong password: same answer, same time), forbidden (right password,
    /// locked user), limited.
    [[nodiscard]] Limited<SignedIn> log_in(std::string_view email, std::string_view password, const Client& client);

    /// New tokens for a refresh token. The one just replaced gives the same successor for Options::refresh_grace; an
    /// older one ends the session. Errors: unauthenticated.
    [[nodiscard]] Result<Tokens> refresh(std::string_view refresh_token, const Client& client);

    /// Who holds this access token, with today's role. No database call while the key-value store knows the session.
    /// Errors: unauthenticated (also: session ended, user locked).
    [[nodiscard]] Result<Caller> authenticate(std::string_view access_token);

    /// Who holds this API key. The role is never above that of the user who made it. Errors: unauthenticated.
    [[nodiscard]] Result<Caller> authenticate_key(std::string_view token);

    // ---- one's own ----

    [[nodiscard]] Result<void> log_out(const Caller& caller);
    /// Ends all sessions of the caller, this one too. Returns how many.
    [[nodiscard]] Result<std::int64_t> log_out_everywhere(const Caller& caller);
    /// Ends all other sessions. Errors: bad_credentials (`current` is wrong), weak_password, invalid, limited.
    [[nodiscard]] Result<void> change_password(const Caller& caller, std::string_view current, std::string_view fresh);
    [[nodiscard]] Result<std::vector<SessionInfo>> sessions(const Caller& caller);
    /// Errors: not_found (also another user's).
    [[nodiscard]] Result<void> end_session(const Caller& caller, std::string_view session);
    [[nodiscard]] Result<User> me(const Caller& caller);
    [[nodiscard]] Result<std::string> workspace_name(const Caller& caller);

    // ---- users of the workspace: for admins; owners are the business of owners ----

    /// Errors of all: forbidden, not_found.
    [[nodiscard]] Result<Page<User>> users(const Caller& caller, std::string_view cursor, int limit);
    [[nodiscard]] Result<User> user(const Caller& caller, UserId id);
    /// Errors: email_taken, invalid, weak_password.
    [[nodiscard]] Result<User> add_user(const Caller& caller, const NewUser& fresh);
    /// A user with a password hash from another system ($2a$, $2b$, $2y$, Argon2); it is made anew at the next log-in.
    /// Errors: email_taken, invalid (not a hash we read).
    [[nodiscard]] Result<User> import_user(const Caller& caller, const NewUser& fresh, std::string_view password_hash);
    /// Errors: conflict (the last owner).
    [[nodiscard]] Result<void> change_role(const Caller& caller, UserId id, Role role);
    /// Ends the user's sessions. Errors: conflict (oneself, the last owner).
    [[nodiscard]] Result<void> lock(const Caller& caller, UserId id);
    [[nodiscard]] Result<void> unlock(const Caller& caller, UserId id);
    /// Ends the user's sessions. Errors: weak_password, invalid.
    [[nodiscard]] Result<void> set_password(const Caller& caller, UserId id, std::string_view fresh);
    [[nodiscard]] Result<std::int64_t> end_sessions_of(const Caller& caller, UserId id);

    // ---- API keys: for admins ----

    /// Errors: forbidden (a role above one's own, or not as a user), invalid (name, scopes, expiry in the past).
    [[nodiscard]] Result<CreatedApiKey> create_key(const Caller& caller, const NewApiKey& fresh);
    [[nodiscard]] Result<std::vector<ApiKey>> keys(const Caller& caller);
    [[nodiscard]] Result<void> revoke_key(const Caller& caller, ApiKeyId id);

    // ---- the operator ----

    /// In any workspace. Errors: not_found.
    [[nodiscard]] Result<User> find_user(std::string_view email);
    [[nodiscard]] Result<Page<User>> all_users(std::string_view cursor, int limit);

    // ---- audit log ----

    /// For what other parts do: "account.connected". Errors: invalid (a name or value above 1000 bytes).
    [[nodiscard]] Result<void> record(const Caller& caller, std::string_view action, std::string_view target,
                                      const std::vector<std::pair<std::string, std::string>>& detail = {});
    /// Newest first; for admins. Errors: forbidden.
    [[nodiscard]] Result<Page<AuditEntry>> audit(const Caller& caller, std::string_view cursor, int limit);
    /// Recomputes the chain: a changed, removed or inserted entry, or a tail cut off, is found. Entries of nobody's
    /// workspace (log-ins with unknown e-mails) stand under workspace 0.
    [[nodiscard]] Result<AuditProof> verify_audit(WorkspaceId workspace);

    /// Deletes sessions and failure counts that ended 90 days ago. For a daily timer. Returns how many rows.
    [[nodiscard]] Result<std::int64_t> sweep();

private:
    struct State;
    explicit Auth(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ss::auth

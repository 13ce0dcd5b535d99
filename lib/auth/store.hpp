#pragma once
// What the rules ask of the database: each call is one transaction, and a change is written together with its entry in
// the audit log. Implemented in the *_store.cpp files, which alone know SQL.

#include "audit_chain.hpp"

#include <ss/auth.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ss::storage {
class Session;
}

namespace ss::auth {

/// What is known about an e-mail when somebody wants to log in with it.
struct LoginFacts {
    struct Known {
        User user;
        std::string hash;
        bool is_known_address = false;  ///< The user has logged in from there before.
    };
    std::optional<Known> known;
    std::int64_t failures = 0;  ///< In a row; also counted for e-mails nobody has.
    Timestamp last_failure;
};

/// A session as it is opened.
struct SessionStart {
    std::string id;
    Client client;
    Timestamp idle_until;
    Timestamp expires_at;
};

struct SessionRow {
    WorkspaceId workspace;
    UserId user;
    Role role = Role::viewer;
    std::int64_t generation = 0;
    Timestamp rotated_at;
    Timestamp idle_until;
    Timestamp expires_at;
    bool is_usable = false;  ///< Not ended, and its user is not locked. The times are to be checked beside.
};

enum class Rotation { done, again, refused, reused };

struct Rotated {
    Rotation outcome = Rotation::refused;
    SessionRow session;
};

struct NewAccount {
    std::string email;
    std::string name;
    Role role = Role::owner;
    std::string hash;
};

struct PasswordRow {
    std::string email;
    std::string name;
    std::string hash;
};

struct KeyRow {
    ApiKeyId id;
    WorkspaceId workspace;
    UserId user;
    Role role = Role::viewer;  ///< The lower one of key and user.
    std::vector<std::string> scopes;
    std::optional<Timestamp> expires_at;
};

/// Safe to share between threads. Borrows the database and the clock.
class Store {
public:
    Store(storage::Database& database, const Clock& clock, AuditChain chain)
        : database_{database}, clock_{clock}, chain_{std::move(chain)}
    {
    }

    // session_store.cpp
    [[nodiscard]] Result<LoginFacts> login_facts(const std::string& email, const std::string& address);
    [[nodiscard]] Result<void> note_failure(const std::string& account, const std::optional<AuditEvent>& event);
    /// False when the user was locked or changed the password in the meantime.
    [[nodiscard]] Result<bool> open_session(const LoginFacts::Known& known, const std::string& fresh_hash,
                                            const std::string& account, const SessionStart& start);
    [[nodiscard]] Result<Rotated> rotate(const std::string& session, std::int64_t generation, std::chrono::seconds idle,
                                         std::chrono::seconds grace, const std::string& address);
    [[nodiscard]] Result<std::optional<SessionRow>> session(const std::string& id);
    /// False when there is no such open session of that user.
    [[nodiscard]] Result<bool> end_session(const std::string& id, UserId user, std::string_view reason,
                                           const AuditEvent& event);
    /// All of a user's but `except`; gives those ended.
    [[nodiscard]] Result<std::vector<std::string>> end_sessions(UserId user, const std::string& except,
                                                                std::string_view reason, const AuditEvent& event);
    [[nodiscard]] Result<std::vector<SessionInfo>> sessions(UserId user);
    [[nodiscard]] Result<std::int64_t> sweep(std::chrono::hours age);
    /// What a limit counted; forgets what is older than `window`.
    [[nodiscard]] Result<void> note_attempt(const std::string& key, std::chrono::seconds window);
    [[nodiscard]] Result<std::vector<std::string>> attempts(std::chrono::seconds window);

    // user_store.cpp
    /// Errors: email_taken.
    [[nodiscard]] Result<User> create_workspace(const std::string& name, const NewAccount& account,
                                                const std::optional<SessionStart>& start, const std::string& address);
    [[nodiscard]] Result<User> add_user(const Caller& caller, const NewAccount& account);
    [[nodiscard]] Result<std::optional<User>> user(WorkspaceId workspace, UserId id);
    [[nodiscard]] Result<std::optional<User>> user_by_email(const std::string& email);
    /// In workspace 0: in all.
    [[nodiscard]] Result<Page<User>> users(WorkspaceId workspace, std::int64_t after, int limit);
    [[nodiscard]] Result<std::optional<std::string>> workspace_name(WorkspaceId workspace);
    /// Gives the user's open sessions, whose mirrors are to be read anew. Errors: conflict (the last owner).
    [[nodiscard]] Result<std::vector<std::string>> change_role(const Caller& caller, UserId id, Role role);
    /// Gives the ended sessions. Errors: conflict (the last owner).
    [[nodiscard]] Result<std::vector<std::string>> lock(const Caller& caller, UserId id);
    [[nodiscard]] Result<void> unlock(const Caller& caller, UserId id);
    /// Ends all sessions and gives them.
    [[nodiscard]] Result<std::vector<std::string>> set_password(const Caller& caller, UserId id,
                                                                const std::string& hash);
    [[nodiscard]] Result<std::optional<PasswordRow>> password(WorkspaceId workspace, UserId id);
    /// Ends the other sessions and gives them; nothing when the password was changed in the meantime.
    [[nodiscard]] Result<std::optional<std::vector<std::string>>> replace_password(const Caller& caller,
                                                                                   const std::string& old_hash,
                                                                                   const std::string& hash);

    // key_store.cpp
    [[nodiscard]] Result<ApiKey> add_key(const Caller& caller, const NewApiKey& fresh, const std::string& prefix,
                                         const std::string& hash);
    [[nodiscard]] Result<std::vector<ApiKey>> keys(WorkspaceId workspace);
    [[nodiscard]] Result<std::optional<KeyRow>> key(const std::string& hash);
    [[nodiscard]] Result<void> touch_key(ApiKeyId id);
    /// False when there is none to revoke.
    [[nodiscard]] Result<bool> revoke_key(const Caller& caller, ApiKeyId id);

    // audit_store.cpp
    [[nodiscard]] Result<void> record(const AuditEvent& event);
    [[nodiscard]] Result<Page<AuditEntry>> audit(WorkspaceId workspace, std::int64_t before, int limit);
    [[nodiscard]] Result<AuditProof> verify_audit(WorkspaceId workspace);

private:
    Result<void> append(storage::Session& session, const AuditEvent& event) const;
    Result<void> insert_session(storage::Session& session, const User& user, const SessionStart& start) const;
    Result<void> keep_an_owner(storage::Session& session, WorkspaceId workspace, UserId but) const;
    [[nodiscard]] std::int64_t now() const { return to_micros(clock_.now()); }

    storage::Database& database_;
    const Clock& clock_;
    AuditChain chain_;
};

/// The session's mirror in the key-value store: a hit costs no database call. Safe to share between threads.
///
/// What a mirror may say was read from the database at most `lifetime` ago, unless a newer word stands there: an ended
/// session leaves a tombstone that a slower reader cannot overwrite.
class Mirror {
public:
    struct Live {
        UserId user;
        WorkspaceId workspace;
        Role role = Role::viewer;
    };
    struct Ended {};
    struct Unknown {};  ///< Ask the database.

    Mirror(storage::KeyValue& key_value, const Clock& clock, std::chrono::seconds lifetime,
           std::chrono::seconds tombstone_lifetime);
    ~Mirror();
    Mirror(const Mirror&) = delete;
    Mirror& operator=(const Mirror&) = delete;

    [[nodiscard]] std::variant<Live, Ended, Unknown> get(std::string_view session);
    /// After reading the database; leaves what stands there.
    void put(std::string_view session, const Live& live);
    /// Refused from now on, on every daemon.
    void end(std::string_view session);
    /// The role changed: for a while every request asks the database.
    void ask_anew(std::string_view session);

private:
    struct Pending;
    bool ended_here(std::string_view session);
    storage::KeyValue& key_value_;
    const Clock& clock_;
    std::chrono::seconds lifetime_;
    std::chrono::seconds tombstone_lifetime_;
    std::unique_ptr<Pending> pending_;
};

/// Counts log-ins and registrations per address and account. Safe to share between threads.
class Limiter {
public:
    explicit Limiter(storage::KeyValue& key_value) : key_value_{key_value} {}
    /// For a key-value store that ends with the process: from now on what is counted is committed before the caller
    /// goes on; what the journal holds of the last minute counts as if it were now, so nobody gets more than the limit.
    /// Before threads. Borrows the journal.
    [[nodiscard]] Result<void> keep_in(Store& journal);

    struct Verdict {
        bool is_allowed = true;
        Limit limit;
    };
    /// `what`: "login", "register", "password". One minute's window.
    [[nodiscard]] Verdict by_address(std::string_view what, std::string_view address, std::int64_t limit);
    [[nodiscard]] Verdict by_account(std::string_view what, std::string_view account, std::int64_t limit);
    /// Not in the journal.
    [[nodiscard]] bool unknown_failure(std::int64_t limit);
    /// True once in `window`.
    [[nodiscard]] bool first(std::string_view what, std::chrono::seconds window);

private:
    [[nodiscard]] Verdict take(const std::string& key, std::int64_t limit);
    storage::KeyValue& key_value_;
    Store* journal_ = nullptr;
};

}  // namespace ss::auth

#pragma once
/// One call to Meta: the URL, the token's place, and the answer as JSON or as a failure the domain can decide by.

#include "json.hpp"

#include <ss/channel.hpp>
#include <ss/guarded.hpp>
#include <ss/instagram.hpp>
#include <ss/net.hpp>

#include <map>
#include <string>

namespace ss::instagram {

/// Whether a call without an answer may have changed something that must not happen twice.
enum class Effect { harmless, once_only };

struct Ask {
    std::string method = "GET";
    std::string url{};
    net::Fields query{};
    net::Body body{};
    Secret token{};         ///< Goes into the header; empty: none.
    std::string account{};  ///< Whose limits the answer tells.
    Effect effect = Effect::harmless;
};

/// Safe to share between threads.
class Instagram::Graph {
public:
    Graph(net::HttpClient& client, const Clock& clock, const Options& options)
        : client_{client},
          clock_{clock},
          base_{options.graph_url + "/" + options.graph_version + "/"},
          deadline_{options.deadline}
    {
    }

    [[nodiscard]] channel::Outcome<json> call(const Ask& ask);

    /// GET of "me?…" or "<id>/insights?…" with the account's token.
    [[nodiscard]] channel::Outcome<json> get(const channel::Access& access, std::string_view path, net::Fields query);
    [[nodiscard]] channel::Outcome<json> post(const channel::Access& access, std::string_view path, const json& body,
                                              Effect effect);
    [[nodiscard]] channel::Outcome<json> remove(const channel::Access& access, std::string_view path);

    [[nodiscard]] std::optional<Usage> usage(std::string_view account);

private:
    void note_usage(const std::string& account, const net::Response& response);

    net::HttpClient& client_;
    const Clock& clock_;
    std::string base_;
    std::chrono::milliseconds deadline_;
    Guarded<std::map<std::string, Usage, std::less<>>> usage_;
};

/// "17841…" or "me".
[[nodiscard]] std::string account_path(const channel::Access& access);

/// An answer that came but does not hold what it must.
[[nodiscard]] channel::Failure incomplete(Effect effect);

}  // namespace ss::instagram

#pragma once
/// Checks as rows: each has a number, a name and a function, and comes to pass, fail or skip with a reason.
///
/// The smoke checks drive a running daemon from outside, through its API, as a user would; what they create they
/// remove. They know only addresses and credentials, no module of the daemon.

#include <ss/error.hpp>
#include <ss/secret.hpp>
#include <ss/time.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ss::check {

enum class Verdict { pass, fail, skip };
[[nodiscard]] std::string_view to_string(Verdict verdict);

struct Finding {
    int number = 0;
    std::string name;
    Verdict verdict = Verdict::skip;
    std::string reason;  ///< What was seen; one sentence.
    std::string hint;    ///< What to do, for a failure.
    std::chrono::milliseconds took{0};
};

struct SmokeOptions {
    std::string base_url;     ///< "http://127.0.0.1:4000".
    std::string sandbox_url;  ///< The pretend Instagram; empty: the real one, where no flow is finished and no DM sent.
    std::string email;        ///< Whose workspace the checks look at; empty: that of the throw-away user.
    Secret password;
    Secret app_secret;      ///< Signs the webhook test event.
    std::string recipient;  ///< Test customer's id that a DM may be sent to; empty: none is sent on the real Instagram.
    std::filesystem::path log;   ///< Where the daemon's log goes; empty: not known.
    std::string prometheus_url;  ///< Empty: not configured.
    std::string grafana_url;
    std::chrono::seconds patience{20};  ///< For what happens afterwards: a message arrives, a job ends.
    std::string ca_file;                ///< For https base addresses with an own authority.
};

/// Runs the fifteen checks in order; `done` hears of each. A check whose ground failed is skipped and says so.
[[nodiscard]] std::vector<Finding> smoke(const SmokeOptions& options, const Clock& clock,
                                         const std::function<void(const Finding&)>& done);

/// Names of the fifteen, in order.
[[nodiscard]] std::span<const std::string_view> smoke_names();

[[nodiscard]] bool has_failed(std::span<const Finding> findings);

// ---- how results are shown -----------------------------------------------------------------------------------------

[[nodiscard]] std::string to_line(const Finding& finding);              ///< " ok   3  log in  (12 ms)".
[[nodiscard]] std::string to_json(std::span<const Finding> findings);   ///< One document.
[[nodiscard]] std::string to_tap(std::span<const Finding> findings);    ///< Test Anything Protocol 13.
[[nodiscard]] std::string to_junit(std::span<const Finding> findings);  ///< JUnit XML, as CI servers read it.

}  // namespace ss::check

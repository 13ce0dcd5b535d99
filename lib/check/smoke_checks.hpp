#pragma once
/// The fifteen checks, in the order in which they run.

#include "smoke_run.hpp"

namespace ss::check {

// what a user does (smoke_journey.cpp)
[[nodiscard]] Outcome site_answers(SmokeRun& run);
[[nodiscard]] Outcome register_user(SmokeRun& run);
[[nodiscard]] Outcome log_in(SmokeRun& run);
[[nodiscard]] Outcome connect_account(SmokeRun& run);
[[nodiscard]] Outcome see_accounts(SmokeRun& run);
[[nodiscard]] Outcome see_messages(SmokeRun& run);
[[nodiscard]] Outcome send_message(SmokeRun& run);
[[nodiscard]] Outcome schedule_post(SmokeRun& run);
[[nodiscard]] Outcome see_dashboard(SmokeRun& run);
// what the operator asks (smoke_services.cpp)
[[nodiscard]] Outcome webhooks_arrive(SmokeRun& run);
[[nodiscard]] Outcome workers_work(SmokeRun& run);
[[nodiscard]] Outcome metrics_shown(SmokeRun& run);
[[nodiscard]] Outcome logs_collected(SmokeRun& run);
[[nodiscard]] Outcome certificate_valid(SmokeRun& run);
[[nodiscard]] Outcome services_healthy(SmokeRun& run);

/// Takes back what was made: the account's connection (when it was not there before) and the throw-away workspace.
void clean_up(SmokeRun& run);

}  // namespace ss::check

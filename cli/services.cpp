// From settings to an open database.
#include "services.hpp"

#include <filesystem>
#include <system_error>

namespace ss::cli {

storage::DatabaseOptions database_options(const config::Settings& settings)
{
    return {.url = settings.get<"database.url">(),
            .readers = static_cast<int>(settings.get<"database.pool">()),
            .busy_timeout = settings.get<"database.lock_timeout">(),
            .statement_timeout = settings.get<"database.statement_timeout">(),
            .connect_timeout = settings.get<"database.connect_timeout">(),
            .tls_required = settings.get<"database.tls">()};
}

Result<std::unique_ptr<storage::Database>> open_database(const config::Settings& settings, bool may_create)
{
    constexpr std::string_view kScheme = "sqlite:";
    const auto url = settings.get<"database.url">().reveal();
    if (!may_create && url.starts_with(kScheme)) {
        const std::filesystem::path file{url.substr(kScheme.size())};
        std::error_code failure;
        if (!std::filesystem::exists(file, failure)) {
            return fail(Errc::not_found, "there is no database yet", "run `ssctl migrate up`", file.string());
        }
    }
    return storage::Database::open(database_options(settings));
}

}  // namespace ss::cli

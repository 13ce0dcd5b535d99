// The rows are asked first, then the file goes if it is old enough. Whoever puts a file that is there already makes it
// young again, so a row written after the question never names a file that is taken away.
#include "unused_blobs.hpp"

#include <ss/storage.hpp>

#include <ss/sql/daemon.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>

namespace ss::daemon {
namespace {

using namespace std::chrono_literals;
namespace sql = ss::sql::daemon;

constexpr auto kYoung = 1min;  // longer than from a put to the row's commit
constexpr auto kLeftBehind = 24h;

Result<bool> is_used(storage::Database& database, const std::string& blob)
{
    const auto row =
        TRY(database.read([&](storage::Session& session) { return session.one(sql::BlobInUse{.blob = blob}); }));
    return row.has_value();
}

}  // namespace

Result<std::optional<Timestamp>> erase_unused_blob(storage::Database& database, storage::Blobs& blobs,
                                                   const Clock& clock, std::string_view payload)
{
    const auto object = nlohmann::json::parse(payload, nullptr, false);
    const auto blob = object.is_object() ? object.value("blob", std::string{}) : std::string{};
    if (blob.empty()) {
        return fail(Errc::invalid, "the job's payload names no blob");
    }
    if (TRY(is_used(database, blob))) {
        return std::optional<Timestamp>{};
    }
    const bool gone = TRY(blobs.erase_older(blob, kYoung));
    return gone ? std::optional<Timestamp>{} : std::optional{clock.now() + kYoung};
}

Result<std::int64_t> erase_unused_blobs(storage::Database& database, storage::Blobs& blobs)
{
    std::int64_t erased = 0;
    auto seen = blobs.each([&](const storage::BlobInfo& info) -> Result<void> {
        const bool is_named = TRY(is_used(database, info.key));
        const bool gone = is_named ? false : TRY(blobs.erase_older(info.key, kLeftBehind));
        erased += gone ? 1 : 0;
        return {};
    });
    TRY(std::move(seen));
    return erased;
}

}  // namespace ss::daemon

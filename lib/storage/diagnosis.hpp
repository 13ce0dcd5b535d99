#pragma once
// From an engine's error numbers to our error codes. Texts of engines may hold bound values, so only those
// that cannot are passed on.

#include <ss/error.hpp>

#include <cstdint>
#include <string_view>

namespace ss::storage {

/// What a failure means beyond its error code; later ones are worse.
enum class Trouble : std::uint8_t {
    none,
    failed,       ///< The statement alone.
    again,        ///< The same transaction may succeed when it is run again.
    disk_full,    ///< Nothing was written; heals when space is made.
    disk_broken,  ///< The disk refused to sync: what is in its cache cannot be trusted any more.
    lost,         ///< The connection is gone.
};

struct Diagnosis {
    Error error;
    Trouble trouble = Trouble::failed;
    bool stale_plan = false;  ///< The prepared statements of this connection have to be made anew.
};

/// `bound`: parameters were bound, so the message may quote them.
[[nodiscard]] Diagnosis diagnose_sqlite(int extended_code, std::string_view message, bool bound);
[[nodiscard]] Diagnosis diagnose_postgres(std::string_view sqlstate, std::string_view message);

}  // namespace ss::storage

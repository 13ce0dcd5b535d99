#pragma once
/// One thing inside a webhook body → events.

#include "json.hpp"

#include <ss/channel.hpp>

#include <optional>
#include <string>

namespace ss::instagram {

/// Where an item was found.
struct Place {
    std::string account;            ///< The entry's id.
    std::optional<Timestamp> time;  ///< The entry's.
};

/// An element of `messaging[]` or `standby[]` (or the value of a dashboard test).
void read_messaging(const Place& place, const json& item, channel::Parsed& parsed);

/// A `field` and its `value`.
void read_change(const Place& place, const json& change, channel::Parsed& parsed);

/// "derived-" and a hash: the same content has the same id.
[[nodiscard]] std::string derived_id(const json& content);

}  // namespace ss::instagram

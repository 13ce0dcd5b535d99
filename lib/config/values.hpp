#pragma once
// Text to typed values and back, by the type a row names.

#include <ss/config.hpp>

#include <expected>
#include <string>
#include <string_view>

namespace ss::config {

// What is wrong with a value; never quotes a secret.
struct Complaint {
    std::string message;
    std::string hint;
};

// `text` as it stands in a variable, a credential or between TOML's quotes.
std::expected<Value, Complaint> parse_value(const Setting& setting, std::string_view text);
// For TOML arrays.
std::expected<Value, Complaint> parse_entries(const Setting& setting, const std::vector<std::string>& entries);

Value empty_value(Type type);
bool same_value(const Value& left, const Value& right);
std::string_view type_word(Type type);  // "a duration"

}  // namespace ss::config

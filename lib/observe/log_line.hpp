#pragma once
// One event as one line, in the two written forms.

#include <ss/log.hpp>
#include <ss/time.hpp>

#include <span>
#include <string>
#include <string_view>

namespace ss::observe {

struct Event {
    Timestamp at;
    Level level;
    std::string_view message;
    std::string_view request;
    std::span<const Field> fields;
};

std::string_view level_word(Level level);
std::string json_line(const Event& event);
std::string text_line(const Event& event);

// Without line ends and other characters that a terminal or a protocol would act on.
std::string plain(std::string_view text);
// The message, redacted, cut and plain.
std::string plain_message(const Event& event);

// What a field's value may be shown as.
std::string field_text(const Field& field);

}  // namespace ss::observe

// Small rules about names, texts, pages and roles.
#include "state.hpp"

#include <ss/text.hpp>

#include <algorithm>

namespace ss::auth {

Result<void> require_person(const Caller& caller, Role least)
{
    if (caller.api_key) {
        return fail(Errc::forbidden, "an API key may not do this", "log in as a user");
    }
    if (caller.role < least) {
        return fail(Errc::forbidden, "this takes the role " + std::string{to_string(least)});
    }
    return {};
}

Result<std::string> checked_name(std::string_view name, std::string_view field)
{
    const auto text = trim(name);
    const bool has_control = std::ranges::any_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F;
    });
    if (text.empty() || !is_valid_utf8(text) || has_control || count_code_points(text) > 100) {
        return fail(Errc::invalid, "a name has 1 to 100 characters and no control characters", {}, std::string{field});
    }
    return std::string{text};
}

std::string stored_text(std::string_view text, std::size_t limit)
{
    auto cut = text.substr(0, limit);
    while (cut.size() < text.size() && !cut.empty() &&
           (static_cast<unsigned char>(text[cut.size()]) & 0xC0U) == 0x80U) {
        cut.remove_suffix(1);  // not in the middle of a character
    }
    if (is_valid_utf8(cut)) {
        return printable(cut);
    }
    std::string ascii{cut};
    std::ranges::replace_if(ascii, [](char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; }, '?');
    return printable(ascii);
}

Result<std::int64_t> position(std::string_view cursor)
{
    if (cursor.empty()) {
        return 0;
    }
    const auto at = to_integer(cursor);
    if (!at || *at < 1) {
        return fail(Errc::invalid, "this is not a cursor of ours", {}, "cursor");
    }
    return *at;
}

int page_size(int limit)
{
    return std::clamp(limit, 1, kMaxPageSize);
}

}  // namespace ss::auth

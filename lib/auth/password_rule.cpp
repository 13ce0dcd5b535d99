// The rule for new passwords: long enough, not what everybody tries, not the user's own name. Nothing else.
#include "password_rule.hpp"

#include <ss/auth.hpp>
#include <ss/text.hpp>

#include <algorithm>
#include <array>

namespace ss::auth {
namespace {

constexpr std::size_t kLeastLength = 8;
constexpr std::size_t kShortestContextWord = 4;
constexpr std::size_t kFreshCharacters = 5;

std::unexpected<Error> weak(std::string message, std::string hint)
{
    return fail(Errc::weak_password, std::move(message), std::move(hint), "/password");
}

const std::vector<std::string_view>& common()
{
    static const auto words = [] {
        std::vector<std::string_view> list;
        auto rest = common_passwords();
        for (auto start = rest.find_first_not_of(" \n"); start != std::string_view::npos;
             start = rest.find_first_not_of(" \n")) {
            rest.remove_prefix(start);
            const auto end = std::min(rest.find_first_of(" \n"), rest.size());
            list.push_back(rest.substr(0, end));
            rest.remove_prefix(end);
        }
        std::ranges::sort(list);
        return list;
    }();
    return words;
}

bool is_common(std::string_view word)
{
    return std::ranges::binary_search(common(), word);
}

bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (static_cast<unsigned char>(c) & 0x80U) != 0;
}

/// "password!2024" -> "password".
std::string_view without_ends(std::string_view text)
{
    while (!text.empty() && !is_letter(text.back())) {
        text.remove_suffix(1);
    }
    while (!text.empty() && !is_letter(text.front())) {
        text.remove_prefix(1);
    }
    return text;
}

/// The shortest piece that, repeated, gives the whole text (its last time perhaps cut).
std::string_view repeated_piece(std::string_view text)
{
    for (std::size_t length = 1; length * 2 <= text.size(); ++length) {
        if (text.substr(length) == text.substr(0, text.size() - length)) {
            return text.substr(0, length);
        }
    }
    return text;
}

bool follows(char before, char after)
{
    constexpr std::array<std::string_view, 4> kRows{"1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"};
    const int step = after - before;
    if (step >= -1 && step <= 1) {
        return true;
    }
    return std::ranges::any_of(kRows, [&](std::string_view row) {
        const auto at = row.find(before);
        return at != std::string_view::npos &&
               ((at + 1 < row.size() && row[at + 1] == after) || (at > 0 && row[at - 1] == after));
    });
}

/// Characters that the one before does not foretell.
std::size_t count_fresh(std::string_view text)
{
    std::size_t fresh = text.empty() ? 0 : 1;
    for (std::size_t i = 1; i < text.size(); ++i) {
        fresh += follows(text[i - 1], text[i]) ? 0U : 1U;
    }
    return fresh;
}

void erase_all(std::string& text, std::string_view word)
{
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at)) {
        text.erase(at, word.size());
    }
}

/// Folded e-mail, its parts, names and their words; the longest first.
std::vector<std::string> context_words(const PasswordRule& rule, const std::vector<std::string>& context)
{
    std::vector<std::string> words;
    const auto add = [&](std::string_view word) {
        if (count_code_points(word) >= kShortestContextWord) {
            words.emplace_back(word);
        }
    };
    for (const auto* list : {&rule.context_words, &context}) {
        for (const auto& entry : *list) {
            auto folded = fold_for_search(entry);
            add(folded);
            std::ranges::replace_if(folded, [](char c) { return !is_letter(c) && (c < '0' || c > '9'); }, ' ');
            for (const auto part : split(folded, ' ')) {
                add(part);
            }
        }
    }
    std::ranges::sort(words, std::ranges::greater{}, &std::string::size);
    return words;
}

bool is_made_of(std::string folded, const std::vector<std::string>& words)
{
    const auto before = folded.size();
    for (const auto& word : words) {
        erase_all(folded, word);
    }
    return folded.size() != before && count_code_points(folded) < kLeastLength;
}

}  // namespace

Result<void> check_password(std::string_view password, const PasswordRule& rule,
                            const std::vector<std::string>& context)
{
    if (password.size() > crypto::kMaxPasswordBytes) {
        return fail(Errc::invalid, "a password has at most 1024 bytes", {}, "/password");
    }
    if (!is_valid_utf8(password)) {
        return fail(Errc::invalid, "the password is not valid UTF-8", {}, "/password");
    }
    const auto least = std::max(rule.min_length, kLeastLength);
    if (count_code_points(password) < least) {
        return weak("the password is shorter than " + std::to_string(least) + " characters",
                    "a sentence of four or five words is long and easy to remember");
    }
    const auto folded = fold_for_search(password);
    const auto piece = repeated_piece(folded);
    if (is_common(folded) || is_common(piece) || is_common(without_ends(folded)) ||
        is_common(repeated_piece(without_ends(folded)))) {
        return weak("the password is one of those that are tried first", "add words of your own");
    }
    if (count_fresh(piece) < kFreshCharacters) {
        return weak("the password repeats itself or follows the keyboard", "use several unrelated words");
    }
    if (is_made_of(folded, context_words(rule, context))) {
        return weak("the password is made of the e-mail, a name or the product's name", "use unrelated words");
    }
    return {};
}

}  // namespace ss::auth

// From a person's words to what both engines index and ask: the same words on both sides, and no query language.
#include "rules.hpp"

#include <ss/text.hpp>

#include <fmt/core.h>

namespace ss::messaging {
namespace {

constexpr std::size_t kMaxWords = 12;
constexpr std::size_t kMaxWordLength = 64;
constexpr std::size_t kMaxIndexed = 16 * 1024;

struct Character {
    char32_t code = 0;
    std::size_t bytes = 1;
};

/// Expects valid UTF-8, as fold_for_search() gives it.
Character first(std::string_view text)
{
    const auto byte = [&](std::size_t at) { return static_cast<char32_t>(static_cast<unsigned char>(text[at])); };
    if (byte(0) < 0x80 || text.size() < 2) {
        return {byte(0), 1};
    }
    if (byte(0) < 0xE0) {
        return {(byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU), 2};
    }
    if (byte(0) < 0xF0 && text.size() >= 3) {
        return {(byte(0) & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU), 3};
    }
    if (text.size() >= 4) {
        return {(byte(0) & 7U) << 18U | (byte(1) & 0x3FU) << 12U | (byte(2) & 0x3FU) << 6U | (byte(3) & 0x3FU), 4};
    }
    return {0, text.size()};
}

bool is_within(char32_t code, char32_t low, char32_t high)
{
    return code >= low && code <= high;
}

/// Letters and digits of ASCII; beyond it everything but Latin-1 signs, punctuation, symbols and emoji.
bool belongs_to_word(char32_t code)
{
    if (code < 0x80) {
        return is_within(code, '0', '9') || is_within(code, 'a', 'z') || is_within(code, 'A', 'Z');
    }
    return !is_within(code, 0x80, 0xBF) && code != 0xD7 && code != 0xF7 && !is_within(code, 0x2000, 0x2BFF) &&
           !is_within(code, 0x3000, 0x303F) && !is_within(code, 0xE000, 0xF8FF) && !is_within(code, 0xFE00, 0xFE6F) &&
           !is_within(code, 0xFFF0, 0xFFFF) && code < 0x1F000;
}

/// Calls `word` for each word, cut at kMaxWordLength characters.
template <class F>
void each_word(std::string_view folded, F&& word)
{
    std::size_t start = 0;
    std::size_t end = 0;
    std::size_t length = 0;
    for (std::size_t at = 0; at < folded.size();) {
        const auto next = first(folded.substr(at));
        if (belongs_to_word(next.code)) {
            start = length == 0 ? at : start;
            at += next.bytes;
            end = ++length <= kMaxWordLength ? at : end;
            continue;
        }
        if (length > 0) {
            word(folded.substr(start, end - start));
        }
        length = 0;
        at += next.bytes;
    }
    if (length > 0) {
        word(folded.substr(start, end - start));
    }
}

std::vector<std::string> asked(std::string_view words)
{
    std::vector<std::string> result;
    each_word(fold_for_search(words.substr(0, kMaxIndexed)), [&](std::string_view word) {
        if (result.size() < kMaxWords) {
            result.emplace_back(word);
        }
    });
    return result;
}

}  // namespace

std::string search_words(std::string_view text)
{
    std::string result;
    each_word(fold_for_search(text), [&](std::string_view word) {
        if (result.size() + word.size() < kMaxIndexed) {
            result.append(result.empty() ? "" : " ").append(word);
        }
    });
    return result;
}

std::string fts5_query(std::string_view scope, std::string_view words)
{
    const auto all = asked(words);
    if (all.empty()) {
        return {};
    }
    auto query = fmt::format("\"{}\"", scope);
    for (const auto& word : all) {
        query += fmt::format(" AND \"{}\"", word);
    }
    return query + "*";
}

std::string ts_query(std::string_view scope, std::string_view words)
{
    const auto all = asked(words);
    if (all.empty()) {
        return {};
    }
    auto query = fmt::format("'{}'", scope);
    for (const auto& word : all) {
        query += fmt::format(" & '{}'", word);
    }
    return query + ":*";
}

}  // namespace ss::messaging

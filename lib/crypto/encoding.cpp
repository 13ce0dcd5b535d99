// Hex, base64 and base64url; the decoders accept one spelling only.
#include <ss/crypto.hpp>

#include <array>
#include <cstdint>

namespace ss::crypto {
namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNone = 0xFF;

using Table = std::array<std::uint8_t, 256>;

constexpr Table reversed(std::string_view alphabet)
{
    Table table{};
    table.fill(kNone);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    }
    return table;
}

constexpr Table kFromStandard = reversed(kStandard);
constexpr Table kFromUrl = reversed(kUrl);

std::string encode(std::string_view bytes, std::string_view alphabet)
{
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const char c : bytes) {
        held = (held << 8U) | static_cast<unsigned char>(c);
        for (bits += 8; bits >= 6;) {
            bits -= 6;
            text += alphabet[(held >> bits) & 63U];
        }
    }
    if (bits > 0) {
        text += alphabet[(held << (6 - bits)) & 63U];
    }
    return text;
}

/// `text` without padding.
Result<std::string> decode(std::string_view text, const Table& table)
{
    if (text.size() % 4 == 1) {
        return fail(Errc::invalid, "the base64 text has an impossible length");
    }
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const auto digit = table[static_cast<unsigned char>(c)];
        if (digit == kNone) {
            return fail(Errc::invalid, "the base64 text has a character that does not belong there");
        }
        held = (held << 6U) | digit;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes += static_cast<char>((held >> bits) & 0xFFU);
        }
    }
    if ((held & ((1U << bits) - 1)) != 0) {
        return fail(Errc::invalid, "the base64 text has stray bits at its end");
    }
    return bytes;
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

std::string to_hex(std::string_view bytes)
{
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 15U];
    }
    return text;
}

std::string to_base64(std::string_view bytes)
{
    auto text = encode(bytes, kStandard);
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

std::string to_base64url(std::string_view bytes)
{
    return encode(bytes, kUrl);
}

Result<std::string> from_hex(std::string_view text)
{
    if (text.size() % 2 != 0) {
        return fail(Errc::invalid, "the hex text has an odd length");
    }
    std::string bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_digit(text[i]);
        const int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0) {
            return fail(Errc::invalid, "the hex text has a character that does not belong there");
        }
        bytes += static_cast<char>(high * 16 + low);
    }
    return bytes;
}

Result<std::string> from_base64(std::string_view text)
{
    if (text.size() % 4 != 0) {
        return fail(Errc::invalid, "the base64 text lacks padding");
    }
    const std::size_t padding = text.ends_with("==") ? 2 : (text.ends_with('=') ? 1 : 0);
    return decode(text.substr(0, text.size() - padding), kFromStandard);
}

Result<std::string> from_base64url(std::string_view text)
{
    return decode(text, kFromUrl);
}

}  // namespace ss::crypto

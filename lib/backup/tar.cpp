// Writing and reading the media archive.

#include "tar.hpp"

#include <ss/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

namespace ss::backup {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kSumAt = 148;
constexpr std::size_t kSumLength = 8;

std::uint64_t padded(std::uint64_t size)
{
    return (size + kBlock - 1) / kBlock * kBlock;
}

/// Of all bytes, with the field of the sum itself as blanks.
unsigned sum_of(std::string_view block)
{
    unsigned sum = ' ' * kSumLength;
    for (std::size_t at = 0; at < kBlock; ++at) {
        if (at < kSumAt || at >= kSumAt + kSumLength) {
            sum += static_cast<unsigned char>(block[at]);
        }
    }
    return sum;
}

std::optional<std::uint64_t> octal(std::string_view field)
{
    std::uint64_t value = 0;
    const auto digits = field.substr(0, field.find_first_of(std::string_view{"\0 ", 2}));
    for (const char c : digits) {
        if (c < '0' || c > '7') {
            return std::nullopt;
        }
        value = value * 8 + static_cast<std::uint64_t>(c - '0');
    }
    return digits.empty() ? std::nullopt : std::optional{value};
}

std::unexpected<Error> corrupt(std::string_view what)
{
    return fail(Errc::corrupt, fmt::format("the media archive {}", what));
}

}  // namespace

bool is_blob_key(std::string_view name)
{
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return name.size() == 65 && name[2] == '/' && std::ranges::all_of(name.substr(0, 2), is_digit) &&
           std::ranges::all_of(name.substr(3), is_digit);
}

Result<void> write_entry(MemberWriter& writer, std::string_view key, std::string_view content, Timestamp at)
{
    constexpr std::uint64_t kLargest = 077777777777;
    if (content.size() > kLargest) {
        return fail(Errc::too_large, "a medium is larger than 8 GiB");
    }
    std::string block(kBlock, '\0');
    const auto put = [&](std::size_t offset, std::string_view text) { text.copy(&block[offset], text.size()); };
    put(0, key);
    put(100, "0000600");
    put(108, "0000000");
    put(116, "0000000");
    put(124, fmt::format("{:011o}", content.size()));
    put(136, fmt::format("{:011o}", std::max<std::int64_t>(0, to_micros(at) / 1'000'000)));
    put(156, "0");
    put(257, std::string_view{"ustar\0"
                              "00",
                              8});
    put(kSumAt, fmt::format("{:06o}", sum_of(block)));
    block[kSumAt + 7] = ' ';
    TRY(writer.write(block));
    TRY(writer.write(content));
    return writer.write(std::string(padded(content.size()) - content.size(), '\0'));
}

Result<void> write_end(MemberWriter& writer)
{
    return writer.write(std::string(2 * kBlock, '\0'));
}

Result<void> TarReader::header(std::string_view block)
{
    if (std::ranges::all_of(block, [](char c) { return c == '\0'; })) {
        ended_ = true;
        return {};
    }
    if (block.substr(257, 5) != "ustar" || octal(block.substr(kSumAt, kSumLength)) != sum_of(block)) {
        return corrupt("holds a broken header");
    }
    const auto name = block.substr(0, 100);
    key_ = name.substr(0, name.find('\0'));
    const auto size = octal(block.substr(124, 12));
    if (block[156] != '0' || block[345] != '\0' || !is_blob_key(key_) || !size) {
        return corrupt(fmt::format("holds something that is no medium: {}", printable(key_)));
    }
    size_ = *size;
    in_file_ = true;
    return {};
}

/// True when it could use some of what is pending.
Result<bool> TarReader::step()
{
    if (ended_) {
        pending_.clear();
        return false;
    }
    if (!in_file_) {
        if (pending_.size() < kBlock) {
            return false;
        }
        TRY(header(std::string_view{pending_}.substr(0, kBlock)));
        pending_.erase(0, kBlock);
        return true;
    }
    if (pending_.size() < padded(size_)) {
        return false;
    }
    TRY(visit_(key_, std::string_view{pending_}.substr(0, size_)));
    pending_.erase(0, padded(size_));
    in_file_ = false;
    return true;
}

Result<void> TarReader::feed(std::string_view piece)
{
    pending_ += piece;
    for (bool more = true; more;) {
        more = TRY(step());
    }
    return {};
}

Result<void> TarReader::finish() const
{
    if (!ended_) {
        return corrupt("ends too early");
    }
    return {};
}

}  // namespace ss::backup

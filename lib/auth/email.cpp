// E-mail addresses in one form, and whether they could be real (RFC 5321 §4.1.2, dot-atom and host names only).
#include <ss/auth.hpp>
#include <ss/text.hpp>

#include <algorithm>

namespace ss::auth {
namespace {

bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_local_part(std::string_view local)
{
    constexpr std::string_view kOther = "!#$%&'*+-/=?^_`{|}~";
    return local.size() <= 64 && std::ranges::all_of(split(local, '.'), [&](std::string_view atom) {
               return !atom.empty() &&
                      std::ranges::all_of(atom, [&](char c) { return is_alphanumeric(c) || kOther.contains(c); });
           });
}

bool is_domain(std::string_view domain)
{
    const auto labels = split(domain, '.');
    return domain.size() <= 253 && (labels.size() > 1 || domain == "localhost") &&
           std::ranges::all_of(labels, [](std::string_view label) {
               return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
                      std::ranges::all_of(label, [](char c) { return is_alphanumeric(c) || c == '-'; });
           });
}

}  // namespace

Result<std::string> normalised_email(std::string_view email)
{
    auto text = to_lower_ascii(trim(email));
    const auto at = text.rfind('@');
    if (text.size() > 254 || at == std::string::npos || !is_local_part(std::string_view{text}.substr(0, at)) ||
        !is_domain(std::string_view{text}.substr(at + 1))) {
        return fail(Errc::invalid, "this is not an e-mail address", "it reads name@example.com", "/email");
    }
    return text;
}

}  // namespace ss::auth

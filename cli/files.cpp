// Files that commands leave behind: private from the first byte, never over another.
#include "files.hpp"

#include <ss/crypto.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace ss::cli {
namespace {

constexpr std::size_t kSecretBytes = 48;

void set_secret(config::Settings& settings, std::size_t index, std::string value)
{
    settings.set(index, Secret{std::move(value)}, {config::Origin::file, "generated"});
}

bool write_all(int descriptor, std::string_view text)
{
    while (!text.empty()) {
        const auto written = ::write(descriptor, text.data(), text.size());
        if (written < 0) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::fsync(descriptor) == 0;
}

}  // namespace

Result<void> write_new_private(const std::filesystem::path& file, std::string_view text)
{
    const int descriptor = ::open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (descriptor < 0 && errno == EEXIST) {
        return fail(Errc::conflict, "this file exists, and is not overwritten", "move it away, or choose another name",
                    file.string());
    }
    if (descriptor < 0) {
        const auto code = errno == EACCES || errno == EPERM ? Errc::forbidden : Errc::unavailable;
        return fail(code, fmt::format("cannot create it: {}", std::strerror(errno)), {}, file.string());
    }
    const bool written = write_all(descriptor, text);
    const int reason = errno;
    if (::close(descriptor) != 0 || !written) {
        ::unlink(file.c_str());
        return fail(Errc::unavailable, fmt::format("cannot write it: {}", std::strerror(reason)), {}, file.string());
    }
    return {};
}

void generate_secrets(config::Settings& settings)
{
    set_secret(settings, config::setting_index("auth.jwt_secret"), crypto::random_token(kSecretBytes));
    set_secret(settings, config::setting_index("auth.refresh_secret"), crypto::random_token(kSecretBytes));
    set_secret(settings, config::setting_index("instagram.verify_token"), crypto::random_token());
    settings.set(config::setting_index("crypto.data_keys"), std::vector<Secret>{crypto::Keyring::generate("k1")},
                 {config::Origin::file, "generated"});
}

Result<void> give(config::Settings& settings, std::size_t index, std::string_view text, std::string_view option)
{
    auto value = config::parse(index, text);
    if (!value) {
        auto error = std::move(value).error();
        error.code = Errc::usage;
        error.where = option;
        return fail(std::move(error));
    }
    settings.set(index, std::move(*value), {config::Origin::file, std::string{option}});
    return {};
}

}  // namespace ss::cli

// systemd's journal, spoken directly: its library drops events silently where no journal is.
#include "journal.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace ss::observe {
namespace {

// Names of journal fields: capitals, digits, underscores.
std::string journal_name(std::string_view name)
{
    std::string result = "SS_";
    for (const char c : name) {
        const bool lower = c >= 'a' && c <= 'z';
        const bool kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        result += lower ? static_cast<char>(c - 'a' + 'A') : kept ? c : '_';
    }
    return result;
}

// syslog(3): debug, debug, info, warning, err
int priority(Level level)
{
    constexpr std::array kPriorities{7, 7, 6, 4, 3};
    return kPriorities[static_cast<std::size_t>(level)];
}

void append(std::string& packet, std::string_view name, std::string_view value)
{
    packet.append(name).append("=").append(value).append("\n");
}

}  // namespace

Journal::Journal(std::string socket)
    : path_{std::move(socket)}, descriptor_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)}
{
}

Journal::~Journal()
{
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

bool Journal::send(const Event& event) const
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof(address.sun_path)) {
        return false;
    }
    std::memcpy(address.sun_path, path_.data(), path_.size());

    std::string packet;
    append(packet, "MESSAGE", plain_message(event));
    append(packet, "PRIORITY", std::to_string(priority(event.level)));
    append(packet, "SYSLOG_IDENTIFIER", "social-selling");
    if (!event.request.empty()) {
        append(packet, "REQUEST", plain(event.request));
    }
    for (const Field& field : event.fields) {
        append(packet, journal_name(field.name), plain(field_text(field)));
    }
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket API
    const auto* target = reinterpret_cast<const sockaddr*>(&address);
    return ::sendto(descriptor_, packet.data(), packet.size(), MSG_NOSIGNAL, target, sizeof(address)) >= 0;
}

}  // namespace ss::observe

#pragma once
/// cpp-httplib's server with sockets we can break on purpose and close at once when it stops.

#include <ss/guarded.hpp>

#include <httplib.h>

#include <atomic>
#include <map>
#include <string>

namespace ss::sandbox {

class AbortableStream;

class Listener final : public httplib::Server {
public:
    Listener();

    /// The connection this request came on will be reset instead of answered.
    void reset_connection(const httplib::Request& request);
    /// Ends idle and running connections; call before stop().
    void close_connections();

private:
    bool process_and_close_socket(socket_t socket) override;
    bool serve_one(AbortableStream& stream, bool is_last, bool& is_closed);

    Guarded<std::map<int, AbortableStream*>> streams_;  // by the peer's port: one machine, so it is unique
    std::atomic<bool> is_stopping_ = false;
};

}  // namespace ss::sandbox

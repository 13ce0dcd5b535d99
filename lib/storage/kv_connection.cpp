// hiredis as formatter and reader, the same on 0.14 (no TLS, no RESP3) and 1.x.

#include "kv_connection.hpp"

#include <hiredis/hiredis.h>

#include <array>
#include <utility>

namespace ss::storage {

struct RedisConnection::Reader {
    std::unique_ptr<redisReader, decltype(&redisReaderFree)> reader{redisReaderCreate(), redisReaderFree};
};

namespace {

constexpr std::chrono::milliseconds kShortestConnect{2'000};

Reply convert(const redisReply& from)
{
    Reply reply;
    switch (from.type) {
        case REDIS_REPLY_INTEGER:
            reply.kind = Reply::Kind::integer;
            reply.integer = from.integer;
            break;
        case REDIS_REPLY_STRING:
        case REDIS_REPLY_STATUS:
        case REDIS_REPLY_ERROR:
            reply.kind = Reply::Kind::text;
            reply.text.assign(from.str, static_cast<std::size_t>(from.len));
            break;
        case REDIS_REPLY_ARRAY:
            reply.kind = Reply::Kind::list;
            for (std::size_t at = 0; at < from.elements; ++at) {
                reply.items.push_back(convert(*from.element[at]));
            }
            break;
        default:
            break;
    }
    return reply;
}

/// The first word of an error names its kind; the rest may quote arguments.
std::unexpected<Error> refused(std::string_view text)
{
    const auto kind = text.substr(0, text.find(' '));
    if (kind == "WRONGPASS" || kind == "NOAUTH" || kind == "NOPERM") {
        return fail(Errc::wrong_key, "Redis refused the user or the password (" + std::string{kind} + ")");
    }
    return fail(Errc::internal, "Redis refused a command (" + std::string{kind} + ")");
}

}  // namespace

RedisConnection::RedisConnection(std::unique_ptr<Socket> socket)
    : socket_{std::move(socket)}, reader_{std::make_unique<Reader>()}
{
}

RedisConnection::~RedisConnection() = default;

Result<std::unique_ptr<RedisConnection>> RedisConnection::open(const RedisTarget& target)
{
    const auto deadline = std::chrono::steady_clock::now() + std::max(target.timeout, kShortestConnect);
    auto socket = TRY(Socket::open(target.host, deadline));
    std::unique_ptr<RedisConnection> connection{new RedisConnection{std::move(socket)}};
    TRY(connection->greet(target, deadline));
    return connection;
}

Result<void> RedisConnection::greet(const RedisTarget& target, Deadline deadline)
{
    if (!target.password.empty()) {
        Words words{"AUTH"};
        if (!target.user.empty()) {
            words.push_back(target.user);
        }
        words.push_back(target.password.reveal());
        TRY(command(words, deadline));
    }
    if (target.database != 0) {
        TRY(command({"SELECT", std::to_string(target.database)}, deadline));
    }
    TRY(command({"PING"}, deadline));  // a server that hangs still accepts connections
    return {};
}

std::unexpected<Error> RedisConnection::broken(Error error)
{
    broken_ = true;
    return fail(std::move(error));
}

Result<void> RedisConnection::send(const Words& words, Deadline deadline)
{
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const auto& word : words) {
        texts.push_back(word.data());
        sizes.push_back(word.size());
    }
    char* formatted = nullptr;
    const auto size = redisFormatCommandArgv(&formatted, static_cast<int>(words.size()), texts.data(), sizes.data());
    if (size < 0) {
        return fail(Errc::internal, "a Redis command cannot be formatted");
    }
    const std::unique_ptr<char, decltype(&redisFreeCommand)> owned{formatted, redisFreeCommand};
    auto sent = socket_->write({formatted, static_cast<std::size_t>(size)}, deadline);
    if (!sent) {
        return broken(std::move(sent).error());
    }
    return {};
}

Result<std::optional<Reply>> RedisConnection::receive(Deadline deadline)
{
    std::array<char, 16'384> buffer{};
    for (;;) {
        void* parsed = nullptr;
        if (redisReaderGetReply(reader_->reader.get(), &parsed) != REDIS_OK) {
            return broken({Errc::unavailable, "Redis sent what is not its protocol", {}, {}, {}});
        }
        if (parsed != nullptr) {
            const std::unique_ptr<redisReply, decltype(&freeReplyObject)> owned{static_cast<redisReply*>(parsed),
                                                                                freeReplyObject};
            if (owned->type == REDIS_REPLY_ERROR) {
                return refused({owned->str, static_cast<std::size_t>(owned->len)});
            }
            return convert(*owned);
        }
        const auto got = socket_->read(buffer, deadline);
        if (!got) {
            if (got.error().code != Errc::timeout) {
                broken_ = true;
            }
            return std::unexpected(got.error());
        }
        if (*got == 0) {
            return std::optional<Reply>{};
        }
        redisReaderFeed(reader_->reader.get(), buffer.data(), *got);
    }
}

Result<Reply> RedisConnection::command(const Words& words, Deadline deadline)
{
    TRY(send(words, deadline));
    auto reply = receive(deadline);
    if (!reply) {
        broken_ = broken_ || reply.error().code == Errc::timeout;
        return std::unexpected(std::move(reply).error());
    }
    if (!*reply) {
        return broken({Errc::cancelled, "the command was interrupted", {}, {}, {}});
    }
    return std::move(**reply);
}

}  // namespace ss::storage

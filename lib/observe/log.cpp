// The process's log: spdlog carries finished lines to stderr; the journal gets fields.
#include <ss/log.hpp>
#include <ss/text.hpp>

#include "journal.hpp"
#include "log_line.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

namespace ss::observe {
namespace {

class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit FunctionSink(std::function<void(std::string_view)> function) : function_{std::move(function)} {}

private:
    void sink_it_(const spdlog::details::log_msg& message) override
    {
        function_({message.payload.data(), message.payload.size()});
    }
    void flush_() override {}

    std::function<void(std::string_view)> function_;
};

// What set_up_log() chose; replaced as a whole, so that a thread that still writes keeps its own alive.
struct Output {
    LogFormat format = LogFormat::text;
    std::shared_ptr<spdlog::logger> logger;
    std::unique_ptr<Journal> journal{};
};

std::shared_ptr<const Output> make_output(LogOptions& options)
{
    auto output = std::make_shared<Output>();
    output->format = options.format;
    if (options.format == LogFormat::journal) {
        output->journal = std::make_unique<Journal>(options.journal_socket);
    }
    spdlog::sink_ptr sink;
    if (options.sink) {
        sink = std::make_shared<FunctionSink>(std::move(options.sink));
    } else {
        sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    }
    output->logger = std::make_shared<spdlog::logger>("ss", std::move(sink));
    output->logger->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
    output->logger->set_level(spdlog::level::trace);
    return output;
}

// The one process-wide state of this module; ss/log.hpp says why there is one.
class Process {
public:
    Process()
    {
        LogOptions options;
        output_ = make_output(options);
    }
    void replace(std::shared_ptr<const Output> output)
    {
        const std::lock_guard hold{mutex_};
        output_ = std::move(output);
    }
    std::shared_ptr<const Output> output()
    {
        const std::lock_guard hold{mutex_};
        return output_;
    }
    std::atomic<Level> level{Level::info};
    std::array<std::atomic<std::uint64_t>, 5> counts{};

private:
    std::mutex mutex_;
    std::shared_ptr<const Output> output_;
};

Process& process()
{
    // Never destroyed: threads and exit handlers may still log while the program ends.
    static auto* instance = new Process;  // NOLINT(cppcoreguidelines-owning-memory)
    return *instance;
}

std::string& request_of_this_thread()
{
    thread_local std::string id;
    return id;
}

spdlog::level::level_enum spdlog_level(Level level)
{
    constexpr std::array kLevels{spdlog::level::trace, spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                 spdlog::level::err};
    return kLevels[static_cast<std::size_t>(level)];
}

void write(const Output& output, const Event& event)
{
    if (output.journal && output.journal->send(event)) {
        return;
    }
    const auto line = output.format == LogFormat::text ? text_line(event) : json_line(event);
    output.logger->log(spdlog_level(event.level), spdlog::string_view_t{line.data(), line.size()});
}

}  // namespace

Level to_level(std::string_view word)
{
    for (const Level level : {Level::trace, Level::debug, Level::warning, Level::error}) {
        if (word == level_word(level)) {
            return level;
        }
    }
    return Level::info;
}

void set_up_log(LogOptions options)
{
    process().level = options.level;
    process().replace(make_output(options));
}

void set_log_level(Level level)
{
    process().level = level;
}

bool is_logged(Level level)
{
    return level >= process().level.load(std::memory_order_relaxed);
}

void log(Level level, std::string_view message, std::span<const Field> fields)
{
    if (!is_logged(level)) {
        return;
    }
    process().counts[static_cast<std::size_t>(level)].fetch_add(1, std::memory_order_relaxed);
    try {
        write(*process().output(), {.at = SystemClock{}.now(),
                                    .level = level,
                                    .message = message,
                                    .request = current_request_id(),
                                    .fields = fields});
    } catch (...) {  // NOLINT(bugprone-empty-catch): there is nowhere left to complain to
    }
}

std::array<std::uint64_t, 5> logged_events()
{
    std::array<std::uint64_t, 5> counts{};
    for (std::size_t i = 0; i < counts.size(); ++i) {
        counts[i] = process().counts[i].load(std::memory_order_relaxed);
    }
    return counts;
}

RequestScope::RequestScope(std::string id) : previous_{std::exchange(request_of_this_thread(), std::move(id))} {}

RequestScope::~RequestScope()
{
    request_of_this_thread() = std::move(previous_);
}

const std::string& current_request_id()
{
    return request_of_this_thread();
}

}  // namespace ss::observe

#pragma once
/// The composition root: builds every object once, in the order of the module graph, and runs them until a signal.

#include <ss/config.hpp>
#include <ss/error.hpp>
#include <ss/process.hpp>

#include <memory>

namespace ss::daemon {

inline constexpr std::string_view kVersion = "0.1.0";

class App {
public:
    /// Opens the services and refuses to go on with a schema that is not current. Errors: configuration,
    /// pending_migrations, unavailable, wrong_key.
    [[nodiscard]] static Result<std::unique_ptr<App>> create(config::Settings settings, config::Sources sources,
                                                             const observe::ServiceEnvironment& service);
    ~App();
    App(const App&) = delete;
    App& operator=(const App&) = delete;

    /// Serves until SIGTERM or SIGINT: not ready any more, finishes what runs, gives back what does not finish.
    /// SIGHUP loads the reloadable settings again. The signals must be blocked in every thread before create().
    [[nodiscard]] Result<void> run();

private:
    struct Foundations;
    struct Parts;
    explicit App(std::unique_ptr<Foundations> foundations);

    void reload();

    std::unique_ptr<Foundations> foundations_;
    std::unique_ptr<Parts> parts_;
};

}  // namespace ss::daemon

#pragma once
// pg_dump and psql as child processes: passwords by environment, output and input in pieces, stderr kept for the error.

#include "files.hpp"

#include <ss/storage.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ss::backup {

class Child {
public:
    enum class Pipe { input, output };  ///< Which of its ends we hold; the other is /dev/null.

    /// Found in PATH. Errors: configuration (not installed), unavailable.
    [[nodiscard]] static Result<Child> start(const std::vector<std::string>& arguments,
                                             const std::vector<storage::Variable>& environment, Pipe pipe);
    Child(Child&& other) noexcept;
    Child& operator=(Child&&) = delete;
    /// Kills it when nobody has waited for it.
    ~Child();

    /// Empty at the end.
    [[nodiscard]] Result<std::string_view> read(std::string& buffer) { return pipe_.read(buffer); }
    /// Errors: unavailable (it went away; wait() says why).
    [[nodiscard]] Result<void> write(std::string_view bytes);
    /// Closes our end and waits. Errors: unavailable with the end of its stderr when its exit code is not 0.
    [[nodiscard]] Result<void> wait();

private:
    Child() = default;
    std::string complaint() const;

    std::string name_;
    int id_ = -1;
    File pipe_;
    File errors_;
};

}  // namespace ss::backup

#pragma once
/// A database of one's own with the whole schema, for the stores' tests.

#include <ss/id.hpp>
#include <ss/sql/migrations.hpp>
#include <ss/storage.hpp>
#include <ss/testing/databases.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ss::testing {

/// Throws std::runtime_error when a step does not apply. Its first workspace has the id 1.
class MigratedDatabase {
public:
    explicit MigratedDatabase(storage::Engine engine) : fresh_{engine}
    {
        auto opened = storage::Database::open({.url = fresh_.url()});
        if (!opened) {
            throw std::runtime_error{to_string(opened.error())};
        }
        database_ = std::move(*opened);
        for (const auto& step : sql::migrations()) {
            script(engine == storage::Engine::sqlite ? step.sqlite_up : step.postgres_up);
        }
        add_workspace("Shop");
    }

    storage::Database& operator*() { return *database_; }
    storage::Database* operator->() { return database_.get(); }
    [[nodiscard]] Secret url() const { return fresh_.url(); }

    /// Ids count up from 1.
    WorkspaceId add_workspace(std::string_view name)
    {
        script("insert into workspace (name, event_sequence, created_at) values ('" + std::string{name} + "', 0, 0)");
        return WorkspaceId{++workspaces_};
    }

    void script(std::string_view text)
    {
        auto connection = database_->connect();
        if (!connection) {
            throw std::runtime_error{to_string(connection.error())};
        }
        if (const auto done = (*connection)->script(text); !done) {
            throw std::runtime_error{to_string(done.error())};
        }
    }

private:
    FreshDatabase fresh_;
    std::unique_ptr<storage::Database> database_;
    std::int64_t workspaces_ = 0;
};

}  // namespace ss::testing

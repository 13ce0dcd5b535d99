#pragma once
// A small shop to back up, on either engine, and processes to kill.

#include <ss/backup.hpp>
#include <ss/migrate.hpp>
#include <ss/testing/databases.hpp>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>

namespace ss::backup {

namespace fs = std::filesystem;

inline std::string read_file(const fs::path& path)
{
    std::ifstream stream{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

inline void write_file(const fs::path& path, std::string_view bytes)
{
    std::ofstream stream{path, std::ios::binary | std::ios::trunc};
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// `work` in a process of its own, forked while this one has no threads. Exit code, or 128 + signal.
template <class Work>
int in_child(Work work)
{
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(work());
    }
    int state = 0;
    ::waitpid(child, &state, 0);
    return WIFSIGNALED(state) ? 128 + WTERMSIG(state) : WEXITSTATUS(state);
}

/// No Database stays open here between calls, so that the test's process can fork and nothing looks like a daemon.
class Shop {
public:
    explicit Shop(storage::Engine engine) : url_{engine} {}

    [[nodiscard]] storage::DatabaseOptions options() const { return {.url = url_.url()}; }
    [[nodiscard]] Place place() const
    {
        return {.database = options(), .media = folder_ / "media", .folder = folder_ / "sets"};
    }
    [[nodiscard]] Vault vault(Progress progress = {}) const { return {place(), clock_, std::move(progress)}; }
    [[nodiscard]] std::unique_ptr<storage::Database> open() const { return storage::Database::open(options()).value(); }
    [[nodiscard]] fs::path file() const { return std::string{url_.url().reveal().substr(7)}; }

    void migrate(std::optional<std::int64_t> to = std::nullopt) const
    {
        const auto database = open();
        const auto done = migrate::Migrator(*database, clock_).up(to);
        ASSERT_TRUE(done) << to_string(done.error());
    }
    void run(std::string_view text) const
    {
        const auto done = open()->connect().value()->script(text);
        ASSERT_TRUE(done) << to_string(done.error());
    }
    void add_workspace(std::string_view name) const
    {
        std::string literal;
        for (const char c : name) {
            literal += c == '\'' ? std::string{"''"} : std::string{c};
        }
        run("insert into workspace (name, created_at) values ('" + literal + "', 1)");
    }
    [[nodiscard]] std::vector<std::string> workspaces() const
    {
        static constexpr std::array kColumns{storage::ColumnType::text};
        static constexpr storage::Statement kNames{"test.names",
                                                   "select name from workspace order by id",
                                                   "select name from workspace order by id",
                                                   kColumns,
                                                   {}};
        std::vector<std::string> names;
        const auto database = open();
        const auto rows = database->connect().value()->execute(kNames, {});
        if (rows) {
            for (const auto& value : rows->values) {
                names.push_back(std::get<std::string>(value));
            }
        }
        return names;
    }
    [[nodiscard]] std::string add_medium(std::string_view bytes) const
    {
        return storage::Blobs::open_folder(place().media).value()->put(bytes).value().key;
    }
    [[nodiscard]] std::string medium(const std::string& key) const
    {
        return storage::Blobs::open_folder(place().media).value()->get(key).value_or("(missing)");
    }
    [[nodiscard]] std::vector<std::string> schema_problems() const
    {
        const auto database = open();
        const auto findings = migrate::Migrator(*database, clock_).verify().value();
        std::vector<std::string> texts;
        for (const auto& finding : findings) {
            texts.push_back(finding.subject + " " + finding.detail);
        }
        return texts;
    }
    [[nodiscard]] std::string create() const
    {
        const auto set = vault().create();
        if (!set) {
            ADD_FAILURE() << to_string(set.error());
            return {};
        }
        return set->name;
    }
    [[nodiscard]] std::vector<std::string> names(Condition condition) const
    {
        std::vector<std::string> found;
        const auto sets = vault().list().value();
        for (const auto& set : sets) {
            if (set.condition == condition) {
                found.push_back(set.name);
            }
        }
        return found;
    }
    /// As if the disk were lost: no tables, no media.
    void lose_everything() const
    {
        if (options().url.reveal().starts_with("sqlite:")) {
            fs::remove(file());
        } else {
            run("drop schema public cascade; create schema public;");
        }
        fs::remove_all(place().media);
    }
    [[nodiscard]] const Clock& clock() const { return clock_; }

private:
    ss::testing::FreshDatabase url_;
    ss::testing::TempDir folder_;
    SystemClock clock_;
};

}  // namespace ss::backup

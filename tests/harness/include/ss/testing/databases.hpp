#pragma once
/// A test that runs on both engines:
///
///     class StoreTest : public ::testing::TestWithParam<storage::Engine> {
///         FreshDatabase url_{GetParam()};
///     };
///     INSTANTIATE_TEST_SUITE_P(Engines, StoreTest, engines(), engine_name);

#include <ss/secret.hpp>
#include <ss/storage.hpp>
#include <ss/testing/temp_dir.hpp>

#include <gtest/gtest.h>

#include <string>

namespace ss::testing {

/// An empty database of one's own: a SQLite file in a temporary folder, or a new database of the shared PostgreSQL
/// cluster (postgres.hpp). Declare it before the Database, so that it goes after it.
class FreshDatabase {
public:
    explicit FreshDatabase(storage::Engine engine);
    FreshDatabase(const FreshDatabase&) = delete;
    FreshDatabase& operator=(const FreshDatabase&) = delete;
    ~FreshDatabase();

    [[nodiscard]] Secret url() const { return Secret{url_}; }

private:
    TempDir folder_;
    std::string url_;
};

[[nodiscard]] inline auto engines()
{
    return ::testing::Values(storage::Engine::sqlite, storage::Engine::postgres);
}

[[nodiscard]] inline std::string engine_name(const ::testing::TestParamInfo<storage::Engine>& info)
{
    return info.param == storage::Engine::sqlite ? "sqlite" : "postgres";
}

}  // namespace ss::testing

// Empty databases for tests.

#include <ss/testing/databases.hpp>
#include <ss/testing/postgres.hpp>

namespace ss::testing {

FreshDatabase::FreshDatabase(storage::Engine engine)
    : url_{engine == storage::Engine::sqlite ? "sqlite:" + (folder_ / "test.db").string() : fresh_postgres_database()}
{
}

FreshDatabase::~FreshDatabase()
{
    if (url_.starts_with("postgresql:")) {
        try {
            drop_postgres_database(url_);
        } catch (...) {
            return;  // it goes with its server
        }
    }
}

}  // namespace ss::testing

// Folders for tests.

#include <ss/testing/temp_dir.hpp>

#include <stdlib.h>

#include <stdexcept>
#include <system_error>

namespace ss::testing {

TempDir::TempDir()
{
    auto pattern = (std::filesystem::temp_directory_path() / "ss-test-XXXXXX").native();
    if (::mkdtemp(pattern.data()) == nullptr) {
        throw std::runtime_error{"no temporary folder can be made"};
    }
    path_ = pattern;
}

TempDir::~TempDir()
{
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace ss::testing

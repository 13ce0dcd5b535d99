// ssctl: the operator's toolkit.
#include "dispatch.hpp"

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

int main(int argc, char** argv)
try {
    return ss::cli::run(std::vector<std::string>{argv + 1, argv + argc});
} catch (const std::exception&) {
    // Its text may hold what must not be shown.
    std::fputs("error: ssctl failed unexpectedly; this is a defect of ours\n", stderr);
    return 1;
}

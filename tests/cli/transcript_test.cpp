// Plays the transcripts beside this file against the real ssctl. A transcript is commands and what they answered:
//
//     $ ssctl env check        a line for bash, run in a folder of its own with an almost empty environment
//     > what went to stdout
//     ! what went to stderr
//     = 0                      the exit code
//
// SS_TEST_ACCEPT=1 writes the answers anew. In them the folder is $DIR.

#include <ss/testing/temp_dir.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& file)
{
    std::ifstream stream{file};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

std::vector<std::string> lines_of(const std::string& text)
{
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

std::vector<fs::path> transcripts()
{
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator{fs::path{SS_SOURCE_DIR} / "tests/cli/transcripts"}) {
        files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
}

class Transcript : public testing::TestWithParam<fs::path> {
protected:
    Transcript() { fs::create_directory(root_ / "dir"); }
    std::string prefixed(const fs::path& file, const std::string& mark) const
    {
        std::string text;
        for (auto line : lines_of(read(file))) {
            const auto folder = (root_ / "dir").string();
            for (auto at = line.find(folder); at != std::string::npos; at = line.find(folder)) {
                line.replace(at, folder.size(), "$DIR");
            }
            text += line.empty() ? mark + "\n" : fmt::format("{} {}\n", mark, line);
        }
        return text;
    }

    std::string play(const std::string& command) const
    {
        const auto script = root_ / "script";
        std::ofstream{script} << "cd " << (root_ / "dir").string() << "\numask 022\n" << command << "\n";
        const auto run = fmt::format("env -i PATH={}:/usr/bin:/bin LC_ALL=C.UTF-8 bash {} </dev/null >{} 2>{}",
                                     SS_BINARIES, script.string(), (root_ / "out").string(), (root_ / "err").string());
        const int status = std::system(run.c_str());
        return prefixed(root_ / "out", ">") + prefixed(root_ / "err", "!") +
               fmt::format("= {}\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    }

    ss::testing::TempDir folder_;
    const fs::path& root_ = folder_.path();
};

TEST_P(Transcript, says_what_it_said)
{
    const auto expected = read(GetParam());
    std::string played;
    for (const auto& line : lines_of(expected)) {
        if (line.starts_with("$ ")) {
            played += line + "\n" + play(line.substr(2));
        } else if (line.empty() || line.starts_with('#')) {
            played += line + "\n";
        }
    }
    if (std::getenv("SS_TEST_ACCEPT") != nullptr) {
        std::ofstream{GetParam()} << played;
        return;
    }
    EXPECT_EQ(played, expected);
}

INSTANTIATE_TEST_SUITE_P(ssctl, Transcript, testing::ValuesIn(transcripts()),
                         [](const auto& row) { return row.param.stem().string(); });

}  // namespace

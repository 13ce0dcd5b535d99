// Notices to systemd over a pretend socket, inherited sockets, crash reports of a child.
#include <ss/process.hpp>
#include <ss/testing/temp_dir.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <thread>

namespace ss::observe {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class Notices : public ::testing::Test {
protected:
    Notices()
    {
        socket_ = ::socket(AF_UNIX, SOCK_DGRAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        name_ = (folder_ / "notify").string();
        name_.copy(address.sun_path, sizeof(address.sun_path) - 1);
        EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    }
    ~Notices() override { ::close(socket_); }

    std::string received() const
    {
        std::array<char, 4096> buffer{};
        const auto size = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
        return size < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(size));
    }

    ss::testing::TempDir folder_;
    int socket_ = -1;
    std::string name_;
};

TEST_F(Notices, reach_systemd_in_its_words)
{
    const Notifier notifier{{.notify_socket = name_}};
    notifier.ready("listening on 127.0.0.1:4000");
    EXPECT_EQ(received(), "READY=1\nSTATUS=listening on 127.0.0.1:4000");
    notifier.status("two lines\nREADY=0");
    EXPECT_EQ(received(), "STATUS=two lines\\x0aREADY=0");
    notifier.reloading();
    EXPECT_THAT(received(), ::testing::MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
    notifier.alive();
    EXPECT_EQ(received(), "WATCHDOG=1");
    notifier.stopping();
    EXPECT_EQ(received(), "STOPPING=1");
}

TEST_F(Notices, the_environment_is_taken_once)
{
    ::setenv("NOTIFY_SOCKET", name_.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "3000000", 1);
    const auto environment = take_service_environment();
    EXPECT_EQ(environment.notify_socket, name_);
    EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr);
    EXPECT_EQ(std::getenv("WATCHDOG_USEC"), nullptr);
    EXPECT_EQ(Notifier{environment}.watchdog(), 1500ms);
}

TEST(Notifier, is_silent_when_nobody_asked)
{
    const Notifier notifier{{}};
    notifier.ready("");
    EXPECT_FALSE(notifier.watchdog());
    EXPECT_FALSE((Notifier{{.watchdog_usec = "1000", .watchdog_pid = "1"}}.watchdog()));
    EXPECT_FALSE((Notifier{{.watchdog_usec = "soon"}}.watchdog()));
}

TEST(Sockets, are_taken_only_when_meant_for_this_process)
{
    const auto us = std::to_string(::getpid());
    EXPECT_TRUE(inherited_sockets({}).empty());
    EXPECT_TRUE(inherited_sockets({.listen_fds = "1", .listen_pid = "1"}).empty());
    EXPECT_TRUE(inherited_sockets({.listen_fds = "100000", .listen_pid = us}).empty());
    const int saved = ::dup(3);
    ::dup2(STDIN_FILENO, 3);
    EXPECT_THAT(inherited_sockets({.listen_fds = "1", .listen_pid = us}), ::testing::ElementsAre(3));
    EXPECT_NE(::fcntl(3, F_GETFD) & FD_CLOEXEC, 0);
    saved >= 0 ? ::dup2(saved, 3) : ::close(3);
}

// The crashing child runs the test from its start again; the variable tells it the parent's folder.
class Crash : public ::testing::Test {
protected:
    Crash()
    {
        GTEST_FLAG_SET(death_test_style, "threadsafe");
        if (const char* folder = std::getenv("SS_TEST_CRASH_FOLDER"); folder != nullptr) {
            reports_ = folder;
            return;
        }
        own_.emplace();
        reports_ = own_->path();
        ::setenv("SS_TEST_CRASH_FOLDER", reports_.c_str(), 1);
    }
    ~Crash() override
    {
        if (own_) {
            ::unsetenv("SS_TEST_CRASH_FOLDER");
        }
    }

    std::string report() const
    {
        std::string text;
        for (const auto& entry : std::filesystem::directory_iterator{reports_}) {
            std::ifstream stream{entry.path()};
            text.append(std::istreambuf_iterator<char>{stream}, {});
        }
        return text;
    }

    std::filesystem::path reports_;
    std::optional<ss::testing::TempDir> own_;
};

[[gnu::noinline]] void a_function_that_crashes()
{
    ::raise(SIGSEGV);
}

TEST_F(Crash, a_signal_leaves_a_report_with_a_stack_and_the_process_dies_of_it)
{
    EXPECT_EXIT(
        {
            install_crash_report(reports_, "1.2.3");
            a_function_that_crashes();
        },
        ::testing::KilledBySignal(SIGSEGV), "crashed: signal 11 .SEGV.");
    EXPECT_THAT(report(), HasSubstr("social-selling 1.2.3 crashed: signal 11"));
    EXPECT_THAT(report(), HasSubstr("a_function_that_crashes"));
}

TEST_F(Crash, the_report_names_what_the_crashed_thread_was_doing)
{
    EXPECT_EXIT(
        {
            install_crash_report(reports_, "1.2.3");
            const Doing main{"job 1, run 1"};
            std::thread{[] {
                {
                    const Doing before{"job 2, run 1"};
                }
                const Doing now{"job 2, run 21"};
                a_function_that_crashes();
            }}.join();
        },
        ::testing::KilledBySignal(SIGSEGV), "while: job 2, run 21\n");
    EXPECT_TRUE(crashed_while(reports_, "job 2, run 21"));
    for (const auto* other : {"job 1, run 1", "job 2, run 1", "job 2, run 2", ""}) {
        EXPECT_FALSE(crashed_while(reports_, other)) << other;
    }
    EXPECT_FALSE(crashed_while(reports_ / "no such folder", "job 2, run 21"));
}

TEST_F(Crash, an_uncaught_exception_is_named_but_its_text_is_not)
{
    EXPECT_EXIT(
        {
            install_crash_report(reports_, "1.2.3");
            std::thread{[] { throw std::runtime_error{"password=CANARY"}; }}.join();
        },
        ::testing::KilledBySignal(SIGABRT), "std::runtime_error");
    EXPECT_THAT(report(), HasSubstr("uncaught exception of type std::runtime_error"));
    EXPECT_THAT(report(), ::testing::Not(HasSubstr("CANARY")));
}

TEST_F(Crash, core_files_can_be_forbidden)
{
    EXPECT_EXIT(
        {
            forbid_core_dumps();
            rlimit limit{};
            ::getrlimit(RLIMIT_CORE, &limit);
            std::_Exit(limit.rlim_cur == 0 ? 0 : 1);
        },
        ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace ss::observe

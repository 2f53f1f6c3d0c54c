// A daemon with a service manager, for tests.
// Invariant: the process does not outlive the object.
#ifndef COQMP_TEST_SUPPORT_RUNNING_DAEMON_HPP
#define COQMP_TEST_SUPPORT_RUNNING_DAEMON_HPP

#include "support/temporary_directory.hpp"

#include <coqmp/descriptor.hpp>
#include <coqmp/endpoint.hpp>

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp::test {

/// What a file holds. Empty: it does not exist.
std::string content(std::filesystem::path const& file);

/// A directory for sockets and files.
struct daemon_fixture
{
    temporary_directory directory;

    [[nodiscard]] std::string path(char const* name) const { return (directory.path() / name).native(); }
    [[nodiscard]] endpoint at(char const* name) const { return endpoint::unix_socket(path(name)); }
    /// Writes a file that only we can write.
    std::string write(char const* name, std::string const& text) const;
};

class running_daemon
{
public:
    /// @param program its path @param arguments of the program
    /// @param settings `NAME=value` for its environment
    running_daemon(std::string const& program, std::vector<std::string> const& arguments,
                   std::vector<std::string> const& settings = {});
    running_daemon(running_daemon const&) = delete;
    running_daemon& operator=(running_daemon const&) = delete;
    ~running_daemon();

    /// Waits until the service manager gets a message that holds this text. The messages before it are dropped.
    /// @return the message @throws std::runtime_error with the log: the daemon has ended
    std::string expect(std::string_view text);
    void expect_ready() { expect("READY=1"); }
    /// Waits until its log holds this text. @throws std::runtime_error as expect()
    void expect_in_log(std::string_view text) const;
    /// Sends SIGHUP, and waits for the end of the reload.
    void reload();

    void signal(int number) const;
    /// Waits for its end. @return its exit status, or 128 + the number of the signal
    int wait();
    /// Sends SIGTERM, and waits for its end.
    int stop();

    [[nodiscard]] ::pid_t pid() const noexcept { return pid_; }
    /// What it has written to its standard error so far.
    [[nodiscard]] std::string log() const { return content(home_.path() / "log"); }
    [[nodiscard]] std::string output() const { return content(home_.path() / "output"); }

private:
    temporary_directory home_;
    descriptor manager_{-1};
    ::pid_t pid_ = -1;
};

/// How a program ended, and what it wrote.
struct outcome
{
    int status = -1;
    std::string output;
    std::string log;
};
/// Runs a program to its end.
outcome run_daemon(std::string const& program, std::vector<std::string> const& arguments);

/// Waits until a process that is not our child has ended.
void wait_for_end(::pid_t process);

}  // namespace coqmp::test

#endif

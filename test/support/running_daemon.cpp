#include "support/running_daemon.hpp"

#include "support/text.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace coqmp::test {

namespace {

int must_succeed(int result, char const* what)
{
    if (result < 0)
        throw std::system_error(errno, std::generic_category(), what);
    return result;
}

descriptor open_process(::pid_t process)
{
    return descriptor(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
}

/// The socket of a service manager.
descriptor bind_manager(std::string const& path)
{
    descriptor result(must_succeed(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
    ::sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    must_succeed(::bind(result.number(), reinterpret_cast<::sockaddr const*>(&address), sizeof address), "bind");
    return result;
}

std::vector<char*> pointers(std::vector<std::string>& texts)
{
    std::vector<char*> result;
    for (std::string& text : texts)
        result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

}  // namespace

std::string content(std::filesystem::path const& file)
{
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::string daemon_fixture::write(char const* name, std::string const& text) const
{
    std::string file = path(name);
    std::ofstream(file) << text;
    must_succeed(::chmod(file.c_str(), 0600), "chmod");
    return file;
}

running_daemon::running_daemon(std::string const& program, std::vector<std::string> const& arguments,
                               std::vector<std::string> const& settings)
    : manager_(bind_manager(home_.path() / "notify"))
{
    std::vector<std::string> words{program};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<std::string> environment{"NOTIFY_SOCKET=" + (home_.path() / "notify").native(), "LC_ALL=C.UTF-8"};
    for (char const* const name : {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LLVM_PROFILE_FILE"}) {
        if (char const* const value = std::getenv(name))
            environment.push_back(std::string(name) + '=' + value);
    }
    environment.insert(environment.end(), settings.begin(), settings.end());
    std::string const input = home_.path() / "input";
    std::string const output = home_.path() / "output";
    std::string const log = home_.path() / "log";
    ::posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input.c_str(), O_RDONLY | O_CREAT, 0600);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    int const error =
        ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, pointers(words).data(), pointers(environment).data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        throw std::system_error(error, std::generic_category(), program);
}

running_daemon::~running_daemon()
{
    if (pid_ < 0)
        return;
    ::kill(pid_, SIGKILL);
    wait();
}

std::string running_daemon::expect(std::string_view text)
{
    descriptor const process = open_process(pid_);
    std::array<::pollfd, 2> waiting{{{manager_.number(), POLLIN, 0}, {process.number(), POLLIN, 0}}};
    for (;;) {
        if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR)
            throw std::system_error(errno, std::generic_category(), "poll");
        std::array<char, 4096> message{};
        ssize_t const size = ::recv(manager_.number(), message.data(), message.size(), MSG_DONTWAIT);
        if (size > 0 && contains({message.data(), static_cast<std::size_t>(size)}, text))
            return {message.data(), static_cast<std::size_t>(size)};
        if (size < 0 && waiting[1].revents != 0)
            throw std::runtime_error("the daemon ended before it reported " + std::string(text) + ": " + log());
    }
}

// The log is a file, so it is looked at once in a millisecond.
void running_daemon::expect_in_log(std::string_view text) const
{
    descriptor const process = open_process(pid_);
    ::pollfd end{process.number(), POLLIN, 0};
    while (!contains(log(), text)) {
        if (::poll(&end, 1, 1) > 0 && !contains(log(), text))
            throw std::runtime_error("the daemon ended before it logged " + std::string(text) + ": " + log());
    }
}

void running_daemon::reload()
{
    signal(SIGHUP);
    expect("RELOADING=1");
    expect("READY=1");
}

void running_daemon::signal(int number) const
{
    ::kill(pid_, number);
}

int running_daemon::wait()
{
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int running_daemon::stop()
{
    signal(SIGTERM);
    return wait();
}

outcome run_daemon(std::string const& program, std::vector<std::string> const& arguments)
{
    running_daemon daemon(program, arguments);
    outcome result;
    result.status = daemon.wait();
    result.output = daemon.output();
    result.log = daemon.log();
    return result;
}

void wait_for_end(::pid_t process)
{
    descriptor const watcher = open_process(process);
    if (watcher.number() < 0)
        return;
    ::pollfd waiting{watcher.number(), POLLIN, 0};
    while (::poll(&waiting, 1, -1) < 0 && errno == EINTR) {
    }
}

}  // namespace coqmp::test

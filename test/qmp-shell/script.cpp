#include "script.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

namespace qmp_shell::test {

std::vector<char*> pointers(std::vector<std::string>& texts)
{
    std::vector<char*> result;
    for (std::string& text : texts)
        result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

std::string content(std::filesystem::path const& file)
{
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void wait_for_files(std::filesystem::path const& directory, std::function<bool()> const& holds)
{
    coqmp::descriptor const changes(::inotify_init1(IN_CLOEXEC));
    if (::inotify_add_watch(changes.number(), directory.c_str(), IN_CREATE | IN_MODIFY) < 0)
        throw std::system_error(errno, std::generic_category(), directory);
    std::array<char, 4096> notices{};
    while (!holds()) {
        if (::read(changes.number(), notices.data(), notices.size()) < 0 && errno != EINTR)
            throw std::system_error(errno, std::generic_category(), directory);
    }
}

script::script(std::vector<std::string> const& arguments, std::vector<std::string> const& settings, std::string const& program)
{
    std::vector<std::string> words{program};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<std::string> environment{"HOME=" + home_.path().native(), "LC_ALL=C.UTF-8"};
    for (char const* const name : {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LLVM_PROFILE_FILE"}) {
        if (char const* const value = std::getenv(name))
            environment.push_back(std::string(name) + '=' + value);
    }
    environment.insert(environment.end(), settings.begin(), settings.end());
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe");
    coqmp::descriptor const theirs(ends[0]);
    input_ = coqmp::descriptor(ends[1]);
    std::string const output = home_.path() / "output";
    std::string const errors = home_.path() / "errors";
    ::posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, theirs.number(), STDIN_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    int const error =
        ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, pointers(words).data(), pointers(environment).data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        throw std::system_error(error, std::generic_category(), program);
}

script::~script()
{
    if (pid_ < 0)
        return;
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

void script::write(std::string_view text) const
{
    // It may have ended already, and read nothing.
    ::signal(SIGPIPE, SIG_IGN);
    if (::write(input_.number(), text.data(), text.size()) < 0 && errno != EPIPE)
        throw std::system_error(errno, std::generic_category(), "writing to the shell");
}

void script::expect(std::string_view text) const
{
    auto const written = [&](char const* name) { return content(home_.path() / name).find(text) != std::string::npos; };
    wait_for_files(home_.path(), [&] { return written("output") || written("errors"); });
}

void script::signal(int number) const
{
    ::kill(pid_, number);
}

outcome script::wait()
{
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    outcome result;
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    result.output = content(home_.path() / "output");
    result.errors = content(home_.path() / "errors");
    return result;
}

outcome run(std::vector<std::string> const& arguments, std::string_view input, std::vector<std::string> const& settings)
{
    script shell(arguments, settings);
    if (!input.empty())
        shell.write(input);
    return shell.finish();
}

void wait_for_end(::pid_t process)
{
    coqmp::descriptor const watcher(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
    if (watcher.number() < 0)
        return;
    ::pollfd waiting{watcher.number(), POLLIN, 0};
    while (::poll(&waiting, 1, -1) < 0 && errno == EINTR) {
    }
}

bool lives(::pid_t process)
{
    coqmp::descriptor const watcher(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
    if (watcher.number() < 0)
        return false;
    ::pollfd waiting{watcher.number(), POLLIN, 0};
    return ::poll(&waiting, 1, 0) == 0;
}

}  // namespace qmp_shell::test

#include "terminal/pager.hpp"

#include <coqmp/descriptor.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>

#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace asio = boost::asio;

namespace qmp_shell {

namespace {

/// What `sh` exits with when it does not find a command; it has said which.
constexpr int not_found = 127;

[[noreturn]] void fail(int error, std::string const& what)
{
    throw std::system_error(error, std::generic_category(), what);
}

/// A text as a file without a name: the pager reads it at its own pace, and the shell does not wait for it to read.
coqmp::descriptor file_of(std::string const& text)
{
    coqmp::descriptor const result(::memfd_create("qmp-shell", MFD_CLOEXEC));
    if (result.number() < 0 || ::write(result.number(), text.data(), text.size()) != static_cast<::ssize_t>(text.size()))
        fail(errno, "cannot keep the text for the pager");
    ::lseek(result.number(), 0, SEEK_SET);
    return result;
}

::pid_t start(std::string const& program, int input)
{
    ::posix_spawn_file_actions_t actions;
    ::posix_spawnattr_t attributes;
    ::sigset_t signals;
    ::sigfillset(&signals);
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setsigdefault(&attributes, &signals);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    std::array<std::string, 3> words{"sh", "-c", program};
    std::array<char*, 4> arguments{words[0].data(), words[1].data(), words[2].data(), nullptr};
    ::pid_t result = -1;
    int const error = ::posix_spawnp(&result, "sh", &actions, &attributes, arguments.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        fail(error, "cannot start " + program);
    return result;
}

}  // namespace

bool page(event_loop& loop, std::string const& text)
{
    char const* const chosen = std::getenv("PAGER");  // NOLINT(concurrency-mt-unsafe): one thread
    coqmp::descriptor const input = file_of(text);
    interruption const unmoved(loop, [] {});  // Ctrl-C is the pager's
    ::pid_t const process = start(chosen != nullptr && *chosen != '\0' ? chosen : "less", input.number());
    bool left = false;
    asio::posix::stream_descriptor watcher(loop.get_executor());
    int const number = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
    if (number >= 0) {
        watcher.assign(number);
        watcher.async_wait(asio::posix::descriptor_base::wait_read, [&left](boost::system::error_code) { left = true; });
        loop.run_until([&] { return left || loop.terminated() != 0; });
    }
    if (number >= 0 && !left)  // a signal to leave does not wait for the pager
        ::kill(process, SIGTERM);
    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR)
        continue;
    return !WIFEXITED(status) || WEXITSTATUS(status) != not_found;
}

}  // namespace qmp_shell

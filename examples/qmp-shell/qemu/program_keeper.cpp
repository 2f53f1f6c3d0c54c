// Invariant: one thread; no process of the program outlives the shell, unless the keeper itself is killed.
#include "qemu/program_keeper.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace qmp_shell {

namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto time_to_end = 5s;
constexpr auto time_to_exit = 3s;  ///< for a QEMU that has closed its monitor; the shell waits a little longer

/// The descriptors below this one may be inherited, as the monitor is; the keeper's own are moved beyond.
constexpr int beyond_inherited = 100;

/// The number of the socket that a link such as `/proc/self/fd/3` names. @return empty: it is not a socket
std::string socket_at(std::filesystem::path const& link)
{
    std::error_code error;
    std::string const target = std::filesystem::read_symlink(link, error).native();
    return target.starts_with("socket:") ? target : std::string();
}

/// The sockets that this process has inherited, the monitor among them.
std::set<std::string> inherited_sockets()
{
    std::set<std::string> result;
    for (int number = STDERR_FILENO + 1; number < beyond_inherited; ++number)
        result.insert(socket_at("/proc/self/fd/" + std::to_string(number)));
    result.erase(std::string());
    return result;
}

bool holds_one_of(::pid_t process, std::set<std::string> const& sockets)
{
    std::error_code error;
    std::filesystem::directory_iterator const all("/proc/" + std::to_string(process) + "/fd", error);
    return std::any_of(begin(all), end(all), [&sockets](auto const& each) { return sockets.contains(socket_at(each.path())); });
}

/// The orphans of a child become children of the keeper. Their numbers cannot belong to other processes, because those that have
/// ended are not reaped yet.
std::vector<::pid_t> children()
{
    std::ifstream list("/proc/thread-self/children");
    return {std::istream_iterator<::pid_t>(list), std::istream_iterator<::pid_t>()};
}

[[noreturn]] void become(char** program, ::sigset_t const& signals, ::pid_t keeper)
{
    ::pthread_sigmask(SIG_SETMASK, &signals, nullptr);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != keeper)
        ::_exit(no_such_program);
    ::setsid();
    ::execvp(program[0], program);
    // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
    ::dprintf(STDERR_FILENO, "cannot start \"%s\": %s\n", program[0], std::strerror(errno));
    ::_exit(no_such_program);
}

/// Dies of the same signal as the program.
void die_of(int number)
{
    ::rlimit const none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);  // the program has already dumped core, if it may
    struct ::sigaction usual{};
    usual.sa_handler = SIG_DFL;
    ::sigaction(number, &usual, nullptr);
    ::sigset_t alone;
    ::sigemptyset(&alone);
    ::sigaddset(&alone, number);
    ::raise(number);
    ::pthread_sigmask(SIG_UNBLOCK, &alone, nullptr);
}

class program_keeper
{
public:
    /// @param monitors the sockets that the program has inherited
    program_keeper(::pid_t program, std::set<std::string> monitors, int signals, int shell, int news)
        : program_(program), monitors_(std::move(monitors))
    {
        watched_ = {{{signals, POLLIN, 0}, {shell, POLLIN, 0}, {news, POLLIN, 0}}};
    }

    /// @return the status, as waitpid() has it
    int wait()
    {
        while (!is_over()) {
            if (ended_ && closed_ && deadline_ == clock::time_point::max())
                deadline_ = clock::now() + time_to_exit;
            bool const limited = deadline_ != clock::time_point::max();
            auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - clock::now());
            bool const kills = left <= 0ms;
            if (ending_)
                signal_all(children(), kills ? SIGKILL : SIGTERM);
            else if (kills)
                signal_all(left_running_, SIGKILL);
            look(limited && !kills ? static_cast<int>(left.count()) : -1);
        }
        return status_;
    }

private:
    /// Reaps the processes that have ended. @return whether there are none left to wait for
    bool is_over()
    {
        for (;;) {
            int status = 0;
            ::pid_t const dead = ::waitpid(-1, &status, WNOHANG);
            if (dead < 0 && errno == EINTR)
                continue;
            if (dead < 0)
                return true;
            if (dead == 0)
                return ended_ && closed_ && !ending_ && left_running_.empty();
            bool const was_qemu = std::erase(left_running_, dead) > 0;
            if (dead == program_ || (was_qemu && status_ == 0))
                status_ = status;
            if (dead == program_)
                note_end(status);
        }
    }

    /// Of the processes that the program has left running only those count that have the monitor: a helper such as swtpm may live
    /// as long as it likes.
    void note_end(int status)
    {
        ended_ = true;
        for (::pid_t const child : children())
            if (holds_one_of(child, monitors_))
                left_running_.push_back(child);
        if (status != 0)
            end();
    }

    /// @param patience in milliseconds; -1: forever
    void look(int patience)
    {
        if (::poll(watched_.data(), watched_.size(), patience) <= 0)
            return;
        if (watched_[0].revents != 0)
            pass_on();
        if (watched_[1].revents != 0) {
            watched_[1].fd = -1;
            end();
        }
        if (watched_[2].revents != 0) {
            char news = 0;
            closed_ = ::read(watched_[2].fd, &news, 1) > 0;  // otherwise the shell has gone, which its pidfd reports
            watched_[2].fd = -1;
        }
    }

    /// Forwards signals to the program: they are meant for it.
    void pass_on()
    {
        ::signalfd_siginfo about{};
        if (::read(watched_[0].fd, &about, sizeof about) == sizeof about && about.ssi_signo != SIGCHLD)
            signal_all(children(), static_cast<int>(about.ssi_signo));
    }

    void end()
    {
        ending_ = true;
        deadline_ = clock::now() + time_to_end;
    }

    static void signal_all(std::vector<::pid_t> const& processes, int number)
    {
        for (::pid_t const each : processes)
            ::kill(each, number);
    }

    ::pid_t const program_;
    std::set<std::string> const monitors_;
    std::vector<::pid_t> left_running_;  ///< with the monitor, when the program itself had ended
    std::array<::pollfd, 3> watched_;    ///< for signals, the end of the shell, and its message
    int status_ = 0;
    bool ended_ = false;   ///< the program itself
    bool closed_ = false;  ///< QEMU's monitor
    bool ending_ = false;
    clock::time_point deadline_ = clock::time_point::max();
};

}  // namespace

int keep_program(::pid_t shell, int news, char** program)
{
    int const watched_shell = static_cast<int>(::syscall(SYS_pidfd_open, shell, 0));
    if (::getppid() != shell)
        return no_such_program;
    ::prctl(PR_SET_NAME, "qmp-shell-wrap");
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    ::setsid();  // fails if this process already leads a process group, which is as good
    ::sigset_t signals;
    ::sigset_t former;
    ::sigemptyset(&signals);
    for (int const number : {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT})
        ::sigaddset(&signals, number);
    ::pthread_sigmask(SIG_BLOCK, &signals, &former);
    int const signal_reader = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    ::pid_t const self = ::getpid();
    ::pid_t const child = ::fork();
    if (child == 0)
        become(program, former, self);
    if (child < 0 || signal_reader < 0) {
        std::perror("cannot start a process");
        return no_such_program;
    }
    // The inherited monitor must be open in QEMU only, so that the shell can see it close.
    std::set<std::string> monitors = inherited_sockets();
    std::array<int, 3> kept{signal_reader, watched_shell, news};
    for (int& each : kept)
        each = each < 0 ? each : ::fcntl(each, F_DUPFD_CLOEXEC, beyond_inherited);
    for (int number = STDERR_FILENO + 1; number < beyond_inherited; ++number)
        ::close(number);
    int const status = program_keeper(child, std::move(monitors), kept[0], kept[1], kept[2]).wait();
    if (WIFSIGNALED(status))
        die_of(WTERMSIG(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : no_such_program;
}

}  // namespace qmp_shell

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

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace qmp_shell {

namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto time_to_end = 5s;

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

class keeper
{
public:
    keeper(::pid_t program, int signals, int shell, int news) : program_(program)
    {
        watched_ = {{{signals, POLLIN, 0}, {shell, POLLIN, 0}, {news, POLLIN, 0}}};
    }

    /// @return the status, as waitpid() has it
    int wait()
    {
        while (!is_over()) {
            auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - clock::now());
            bool const kills = left <= 0ms;
            if (ending_)
                signal_children(kills ? SIGKILL : SIGTERM);
            look(ending_ && !kills ? static_cast<int>(left.count()) : -1);
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
                return ended_ && closed_ && !ending_;
            if (dead == program_ || (ended_ && status_ == 0))
                status_ = status;
            ended_ = ended_ || dead == program_;
            if (dead == program_ && status != 0)
                end();
        }
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
            signal_children(static_cast<int>(about.ssi_signo));
    }

    void end()
    {
        ending_ = true;
        deadline_ = clock::now() + time_to_end;
    }

    /// The orphans of a child become children of the keeper. Their numbers cannot belong to other processes, because those that
    /// have ended are not reaped yet.
    static void signal_children(int number)
    {
        std::ifstream list("/proc/thread-self/children");
        for (::pid_t child = 0; list >> child;)
            ::kill(child, number);
    }

    ::pid_t const program_;
    std::array<::pollfd, 3> watched_;  ///< for signals, the end of the shell, and its message
    int status_ = 0;
    bool ended_ = false;   ///< the program itself
    bool closed_ = false;  ///< QEMU's monitor
    bool ending_ = false;
    clock::time_point deadline_;
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
    constexpr int beyond_inherited = 100;
    std::array<int, 3> kept{signal_reader, watched_shell, news};
    for (int& each : kept)
        each = each < 0 ? each : ::fcntl(each, F_DUPFD_CLOEXEC, beyond_inherited);
    for (int number = STDERR_FILENO + 1; number < beyond_inherited; ++number)
        ::close(number);
    int const status = keeper(child, kept[0], kept[1], kept[2]).wait();
    if (WIFSIGNALED(status))
        die_of(WTERMSIG(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : no_such_program;
}

}  // namespace qmp_shell

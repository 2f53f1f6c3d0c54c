#include "process/child.hpp"

#include "detail/pidfd.hpp"
#include "process/helper_thread.hpp"
#include "process/process_tree.hpp"

#include <coqmp/descriptor.hpp>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <exception>
#include <thread>
#include <vector>

namespace coqmp::detail {

namespace {

int wait_for(int watcher, ::siginfo_t& information, int flags) noexcept
{
    int result = 0;
    do {
        information = {};
        result = ::waitid(P_PIDFD, static_cast<::id_t>(watcher), &information, WEXITED | flags);
    } while (result != 0 && errno == EINTR);
    return result;
}

/// Also of a process that is not our child.
void await_end_of_any(int pidfd) noexcept
{
    ::pollfd ended{pidfd, POLLIN, 0};
    while (::poll(&ended, 1, -1) < 0 && errno == EINTR)
        continue;
}

/// Runs the work on a helper thread, or here and now if that is impossible.
template <class Work>
void in_background(Work work) noexcept
{
    try {
        helper_thread::for_ending().run(work);
    } catch (std::exception const&) {
        work();
    }
}

/// Delays no other work: the kernel may need a long time to tear down a large process, or forever if its disk hangs. So the work must
/// touch nothing else of ours that is ever destroyed. @return false: there is no thread
template <class Work>
bool on_thread_of_its_own(Work work) noexcept
{
    // The thread inherits the mask: the program's signal handlers run on its own threads.
    ::sigset_t all;
    ::sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = true;
    try {
        std::thread(work).detach();
    } catch (std::exception const&) {
        started = false;
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started;
}

}  // namespace

bool child::is_reaped() const noexcept
{
    return detail::is_reaped(pidfd());
}

void child::signal(int number) const noexcept
{
    std::vector<descriptor> descendants;
    try {
        find_descendants(number_, pidfd(), number == SIGKILL, descendants);
    } catch (std::exception const&) {
        // Without memory or descriptors, at least the process itself is signalled.
    }
    send_signal(pidfd(), number);
    for (descriptor const& descendant : descendants)
        send_signal(descendant.number(), number);
}

std::optional<exit_status> child::reap() const noexcept
{
    ::siginfo_t information;
    int const result = wait_for(pidfd(), information, WNOHANG);
    if (result == 0 && information.si_pid == 0)
        return std::nullopt;
    if (result != 0)
        return exit_status{};  // It is not ours, or other code has reaped it (SIGCHLD is ignored, for example).
    if (information.si_code == CLD_EXITED)
        return exit_status{information.si_status, 0};
    return exit_status{-1, information.si_status};
}

void child::await_end() const noexcept
{
    // Asio makes it non-blocking, and then waitid() does not block either.
    ::fcntl(pidfd(), F_SETFL, 0);
    ::siginfo_t information;
    wait_for(pidfd(), information, 0);
}

bool reap_in_background(std::shared_ptr<child const> const& which) noexcept
{
    return on_thread_of_its_own([which] { which->await_end(); });
}

void signal_in_background(std::shared_ptr<child const> which, int number) noexcept
{
    in_background([which = std::move(which), number] { which->signal(number); });
}

void kill_in_background(std::shared_ptr<child const> which) noexcept
{
    in_background([which = std::move(which)] {
        which->signal(SIGKILL);
        helper_thread& here = helper_thread::for_ending();
        here.goes_on_elsewhere();
        auto const bury = [which, &here] {
            await_end_of_any(which->pidfd());
            which->await_end();
            here.is_done_elsewhere();
        };
        if (!on_thread_of_its_own(bury))
            bury();
    });
}

}  // namespace coqmp::detail

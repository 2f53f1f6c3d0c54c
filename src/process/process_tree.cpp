#include "process/process_tree.hpp"

#include "detail/pidfd.hpp"
#include "detail/process_status.hpp"

#include <sched.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

namespace coqmp::detail {

namespace {

std::filesystem::path const proc = "/proc";

std::vector<::pid_t> children_of(::pid_t process)
{
    std::vector<::pid_t> children;
    std::error_code error;
    // Each thread has children of its own.
    std::filesystem::directory_iterator thread(proc / std::to_string(process) / "task", error);
    while (!error && thread != std::filesystem::directory_iterator()) {
        std::ifstream list(thread->path() / "children");
        children.insert(children.end(), std::istream_iterator<::pid_t>(list), std::istream_iterator<::pid_t>());
        thread.increment(error);
    }
    return children;
}

/// A stopped process starts no other. It stops at once, but for one that is just starting another, or that the disk keeps
/// waiting.
void stop(::pid_t process, int pidfd)
{
    send_signal(pidfd, SIGSTOP);
    for (int looks = 0; looks < 1000; ++looks) {
        char const state = status_of(process).state;
        if (state != 'R' && state != 'S' && state != 'D')
            return;
        ::sched_yield();
    }
}

}  // namespace

void find_descendants(::pid_t process, int pidfd, bool stopping, std::vector<descriptor>& found)
{
    constexpr std::size_t most = 1024;
    struct starter
    {
        ::pid_t process;
        int pidfd;
    };
    std::vector<starter> starters{{process, pidfd}};
    while (!starters.empty()) {
        starter const next = starters.back();
        starters.pop_back();
        if (stopping)
            stop(next.process, next.pidfd);
        for (::pid_t const child : children_of(next.process)) {
            int const number = found.size() < most ? open_pidfd(child) : -1;
            if (number < 0)
                continue;
            descriptor const handle(number);
            // The numbers still belong to the processes of the pidfds after /proc was read, so the answer is about these
            // processes.
            if (status_of(child).parent != next.process || is_reaped(number) || is_reaped(next.pidfd))
                continue;
            found.push_back(handle);
            starters.push_back({child, number});
        }
    }
}

}  // namespace coqmp::detail

// Threads for work that may block, so that no event loop blocks.
// Invariant: a helper thread does its work items one after the other, in order, and never ends while the program runs.
#ifndef COQMP_SRC_PROCESS_HELPER_THREAD_HPP
#define COQMP_SRC_PROCESS_HELPER_THREAD_HPP

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

namespace coqmp::detail {

/// A thread that the whole program shares. It starts with its first work item. Safe to use from any thread, and after a fork:
/// the child then has helper threads of its own.
class helper_thread
{
public:
    /// Must not throw.
    using work = std::function<void()>;

    /// Starts processes. It must not end: a process gets its parent-death signal when the thread that started it ends.
    [[nodiscard]] static helper_thread& for_starting();

    /// Sends signals to processes. Separate, because a program on a file system that hangs blocks the other thread, and running
    /// machines must still be killed.
    [[nodiscard]] static helper_thread& for_ending();

    /// Writes files, as slowly as the disk does. Pending files are written before the program ends.
    [[nodiscard]] static helper_thread& for_files();

    /// Waits until all earlier work is done.
    void catch_up();

    /// Does the work after all earlier work. While the program exits, does it immediately.
    /// @throws std::system_error, std::bad_alloc no thread or no memory: the work will not be done
    void run(work task);

    /// Returns when all work is done, also elsewhere, or after some seconds: a program on a file system that hangs may never be
    /// started, and a process whose disk hangs may never end.
    void await_rest() noexcept;

    /// A part of the work goes on in another thread, until is_done_elsewhere() is called there.
    void goes_on_elsewhere() noexcept;
    void is_done_elsewhere() noexcept;

private:
    friend struct helper_threads;
    enum class rest { is_done, is_dropped };

    void begin();
    void serve() noexcept;
    void finish(rest queued) noexcept;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<work> queue_;
    bool begun_ = false;
    bool busy_ = false;
    int elsewhere_ = 0;  ///< Work items.
    bool exiting_ = false;
};

}  // namespace coqmp::detail

#endif

// Threads that do what may block, so that no event loop has to.
// Invariant: a helper thread does one thing after the other, in order, and it never ends while the program runs.
#ifndef COQMP_SRC_HELPER_THREAD_HPP
#define COQMP_SRC_HELPER_THREAD_HPP

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

namespace coqmp::detail {

/// A thread that the whole program shares. It begins with its first work. Safe to use from any thread, and after a fork: the
/// child then has helper threads of its own.
class helper_thread
{
public:
    /// Must not throw.
    using work = std::function<void()>;

    /// Starts processes. It has to live on: the parent-death signal of a process comes when the thread that started it ends.
    [[nodiscard]] static helper_thread& for_starting();

    /// Sends signals to processes. A program on a file system that hangs keeps the other thread busy, and the machines that
    /// run have to be ended all the same.
    [[nodiscard]] static helper_thread& for_ending();

    /// Does the work after all that was given before. While the program exits it is done at once.
    /// @throws std::system_error, std::bad_alloc no thread or no memory: it will not be done
    void run(work what);

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
    bool exiting_ = false;
};

}  // namespace coqmp::detail

#endif

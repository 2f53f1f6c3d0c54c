// One child process: launched with exactly the descriptors it needs, watched through a pidfd.
// Invariant: the pidfd, never the number, decides which process is signalled and reaped; when the object is destroyed the
// process is killed and reaped.
#ifndef COQMP_SRC_PROCESS_PROCESS_HPP
#define COQMP_SRC_PROCESS_PROCESS_HPP

#include "detail/unique_fd.hpp"
#include "process/stderr_tail.hpp"

#include <coqmp/descriptor.hpp>
#include <coqmp/exit_status.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace coqmp::detail {

/// What to launch, and how.
struct process_options
{
    std::string program;
    std::vector<std::string> arguments;
    std::optional<std::vector<std::string>> environment;
    /// Becomes the child's descriptor number 3.
    std::optional<descriptor> handed_over;
    /// Whether the process is in our own process group, where Ctrl-C in the terminal reaches it, or in one of its own.
    bool share_process_group = false;
    /// Bytes of the end of its standard error to keep.
    std::size_t error_tail = std::size_t{16} << 10;
};

/// A child of this program, known by its pidfd. Safe to use from any thread.
class child
{
public:
    child(::pid_t number, unique_fd pidfd) noexcept : number_(number), pidfd_(std::move(pidfd)) {}

    /// For display and for comparison: it is meaningful only until the child has been reaped.
    [[nodiscard]] ::pid_t number() const noexcept { return number_; }
    [[nodiscard]] int pidfd() const noexcept { return pidfd_.number(); }
    [[nodiscard]] bool is_reaped() const noexcept;

    /// Signals the child and the processes that it has started; does nothing if it has been reaped. Reads /proc: not for an
    /// event loop.
    void signal(int number) const noexcept;

    /// How it ended; nothing if it has not. Never blocks.
    [[nodiscard]] std::optional<exit_status> reap() const noexcept;

    /// Waits for its end and reaps it.
    void await_end() const noexcept;

private:
    ::pid_t const number_;
    unique_fd const pidfd_;
};

/// A child that no executor watches yet. If none takes it over, it is killed and reaped, without blocking.
class started_process
{
public:
    started_process() noexcept = default;
    started_process(std::shared_ptr<child const> which, unique_fd errors) noexcept
        : child_(std::move(which)), errors_(std::move(errors))
    {}
    started_process(started_process&&) noexcept = default;
    started_process& operator=(started_process&&) = delete;
    ~started_process();

    void swap(started_process& other) noexcept
    {
        child_.swap(other.child_);
        std::swap(errors_, other.errors_);
    }

    /// Empty if the child was taken over, or never started.
    [[nodiscard]] std::shared_ptr<child const> const& process() const noexcept { return child_; }

private:
    friend class process;
    std::shared_ptr<child const> child_;
    unique_fd errors_;  ///< The end of a pipe from which the child's standard error is read.
};

/// Launches a process. Its standard input is empty, its standard output is ours, its standard error can be read; it has no
/// other descriptor, all signals are at their defaults and none is blocked. Takes milliseconds, or forever if the program is on
/// a file system that hangs: not for an event loop.
/// @throws std::system_error `cannot start "qemu-foo": No such file or directory`, with the kernel's code
[[nodiscard]] started_process start_process(process_options const& options);

/// A child process that an executor watches.
/// @par Threads signal(), pid() and standard_error() are safe from any thread; the rest runs on the executor.
class process : public std::enable_shared_from_this<process>
{
public:
    /// Takes a process over.
    /// @param error_tail bytes of the end of its standard error to keep
    /// @throws boost::system::system_error the kernel's error if the process cannot be watched; then `what` still owns it
    process(boost::asio::any_io_executor const& executor, started_process&& what, std::size_t error_tail);

    process(process const&) = delete;
    process& operator=(process const&) = delete;

    /// As end().
    ~process();

    using callback = std::function<void(exit_status)>;

    /// Begins to read its standard error and waits for its end, which keeps the object alive. The wait owns the callback.
    void watch(callback on_exit);

    /// Stops watching. Kills the process and reaps it in the background. Never blocks.
    void end() noexcept;

    [[nodiscard]] ::pid_t pid() const noexcept { return pid_; }

    /// Signals the process and the processes that it has started, soon, from a helper thread; does nothing if it has ended.
    void signal(int number) noexcept;

    /// The end of what it wrote to its standard error.
    [[nodiscard]] std::string standard_error() const { return tail_.text(); }

private:
    enum class input { more, none_yet, at_end };

    void await_exit(callback on_exit);
    [[nodiscard]] std::optional<exit_status> reap();
    void await_errors();
    void drain_errors();
    input read_errors();
    [[nodiscard]] std::shared_ptr<child const> release() noexcept;

    ::pid_t const pid_;
    std::mutex mutex_;                               // protects child_
    std::shared_ptr<child const> child_;             // none once it has been reaped: its pidfd is closed after its last use
    boost::asio::posix::stream_descriptor watcher_;  // of the child's pidfd, which it does not own
    boost::asio::posix::stream_descriptor errors_;
    stderr_tail tail_;
};

}  // namespace coqmp::detail

#endif

// One process, watched through its pidfd.
// Invariant: when the object is destroyed the process is killed and reaped, unless it may live on.
#ifndef COQMP_SRC_PROCESS_PROCESS_HPP
#define COQMP_SRC_PROCESS_PROCESS_HPP

#include "process/child.hpp"
#include "process/output_file.hpp"
#include "process/output_reader.hpp"
#include "process/started_process.hpp"

#include <coqmp/exit_status.hpp>
#include <coqmp/launch_options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace coqmp::detail {

/// A process that an executor watches: a child, or one that was adopted.
/// @par Threads signal(), let_live(), pid() and standard_error() are safe from any thread; the rest runs on the executor.
class process : public std::enable_shared_from_this<process>
{
public:
    /// Takes a process over.
    /// @param options those that it was started with
    /// @throws boost::system::system_error the kernel's error if the process cannot be watched; then `started` still owns it
    process(boost::asio::any_io_executor const& executor, started_process&& started, launch_options const& options);

    /// Adopts a process. It lives on if the object is destroyed, unless let_live() says otherwise.
    /// @throws boost::system::system_error the kernel's error if the process cannot be watched
    process(boost::asio::any_io_executor const& executor, std::shared_ptr<child const> adopted);

    process(process const&) = delete;
    process& operator=(process const&) = delete;

    /// As end().
    ~process();

    using callback = std::function<void(exit_status)>;

    /// Begins to read its output and waits for its end, which keeps the object alive. The wait owns the callback.
    void watch(callback on_exit);

    /// Stops watching. Kills the process, unless it may live on, and reaps it in the background. Never blocks.
    void end() noexcept;

    /// If true, end() leaves the process running and signal() does nothing.
    void let_live(bool lives_on) noexcept;
    [[nodiscard]] bool lives_on() const noexcept { return lives_on_; }

    [[nodiscard]] ::pid_t pid() const noexcept { return pid_; }

    /// Signals the process and the processes that it has started, soon, from a helper thread; does nothing if it has ended.
    void signal(int number) noexcept;

    /// For a daemon: takes over the standard-error file of the process that forked it.
    void share_errors_of(process& former) noexcept;

    /// The end of what it wrote to its standard error.
    [[nodiscard]] std::string standard_error() const;

private:
    void await_exit(callback on_exit);
    [[nodiscard]] std::optional<exit_status> reap();
    [[nodiscard]] std::shared_ptr<child const> release() noexcept;

    ::pid_t const pid_;
    std::mutex mutex_;                               // protects child_
    std::shared_ptr<child const> child_;             // none once it has been reaped: its pidfd is closed after its last use
    boost::asio::posix::stream_descriptor watcher_;  // of the child's pidfd, which it does not own
    std::shared_ptr<output_reader> output_;          // none if it is not read
    std::shared_ptr<output_reader> errors_;          // none if it is not read
    appended_text error_file_;
    std::size_t error_tail_ = 0;
    std::atomic<bool> lives_on_ = false;
};

}  // namespace coqmp::detail

#endif

// One child process: launched with exactly the descriptors it needs, watched through a pidfd.
// Invariant: while the object lives the process is not reaped by anybody but it; when the object goes the process is killed and reaped.
#ifndef COQMP_SRC_PROCESS_HPP
#define COQMP_SRC_PROCESS_HPP

#include "error_tail.hpp"

#include <coqmp/descriptor.hpp>
#include <coqmp/machine.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
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
    /// Bytes of the end of its standard error to keep.
    std::size_t error_tail = std::size_t{16} << 10;
};

/// A child process.
/// @par Threads signal(), pid() and standard_error() are safe from any thread; the rest runs on the executor.
class process
{
public:
    /// Launches it. Its standard input is empty, its standard output is ours, its standard error is read by us; it has no
    /// other descriptor, all signals are at their defaults and none is blocked.
    /// @throws std::system_error `cannot start "qemu-foo": No such file or directory`, with the kernel's code
    process(boost::asio::any_io_executor const& executor, process_options const& options);

    process(process const&) = delete;
    process& operator=(process const&) = delete;

    /// Kills and reaps it. Never blocks.
    ~process();

    /// Begins to read its standard error and waits for its end. The callback is held by what waits, not by this object:
    /// it should own whatever owns this object.
    void watch(std::function<void(exit_status)> on_exit);

    [[nodiscard]] ::pid_t pid() const noexcept { return pid_; }

    /// Sends a signal to it and to what it has started; nothing if it has ended.
    void signal(int number) noexcept;

    /// The end of what it wrote to its standard error.
    [[nodiscard]] std::string standard_error() const { return tail_.text(); }

private:
    using callback = std::function<void(exit_status)>;

    void launch(process_options const& options, descriptor const& standard_error);
    void watch_child();
    void await_exit(callback on_exit);
    void read_errors(callback keeps_alive);
    void drain_errors();
    bool read_some_errors();
    std::optional<exit_status> reap();

    std::string const program_;
    ::pid_t pid_ = -1;
    boost::asio::posix::stream_descriptor watcher_;  // The pidfd; open as long as this object lives, so that signal() is safe.
    boost::asio::posix::stream_descriptor errors_;
    error_tail tail_;
    std::mutex reaping_;  // The process number means something only while it is not reaped.
    bool reaped_ = false;
};

}  // namespace coqmp::detail

#endif

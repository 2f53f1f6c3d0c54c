// A child that no executor watches yet.
// Invariant: a child that is not taken over is killed and reaped.
#ifndef COQMP_SRC_PROCESS_STARTED_PROCESS_HPP
#define COQMP_SRC_PROCESS_STARTED_PROCESS_HPP

#include "detail/unique_fd.hpp"
#include "process/child.hpp"
#include "process/output_file.hpp"
#include "process/process_options.hpp"

#include <memory>
#include <utility>

namespace coqmp::detail {

/// If no `process` takes it over, it is killed and reaped, without blocking.
class started_process
{
public:
    started_process() noexcept = default;
    started_process(started_process&&) noexcept = default;
    started_process& operator=(started_process&&) = delete;
    ~started_process();

    void swap(started_process& other) noexcept
    {
        child_.swap(other.child_);
        std::swap(output_, other.output_);
        std::swap(errors_, other.errors_);
        std::swap(error_file_, other.error_file_);
    }

    /// Empty if the child was taken over, or never started.
    [[nodiscard]] std::shared_ptr<child const> const& process() const noexcept { return child_; }

    /// The pipe with its standard output, if that is read.
    [[nodiscard]] unique_fd take_output() noexcept { return std::move(output_); }

private:
    friend class process;
    friend started_process start_process(process_options const& options);

    std::shared_ptr<child const> child_;
    unique_fd output_;          ///< A pipe with the child's standard output, if it is read.
    unique_fd errors_;          ///< A pipe with its standard error, if that is read.
    appended_text error_file_;  ///< The file that its standard error is written to, if there is one.
};

/// Launches a process. Its standard input is empty; it has no other descriptors than the options say, all signals are at their
/// defaults and none is blocked. Takes milliseconds, or forever if the program is on a file system that hangs: not for an event
/// loop.
/// @throws std::runtime_error `cannot start "qemu-foo": entering the directory "/nowhere": No such file or directory`
[[nodiscard]] started_process start_process(process_options const& options);

}  // namespace coqmp::detail

#endif

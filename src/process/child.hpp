// A child of this program, or a process that was adopted, known by its pidfd.
// Invariant: the pidfd, never the number, decides which process is signalled and reaped.
#ifndef COQMP_SRC_PROCESS_CHILD_HPP
#define COQMP_SRC_PROCESS_CHILD_HPP

#include "detail/unique_fd.hpp"

#include <coqmp/exit_status.hpp>

#include <sys/types.h>

#include <memory>
#include <optional>
#include <utility>

namespace coqmp::detail {

/// Safe to use from any thread.
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

    /// How it ended; nothing if it has not. Never blocks. Only its parent learns its status; for an adopted process, call this
    /// when the pidfd says that it has ended.
    [[nodiscard]] std::optional<exit_status> reap() const noexcept;

    /// Waits for its end and reaps it.
    void await_end() const noexcept;

private:
    ::pid_t const number_;
    unique_fd const pidfd_;
};

/// Signals it soon, from a helper thread. Never blocks.
void signal_in_background(std::shared_ptr<child const> which, int number) noexcept;

/// Kills it and the processes that it has started, and reaps it. Never blocks. helper_thread::await_rest() of the thread that ends
/// processes waits for its end.
void kill_in_background(std::shared_ptr<child const> which) noexcept;

/// Lets it live, and reaps it when it has ended. Never blocks. @return false if no thread could be started for that
bool reap_in_background(std::shared_ptr<child const> const& which) noexcept;

}  // namespace coqmp::detail

#endif

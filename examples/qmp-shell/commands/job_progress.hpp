// `:wait JOB`: a progress bar until a job ends.
#ifndef QMP_SHELL_COMMANDS_JOB_PROGRESS_HPP
#define QMP_SHELL_COMMANDS_JOB_PROGRESS_HPP

#include "commands/wait_limit.hpp"
#include "exit_code.hpp"
#include "qemu/monitor.hpp"
#include "terminal/screen.hpp"

#include <coqmp/command.hpp>

#include <cstdint>
#include <string>

namespace qmp_shell {

/// Waits until a job has ended, or has come to a certain state; Ctrl-C ends the wait, not the job.
/// @param state empty: its end, or that it needs a command (ready, pending) that this session has not sent; the shell then says
/// so
/// @return refused if there is no such job, or it failed, was cancelled, is stopped by an error, ended without the state, or has
/// not come there in time
exit_code wait_for_job(monitor& monitor, screen& screen, std::string const& job, std::string const& state,
                       wait_limit const& limit);

/// Call this before a job is dismissed, so that a later wait can report how it ended, even if it ended before this session.
void remember_job(monitor& monitor, coqmp::command const& sent);

/// `mirror0 [######........]  42 % running`
[[nodiscard]] std::string progress_bar(std::string const& job, std::string const& state, std::uint64_t done, std::uint64_t total,
                                       std::size_t width);

}  // namespace qmp_shell

#endif

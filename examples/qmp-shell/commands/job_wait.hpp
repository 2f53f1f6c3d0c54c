// `:wait JOB`: a progress bar until a job ends.
#ifndef QMP_SHELL_COMMANDS_JOB_WAIT_HPP
#define QMP_SHELL_COMMANDS_JOB_WAIT_HPP

#include "commands/shell_context.hpp"
#include "exit_code.hpp"
#include "language/read/syntax.hpp"
#include "qemu/monitor.hpp"

#include <coqmp/command.hpp>
#include <coqmp/job_progress.hpp>
#include <coqmp/job_record.hpp>
#include <coqmp/job_state.hpp>

#include <cstddef>
#include <string>

namespace qmp_shell {

enum class wait_result {
    wait,     ///< Not decided yet.
    reached,  ///< It is in the state, or was and cannot return to it.
    missed    ///< It can no longer reach the state.
};

/// Whether a job has reached a state. @param wanted unknown: its end
[[nodiscard]] wait_result progress_towards(coqmp::job_record const& job, coqmp::job_state wanted);

exit_code wait_for_job(shell_context& context, meta_command const& typed);

/// Call this before a job is dismissed, so that a later wait can report how it ended, even if it ended before this session.
void remember_job(monitor& monitor, coqmp::command const& sent);

/// `mirror0 [######........]  42 % running`
[[nodiscard]] std::string progress_bar(std::string const& job, coqmp::job_progress const& come, std::size_t width);

}  // namespace qmp_shell

#endif

// The states of a job.
#ifndef COQMP_JOB_STATE_HPP
#define COQMP_JOB_STATE_HPP

#include <iosfwd>
#include <string_view>

namespace coqmp {

/// The state of a job, by QEMU's names. The set is open: a state that this library does not know is `unknown`.
enum class job_state {
    unknown,    ///< QEMU has not reported a state yet, or one that this library does not know.
    created,    ///< It exists, and has not run yet.
    running,    ///< It runs.
    paused,     ///< A client or an I/O error has paused it.
    ready,      ///< It runs, is in step with its source, and waits for job::complete() or job::cancel().
    standby,    ///< A job that is ready was paused.
    waiting,    ///< Its work is done; it waits for the other jobs of its transaction.
    pending,    ///< Its work is done; it waits for job::finalize() if its command said `auto-finalize: false`.
    aborting,   ///< It has failed or was cancelled, and cleans up.
    concluded,  ///< It has ended, and waits for job::dismiss().
    null        ///< QEMU no longer knows it.
};

/// QEMU's name of the state: `running`.
[[nodiscard]] std::string_view to_string(job_state state) noexcept;

/// The state with this name; job_state::unknown if there is none.
/// @see examples/qmp-shell/commands/job_wait.cpp
[[nodiscard]] job_state job_state_named(std::string_view name) noexcept;

/// Prints QEMU's name of the state.
std::ostream& operator<<(std::ostream& out, job_state state);

}  // namespace coqmp

#endif

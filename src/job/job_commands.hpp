// The commands that start, list and control jobs, by QEMU's age.
// Invariant: no I/O and no randomness here.
#ifndef COQMP_SRC_JOB_JOB_COMMANDS_HPP
#define COQMP_SRC_JOB_JOB_COMMANDS_HPP

#include <coqmp/command.hpp>
#include <coqmp/job_info.hpp>
#include <coqmp/job_verb.hpp>
#include <coqmp/schema.hpp>
#include <coqmp/version.hpp>

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp::detail {

/// Which commands QEMU has. `job-*` came with QEMU 3.0; before that there were block jobs only.
enum class job_dialect { jobs, block_jobs };

/// The name of the command that asks this of a job.
[[nodiscard]] std::string name_of(job_verb verb, job_dialect dialect);

/// What a command with this name asks of a job; nothing if it is not such a command.
[[nodiscard]] std::optional<job_verb> verb_named(std::string_view command) noexcept;

/// The command that asks this of a job.
[[nodiscard]] command command_for(job_verb verb, job_dialect dialect, std::string const& id);

/// A cancellation of a block job that takes effect also while the job is ready: until QEMU 6.2 `job-cancel` completed such a job
/// without its pivot.
[[nodiscard]] command forced_cancel(std::string const& id);

/// Whether `job-cancel` of this QEMU cancels a job that is ready. True if the version is not known.
[[nodiscard]] bool cancels_ready_jobs(version const& peer) noexcept;

[[nodiscard]] bool is_block_job(std::string_view type) noexcept;

/// What QEMU's answer to `query-jobs` or `query-block-jobs` says. Entries without an id are left out.
[[nodiscard]] std::vector<job_info> jobs_in(boost::json::value const& answer);

/// A command that starts a job, made ready to be sent.
struct job_start
{
    command what;
    std::string id;
    bool dismisses = false;  ///< QEMU keeps the job until it is dismissed, and the caller did not ask to do that.
};

/// Chooses an id for the job, if the command has none, and has QEMU keep the job when it has ended, where it can.
/// @param number a different one for each job, and not used by other clients
/// @param known what this QEMU understands; if that is empty, its version decides
[[nodiscard]] job_start prepare_start(command what, version const& peer, std::uint64_t number, schema const& known = {});

}  // namespace coqmp::detail

#endif
